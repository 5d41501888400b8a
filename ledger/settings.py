"""Settings, from the environment or a `.env` file."""

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis import ConnectionPool

from ledger.errors import ConfigurationError

_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


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
    pool_size: int = Field(default=4, ge=1, description="Connections that a client may open to PostgreSQL.")
    connect_timeout: float = Field(default=5.0, gt=0, description="Seconds to wait for a connection.")
    statement_timeout: float = Field(default=30.0, gt=0, description="Seconds that one statement may take.")
    retry_timeout: float = Field(
        default=20.0, ge=0, description="Seconds during which deadlocks and lost connections are retried."
    )
    cache_timeout: float = Field(default=0.5, gt=0, description="Seconds to wait for Redis.")
    cache_trust: float = Field(
        default=10.0, gt=0, description="Seconds after which a cached position is read from PostgreSQL again."
    )

    @field_validator("redis_url")
    @classmethod
    def _speaks_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        if not url.get_secret_value().startswith(_REDIS_SCHEMES):
            raise ValueError(f"must begin with one of {', '.join(_REDIS_SCHEMES)}")
        try:
            ConnectionPool.from_url(url.get_secret_value())
        except ValueError:
            raise ValueError("is not a URL that redis-py understands") from None
        return url


def load_settings(**given: Any) -> Settings:
    """The settings in force; arguments that are not None have precedence over the environment.

    Raises ConfigurationError naming each setting that is wrong, without repeating its value.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        text = "; ".join(f"LEDGER_{'_'.join(map(str, p['loc'])).upper()}: {p['msg']}" for p in error.errors())
        raise ConfigurationError(text) from None
