from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Servers:
    """Running embedded servers, ready for connections.

    Attributes:
        database_url: libpq URL of database `ledger` over a Unix socket.
        redis_url: `unix://` URL of the Valkey server.
        home: directory that names this pair of servers.
        postgres_version: for example `18.6`.
        redis_version: version of Valkey, for example `9.1.2`.
    """

    database_url: str
    redis_url: str
    home: Path
    postgres_version: str
    redis_version: str


@dataclass(frozen=True)
class ServerStatus:
    """What runs for a home, as seen from the process table; nothing is started to find out.

    A server's pid and URL are None when it does not run. Versions are those noted at its last start.

    Attributes:
        home: directory that names the servers.
        data_dir: directory that holds `postgres/` and `valkey/`; differs from `home` when the servers' user
            cannot enter `home`.
        log_dir: directory of `postgres.log` and `valkey.log`.
    """

    home: Path
    data_dir: Path
    log_dir: Path
    postgres_pid: int | None
    postgres_version: str | None
    database_url: str | None
    redis_pid: int | None
    redis_version: str | None
    redis_url: str | None

    @property
    def running(self) -> bool:
        """True when both servers run."""
        return self.postgres_pid is not None and self.redis_pid is not None


@dataclass(frozen=True)
class Profile:
    """How PostgreSQL is started: safe on power loss or not, and settings on top of the usual ones."""

    durable: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
