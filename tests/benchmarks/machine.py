"""What the figures were measured on."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version

import psycopg
import redis

from ledger.database.url import to_conninfo
from tests.servers import Servers
from tests.statements import statement

_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class NotDurableError(Exception):
    """A server that does not wait for its disk is not what anybody trades on."""


def describe(servers: Servers, *, durable: bool) -> dict[str, str]:
    """The machine, the programs and the server's settings.

    Raises:
        NotDurableError: the server may lose what it has acknowledged, and `durable` was asked for.
    """
    with psycopg.connect(to_conninfo(servers.admin_url)) as connection:
        settings: dict[str, str] = dict(connection.execute(statement("benchmark/server")).fetchall())
    if durable and (lax := [name for name in _DURABLE if settings[name] != "on"]):
        raise NotDurableError(f"the server has {', '.join(lax)} off: its figures would say nothing")
    postgres = settings.pop("server_version")
    return {
        "PostgreSQL": postgres.split()[0],
        "Redis": _redis_version(servers.redis_url),
        "Python": platform.python_version(),
        "psycopg": version("psycopg"),
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "began": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        **{name: _readable(value) for name, value in settings.items()},
    }


def in_words(described: Mapping[str, str]) -> str:
    """In one line."""
    return ", ".join(f"{name} {value}" for name, value in described.items())


def _redis_version(url: str) -> str:
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        info = dict(connection.info("server"))
    name = info.get("server_name", "redis")
    return f"{info.get('valkey_version', info['redis_version'])} ({name})"


def _memory() -> str:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{size / 2**30:.0f} GiB"


def _readable(setting: str) -> str:
    """128 MB instead of 16384 8kB."""
    number, _, unit = setting.partition(" ")
    pages = {"8kB": 8 / 1024, "kB": 1 / 1024, "MB": 1.0}
    return f"{float(number) * pages[unit]:g} MB" if unit in pages else setting
