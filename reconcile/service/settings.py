"""Settings of the service, from the environment or a `.env` file."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger.errors import ConfigurationError
from ledger.settings import DAY, readable_env_file

PREFIX = "SERVICE_"
_LONGEST = 366 * DAY  # seconds


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _named(value: object) -> object:
    """`main=BYBIT_MAIN_,hedge=BYBIT_HEDGE_` as a mapping."""
    if not isinstance(value, str):
        return value
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, value.split(","))):
        name, equals, prefix = (piece.strip() for piece in part.partition("="))
        if not (name and equals and prefix) or name in found:
            raise ValueError("must be a list NAME=PREFIX,NAME=PREFIX of different names")
        found[name] = prefix
    return found


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Urls = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
Prefixes = Annotated[dict[str, str], NoDecode, BeforeValidator(_named)]


class ServiceSettings(BaseSettings):
    """What `fifoledger serve` reads from SERVICE_… variables, beside those of the ledger and of the exchange."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore")

    accounts_file: Path | None = Field(
        default=None, description="TOML file with one table per account, readable by its owner alone (chmod 600)."
    )
    accounts: Prefixes = Field(
        default={},
        description="Several accounts from the environment: NAME=PREFIX,NAME=PREFIX. "
        "Unset, and no accounts file: one account, LEDGER_ACCOUNT with the BYBIT_ variables.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that health and metrics listen on.")
    port: int = Field(default=8801, ge=0, le=65_535, description="Port that health and metrics listen on. 0: any.")
    since: AwareDatetime | None = Field(
        default=None,
        description="Nothing before this past moment, with a time zone, is imported. Unset: all that the venue keeps.",
    )
    reconcile_every: float = Field(
        default=300, gt=0, le=_LONGEST, description="Seconds between two reconciliations of an account."
    )
    instruments_every: float = Field(
        default=21_600, gt=0, le=_LONGEST, description="Seconds between two refreshes of instruments."
    )
    equity_every: float = Field(
        default=300, gt=0, le=_LONGEST, description="Seconds between two snapshots of the equity."
    )
    heartbeats_every: float = Field(
        default=30, gt=0, le=_LONGEST, description="Seconds between two looks at the bots' heartbeats."
    )
    silent_after: float = Field(
        default=180,
        gt=0,
        le=_LONGEST,
        description="Seconds without a heartbeat until a bot that has sent one counts as silent.",
    )
    verify_at: time = Field(default=time(3, 15), description="Time of day, UTC, at which all books are verified.")
    keep_raw_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="Days for which the venue's own objects of settled orders and executions, and reports, are kept.",
    )
    alert_urls: Urls = Field(
        default=(), description="Where alerts go: URLs as Apprise takes them, separated by commas. Secret."
    )
    alert_repeat: float = Field(
        default=3600, gt=0, le=_LONGEST, description="Seconds after which an alert whose cause lasts is sent again."
    )
    alerts_per_hour: int = Field(
        default=30, ge=1, le=1_000_000, description="Alerts an hour; those held back are summed up."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Form of the log lines on stderr.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    drain: float = Field(default=10, gt=0, le=3600, description="Seconds that the work in hand may take after SIGTERM.")

    @field_validator("since")
    @classmethod
    def _past(cls, value: datetime | None) -> datetime | None:
        if value is not None and value >= (now := datetime.now(UTC)):
            raise ValueError(f"must be in the past: it is {now:%Y-%m-%d %H:%M:%S} UTC")
        return value

    @field_validator("verify_at")
    @classmethod
    def _in_utc(cls, value: time) -> time:
        if value.tzinfo is not None and value.utcoffset() != UTC.utcoffset(None):
            raise ValueError("must be a time of day in UTC, without a zone")
        return value.replace(tzinfo=None)

    @field_validator("alert_urls")
    @classmethod
    def _urls(cls, urls: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any("://" not in url.get_secret_value() for url in urls):
            raise ValueError("must be URLs")
        return urls

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line may contain."""
        return tuple(url.get_secret_value() for url in self.alert_urls)


def load_service_settings(**given: object) -> ServiceSettings:
    """The settings in force; arguments have precedence over the environment.

    Raises ConfigurationError naming each setting that is wrong, without repeating its value.
    """
    try:
        with readable_env_file():
            return ServiceSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        text = "; ".join(f"{PREFIX}{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in problems)
        raise ConfigurationError(text) from None
