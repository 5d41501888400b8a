"""Settings, from the environment or a `.env` file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis import ConnectionPool
from redis.exceptions import RedisError

from ledger.errors import ConfigurationError

_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
# redis-py takes any option and hands it to the connection, where one that it does not know fails the first call.
_REDIS_OPTIONS = frozenset(
    {"client_name", "db", "health_check_interval", "max_connections", "password", "protocol", "socket_keepalive",
     "username"}
)  # fmt: skip
DAY = 86_400.0  # seconds; what waits longer waits for ever


class Settings(BaseSettings):
    """What the client and the commands read from LEDGER_… variables. URLs are secret: they may carry passwords."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", env_file=".env", env_ignore_empty=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL: any libpq URL or connection string. Unset: the embedded server.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis: redis://, rediss:// or unix://. Unset: no cache, or the embedded server's.",
    )
    redis_db: int | None = Field(
        default=None, ge=0, lt=2**16, description="Redis database number, above the URL's own."
    )
    account: str | None = Field(
        default=None, description="Account name, or venue:name[:environment] (mainnet, testnet, demo, paper)."
    )
    home: Path | None = Field(default=None, description="Folder of the embedded servers.")
    pool_size: int = Field(default=4, ge=1, le=10_000, description="Connections that a client may open to PostgreSQL.")
    connect_timeout: float = Field(default=5.0, gt=0, le=DAY, description="Seconds to wait for a connection.")
    statement_timeout: float = Field(default=30.0, gt=0, le=DAY, description="Seconds that one statement may take.")
    retry_timeout: float = Field(
        default=20.0, ge=0, le=DAY, description="Seconds during which deadlocks and lost connections are retried."
    )
    cache_timeout: float = Field(default=0.5, gt=0, le=DAY, description="Seconds to wait for Redis.")
    cache_trust: float = Field(
        default=10.0, gt=0, le=DAY, description="Seconds after which a cached position is read from PostgreSQL again."
    )

    @field_validator("redis_url")
    @classmethod
    def _speaks_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        if not url.get_secret_value().startswith(_REDIS_SCHEMES):
            raise ValueError(f"must begin with one of {', '.join(_REDIS_SCHEMES)}")
        try:
            options = parse_qs(urlsplit(url.get_secret_value()).query).keys() - _REDIS_OPTIONS
            ConnectionPool.from_url(url.get_secret_value()).make_connection()
        except (RedisError, TypeError, ValueError):
            raise ValueError("is not a URL that redis-py understands") from None
        if unknown := {name for name in options if not name.startswith("ssl_")}:
            known = ", ".join(sorted(_REDIS_OPTIONS))
            raise ValueError(f"has {len(unknown)} unknown options: known are {known}, and ssl_… of rediss://")
        return url


@contextmanager
def readable_env_file() -> Iterator[None]:
    """Raises ConfigurationError where `.env`, which settings are also read from, cannot be read as text."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"the byte {error.start + 1} is not UTF-8"
        raise ConfigurationError(f".env: {reason}") from None


def load_settings(**given: Any) -> Settings:
    """The settings in force; arguments that are not None have precedence over the environment.

    Raises ConfigurationError naming each setting that is wrong, without repeating its value.
    """
    try:
        with readable_env_file():
            return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        text = "; ".join(f"LEDGER_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in error.errors())
        raise ConfigurationError(text) from None
