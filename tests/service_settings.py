"""The service's settings as the manual's table shows them."""

from datetime import time
from typing import Any

from pydantic.fields import FieldInfo

from reconcile.service.settings import PREFIX, ServiceSettings


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is None or value in ((), {}):
        return ""
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def rows() -> list[str]:
    """One line of the table for each setting."""
    return [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in ServiceSettings.model_fields.items()
    ]
