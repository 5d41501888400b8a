"""`settings`: what is in force, where it comes from, without secrets."""

from typing import Any

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource

from ledger.cli.masking import HIDDEN, mask_database_url, mask_redis_url
from ledger.cli.options import Json
from ledger.cli.output import print_json
from ledger.cli.tables import Column, show
from ledger.settings import Settings, load_settings

_COLUMNS = (
    Column("variable", "variable"),
    Column("value", "value", folds=True),
    Column("source", "from"),
    Column("description", "what it is", folds=True),
)


def settings(as_json: Json = False) -> None:
    """Show every setting, its value and where it comes from. Passwords are never shown.

    A variable of the environment counts more than a line in the file .env of the current directory, and that more
    than the default.

    Example:
      fifoledger settings
    """
    rows = _rows(load_settings())
    if as_json:
        print_json(rows)
    else:
        show("Settings", _COLUMNS, rows)


def _rows(found: Settings) -> list[dict[str, Any]]:
    environment = EnvSettingsSource(Settings)()
    return [
        {
            "variable": f"LEDGER_{name.upper()}",
            "value": _shown(name, getattr(found, name)),
            "source": "environment" if name in environment else ".env" if name in found.model_fields_set else "default",
            "description": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]


def _shown(name: str, value: Any) -> str | None:
    if not isinstance(value, SecretStr):
        return None if value is None else str(value)
    mask = {"database_url": mask_database_url, "redis_url": mask_redis_url}.get(name)
    return mask(value.get_secret_value()) if mask else HIDDEN
