"""Settings of one Bybit account, from arguments or the environment."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AnyUrl, BeforeValidator, Field, SecretStr, UrlConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger.errors import ConfigurationError
from ledger.settings import DAY, readable_env_file

Category = Literal["linear", "inverse", "spot", "option"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
PREFIX = "BYBIT_"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


HttpAddress = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["http", "https"])]
StreamAddress = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["ws", "wss"])]
Coins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class BybitSettings(BaseSettings):
    """One account: its key, where it is asked, what it trades, and how patiently. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore")

    api_key: SecretStr = Field(description="A key that can read is enough.")
    api_secret: SecretStr = Field(description="The key's secret, as Bybit generated it (HMAC).")
    environment: Literal["mainnet", "testnet", "demo", "paper"] = "mainnet"
    endpoint: HttpAddress | None = Field(default=None, description="Address of REST, instead of the environment's.")
    stream_url: StreamAddress | None = Field(
        default=None, description="Address of the private stream, with its path, instead of the environment's."
    )
    categories: Annotated[tuple[Category, ...], NoDecode, BeforeValidator(_split)] = ("linear", "inverse", "spot")
    settle_coins: Coins = Field(
        default=(), description="Settle coins of linear contracts. Empty: all that the venue lists."
    )
    option_coins: Coins = Field(default=("BTC", "ETH", "SOL"), description="Base coins whose options are asked for.")
    timeout: float = Field(default=10.0, gt=0, le=DAY, description="For one request to be answered.")
    patience: float = Field(default=60.0, ge=0, le=DAY, description="For all tries of one request.")
    first_wait: float = Field(default=0.5, gt=0, le=DAY, description="Before the second try; it doubles, with jitter.")
    longest_wait: float = Field(default=15.0, gt=0, le=DAY, description="Between two tries.")
    forbidden_pause: float = Field(
        default=600.0, gt=0, le=DAY, description="Without requests after HTTP 403 (Bybit: 600)."
    )
    receive_window: int = Field(default=5000, gt=0, le=60000, description="Milliseconds a signed request is valid.")
    ping_interval: int = Field(default=20, gt=1, le=3600, description="Between two pings of the stream.")
    ping_timeout: int = Field(default=10, gt=0, le=3600, description="Without a pong until the stream counts as lost.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # $: the prefix of the variables, which only load_settings() knows.
        if self.environment == "paper" and not (self.endpoint and self.stream_url):
            raise ValueError("$ENVIRONMENT=paper needs $ENDPOINT and $STREAM_URL")
        if self.ping_timeout >= self.ping_interval:
            raise ValueError("$PING_TIMEOUT must be less than $PING_INTERVAL")
        if not self.categories:
            raise ValueError("$CATEGORIES must name at least one category")
        return self

    @property
    def secrets(self) -> Sequence[str]:
        """What no message may contain."""
        return (self.api_key.get_secret_value(), self.api_secret.get_secret_value())


def load_settings(*, prefix: str = PREFIX, **given: Any) -> BybitSettings:
    """The settings in force; arguments that are not None have precedence over the environment.

    A sub-account has its own key: give it a `prefix` of its own, e.g. BYBIT_HEDGE_ for BYBIT_HEDGE_API_KEY.

    Raises ConfigurationError naming each setting that is wrong, without repeating its value.
    """
    try:
        present = {name: value for name, value in given.items() if value is not None}
        with readable_env_file():
            return BybitSettings(_env_prefix=prefix, **present)  # type: ignore[call-arg]  # an argument of BaseSettings
    except ValidationError as error:
        raise ConfigurationError("; ".join(_said(problem, prefix) for problem in error.errors())) from None


def _said(problem: ErrorDetails, prefix: str) -> str:
    """A problem with the name of its variable; what is wrong with several names them itself."""
    name = "_".join(part for part in problem["loc"] if isinstance(part, str)).upper()  # not which of a list it is
    said = problem["msg"].removeprefix("Value error, ")
    return f"{prefix}{name}: {said}" if name else said.replace("$", prefix)
