"""The servers that the tests run on, and private databases on them."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
import redis

from ledger.database.url import to_conninfo
from ledger.embedded import scoped
from ledger.migrate import upgrade
from tests.statements import statement

_URL = re.compile(r"(?P<server>\w+(?:\+\w+)?://[^/?]*)(?P<database>/[^?]*)?(?P<options>\?.*)?")
_REDIS_DATABASES = range(15, 0, -1)


@dataclass(frozen=True)
class Servers:
    """URL of a database to administrate from, and of a Redis database that is ours alone."""

    admin_url: str
    redis_url: str


@contextmanager
def running_servers(
    database_url: str | None, redis_url: str | None, *, durable: bool = False, number: int = 0, of: int = 1
) -> Iterator[Servers]:
    """The servers given, and temporary ones in place of those that are not: `durable` ones write as in production.

    `number` is this process's among those `of` one run: each has Redis databases of its own.
    """
    with ExitStack() as stack:
        if not database_url or not redis_url:
            embedded = stack.enter_context(scoped(durable=durable))
            database_url = database_url or embedded.database_url
            redis_url = redis_url or embedded.redis_url
        yield Servers(database_url, empty_redis_database(redis_url, _REDIS_DATABASES[number::of]))


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database.

    Raises:
        ValueError: it is no URL.
    """
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError("a URL is needed, not a list of key=value")
    return f"{parts['server']}/{name}{parts['options'] or ''}"


def name_of(database_url: str) -> str:
    """The database that a URL leads to."""
    return database_url.rpartition("/")[2].partition("?")[0]


def create_database(admin_url: str, name: str, template: str | None = None) -> str:
    """Makes a database, empty or as a copy of another; answers its URL."""
    with psycopg.connect(to_conninfo(admin_url), autocommit=True) as connection:
        if template is None:
            connection.execute(statement("create_empty_database", database=name))
        else:
            connection.execute(statement("create_database", database=name, template=template))
    return with_database(admin_url, name)


def drop_database(admin_url: str, name: str) -> None:
    """Deletes a database, whoever is still connected to it."""
    with psycopg.connect(to_conninfo(admin_url), autocommit=True) as connection:
        connection.execute(statement("drop_database", database=name))


@contextmanager
def new_ledger(admin_url: str, name: str) -> Iterator[str]:
    """The URL of an empty ledger in a database of this name, in the place of one that was left behind."""
    drop_database(admin_url, name)
    try:
        url = create_database(admin_url, name)
        upgrade(url)
        yield url
    finally:
        drop_database(admin_url, name)


def empty_redis_database(redis_url: str, numbers: range) -> str:
    """The URL of a Redis database that nobody uses: the tests empty it as often as they like.

    Raises:
        RuntimeError: all of them hold keys.
    """
    for number in numbers:
        url = _with_redis_database(redis_url, number)
        with redis.Redis.from_url(url) as connection:
            if connection.dbsize() == 0:
                return url
    raise RuntimeError(f"no empty Redis database among {[*numbers]}; the tests would delete what is there")


def _with_redis_database(url: str, number: int) -> str:
    parts = urlsplit(url)
    options = [(name, value) for name, value in parse_qsl(parts.query) if name != "db"]
    if parts.scheme == "unix":
        # Put together by hand: geturl() takes the slashes away that redis-py asks for.
        return f"unix://{parts.netloc}{parts.path}?{urlencode([*options, ('db', number)])}"
    return parts._replace(path=f"/{number}", query=urlencode(options)).geturl()
