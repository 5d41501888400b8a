"""The accounts that a service serves, and their keys, from the environment or from a file that only its owner reads."""

import os
import re
import stat
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ledger.errors import ConfigurationError, InvalidInputError
from ledger.opening import read_account
from ledger.session import DEFAULT_ACCOUNT
from reconcile.bybit import BybitSettings, load_settings
from reconcile.service.settings import ServiceSettings

_VENUE = "bybit"
_PROMPT = 5.0  # seconds
_LARGEST = 1 << 20
_NAME = re.compile(r"[^\s:=,]+")


@dataclass(frozen=True)
class ServedAccount:
    """One account: its name in the ledger, and how the venue is asked."""

    name: str
    exchange: BybitSettings

    @property
    def prompt(self) -> BybitSettings:
        """The same for those who cannot wait: a question of theirs is answered soon, or asked again later."""
        return self.exchange.model_copy(update={"patience": min(self.exchange.patience, _PROMPT)})

    @property
    def spec(self) -> str:
        """As the clients take it: venue:name:environment."""
        return f"{_VENUE}:{self.name}:{self.exchange.environment}"


class _FileSettings(BybitSettings):
    """Settings that come from a file alone."""

    model_config = SettingsConfigDict(extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Neither the environment nor a file .env."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_accounts(settings: ServiceSettings, ledger_account: str | None) -> Sequence[ServedAccount]:
    """The accounts that the settings name: those of the file, those of the list, or the one of the environment.

    Args:
        settings: the service's.
        ledger_account: LEDGER_ACCOUNT, for a service of one account.

    Raises ConfigurationError naming each setting that is wrong; no secret is repeated.
    """
    if settings.accounts_file is not None and settings.accounts:
        raise ConfigurationError("SERVICE_ACCOUNTS_FILE, SERVICE_ACCOUNTS: set one of them, not both")
    if settings.accounts_file is not None:
        accounts = _of_file(settings.accounts_file)
    elif settings.accounts:
        accounts = [
            ServedAccount(_name(name, "SERVICE_ACCOUNTS"), load_settings(prefix=prefix))
            for name, prefix in settings.accounts.items()
        ]
    else:
        accounts = [_of_environment(ledger_account)]
    keys = [one.exchange.api_key.get_secret_value() for one in accounts]
    if len(set(keys)) < len(keys):
        raise ConfigurationError("accounts: two of them have the same key; each account of the venue has its own")
    return accounts


def _of_environment(ledger_account: str | None) -> ServedAccount:
    exchange = load_settings()
    try:
        venue, name, environment = read_account(ledger_account)
    except InvalidInputError as error:
        raise ConfigurationError(f"LEDGER_ACCOUNT: {error}") from None
    stated = ledger_account is not None and ledger_account.count(":") == 2
    if venue != _VENUE or (stated and environment != exchange.environment):
        raise ConfigurationError(
            f"LEDGER_ACCOUNT is of {venue} {environment}, but BYBIT_ENVIRONMENT is {exchange.environment}"
        )
    return ServedAccount(name or DEFAULT_ACCOUNT, exchange)


def _of_file(path: Path) -> list[ServedAccount]:
    try:
        tables = tomllib.loads(_read_closed(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # A decoder's message may repeat what it could not read; where it is must do.
        place = re.search(r"at line \d+, column \d+", str(error))
        raise ConfigurationError(f"accounts file {path}: not TOML{f' ({place[0]})' if place else ''}") from None
    if not tables or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigurationError(f"accounts file {path}: needs one table per account, such as [main], and nothing else")
    return [ServedAccount(_name(name, f"accounts file {path}"), _of_table(path, name, tables[name])) for name in tables]


def _of_table(path: Path, name: str, table: dict[str, Any]) -> BybitSettings:
    try:
        return _FileSettings(**table)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        text = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'table'}: {p['msg']}" for p in problems)
        raise ConfigurationError(f"accounts file {path}: [{name}]: {text}") from None


def _name(name: str, where: str) -> str:
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise ConfigurationError(f"{where}: {name!a} is no name of an account: no spaces, colons, commas, equals signs")
    return name


def _read_closed(path: Path) -> bytes:
    """The file's bytes, if nobody but its owner, who is this user or root, may read or change it.

    What a symbolic link leads to is what counts. What was checked is what is read: both are done on the open file.
    """
    try:
        opened = open(path.resolve(strict=True), "rb", opener=_opener)  # noqa: SIM115 - Path.open knows no opener
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a circle of symbolic links"
        raise ConfigurationError(f"accounts file {path}: {reason}") from None
    with opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ConfigurationError(f"accounts file {path}: not a file")
        if found.st_uid not in {os.geteuid(), 0}:
            raise ConfigurationError(
                f"accounts file {path}: belongs to user {found.st_uid}; it must belong to the user of the service, "
                f"{os.geteuid()}, or to root"
            )
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise ConfigurationError(
                f"accounts file {path}: open to others (mode {mode:04o}), and it holds keys: chmod 600 {path}"
            )
        if found.st_size > _LARGEST:
            raise ConfigurationError(f"accounts file {path}: larger than {_LARGEST} bytes")
        return opened.read()


def _opener(path: str, flags: int) -> int:
    """Follows no link that was put there meanwhile, and waits for no other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
