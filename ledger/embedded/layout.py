import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

import platformdirs
from filelock import FileLock, Timeout

from ledger.embedded.account import Account, choose_account
from ledger.embedded.errors import EmbeddedStartError
from ledger.embedded.files import make_own, make_private, owner_of, write_atomic

# sun_path holds 104 bytes on macOS and 108 on Linux, with the final zero; the longest name in the directory
# is PostgreSQL's socket.
_LONGEST_SOCKET_DIR = 103 - len("/.s.PGSQL.5432")
_LOCK_SECONDS = 180
# Where root keeps data that the servers' user could not reach in the home itself.
_ROOT_PLACE = Path("/usr/local/var/fifoledger" if sys.platform == "darwin" else "/var/lib/fifoledger")


@dataclass(frozen=True)
class Record:
    """What a home remembers in `servers.json` between calls."""

    place: str
    sockets: str
    postgres_version: str | None = None
    redis_version: str | None = None


@dataclass(frozen=True)
class Layout:
    """Every path of one pair of servers, and the user that they run as."""

    home: Path
    place: Path
    sockets: Path
    account: Account

    @property
    def logs(self) -> Path:
        """Directory of the servers' logs."""
        return self.home / "logs"

    @property
    def postgres_data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.place / "postgres"

    @property
    def valkey_data(self) -> Path:
        """Valkey's working directory."""
        return self.place / "valkey"

    @property
    def program_cache(self) -> Path:
        """Directory of private copies of the programs."""
        return self.place / "bin"

    @property
    def valkey_socket(self) -> Path:
        """Valkey's Unix socket."""
        return self.sockets / "valkey.sock"

    @property
    def redis_url(self) -> str:
        """URL of the Valkey server as redis-py takes it."""
        return f"unix://{quote(str(self.valkey_socket))}?db=0"

    def database_url(self, database: str = "ledger") -> str:
        """URL of a database as libpq, psycopg and SQLAlchemy take it."""
        # The port is part of the socket's name; without it PGPORT of the caller's environment would count.
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='')}&port=5432"


def resolve_home(home: Path | None) -> Path:
    """Absolute path of the given home, of `LEDGER_HOME`, or of the user's data directory for fifoledger."""
    named = home or os.environ.get("LEDGER_HOME") or platformdirs.user_data_path("fifoledger", appauthor=False)
    return Path(named).expanduser().resolve()


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the right to start or stop the servers of an existing home.

    Raises:
        EmbeddedStartError: another process holds it for three minutes, or the home is not ours.
    """
    lock = FileLock(home / "lock", timeout=_LOCK_SECONDS, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise EmbeddedStartError(
            f"another process has been starting or stopping the servers in {home} for {_LOCK_SECONDS} s"
        ) from error
    except OSError as error:
        raise EmbeddedStartError(f"cannot lock {home}: {error.strerror}") from error
    try:
        _share_with_owner(home, home / "lock")
        yield
    finally:
        lock.release()


def check_home(home: Path) -> None:
    """Refuse a home that somebody else could prepare for us.

    Raises:
        EmbeddedStartError: it is no directory, or belongs to another user.
    """
    try:
        owner = owner_of(home)
    except OSError as error:
        raise EmbeddedStartError(f"cannot look at {home}: {error.strerror}; set LEDGER_HOME") from error
    if owner is not None and not home.is_dir():
        raise EmbeddedStartError(f"{home} is not a directory; set LEDGER_HOME to one")
    if owner not in {None, os.geteuid()} and os.geteuid() != 0:
        raise EmbeddedStartError(
            f"{home} belongs to user {owner}, not to {os.geteuid()}: run as that user, or set LEDGER_HOME"
        )


def locate(home: Path) -> Layout:
    """Where the servers of a home are, or would be; creates nothing.

    Raises:
        EmbeddedStartError: no user to run the servers as.
    """
    record = read_record(home)
    place, account = _locate_place(home, record)
    sockets = place / "run"
    if record is not None and _is_private(Path(record.sockets), account):
        sockets = Path(record.sockets)
    return Layout(home, place, sockets, account)


def settle(home: Path) -> Layout:
    """Locate the servers and create the directories that they need; call it under the lock.

    Raises:
        EmbeddedStartError: a directory cannot be made, or belongs to somebody else.
    """
    layout = locate(home)
    make_own(layout.logs)
    _share_with_owner(home, layout.logs)
    if layout.place != home:
        make_own(layout.place.parent)
        make_own(layout.place)
    # libpq takes a comma for the end of one host of several, and has no way to quote it.
    if len(os.fsencode(layout.sockets)) > _LONGEST_SOCKET_DIR or "," in str(layout.sockets):
        layout = replace(layout, sockets=_short_socket_dir(layout.account))
    make_private(layout.sockets, layout.account)
    previous = read_record(home)
    current = Record(str(layout.place), str(layout.sockets))
    if previous is not None:
        current = replace(previous, place=current.place, sockets=current.sockets)
    write_record(home, current)
    return layout


def read_record(home: Path) -> Record | None:
    """What the home remembers; None when it was never used, or the file is damaged."""
    try:
        return Record(**json.loads((home / "servers.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_record(home: Path, record: Record) -> None:
    """Remember it, unless the home says so already."""
    if read_record(home) != record:
        write_atomic(home / "servers.json", json.dumps(asdict(record), indent=2) + "\n")
        _share_with_owner(home, home / "servers.json")


def forget_sockets(layout: Layout) -> None:
    """Remove the socket directory under the temp directory, once the servers are down."""
    if layout.sockets.parent == layout.place:
        return
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", "valkey.sock"):
        (layout.sockets / name).unlink(missing_ok=True)
    with suppress(OSError):
        layout.sockets.rmdir()


def _locate_place(home: Path, record: Record | None) -> tuple[Path, Account]:
    if os.geteuid() != 0:
        return home, choose_account(None)
    outside = _ROOT_PLACE / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    for place in (home, outside):
        # Existing data decides: it stays where it is and keeps its owner. A record may only confirm one of
        # these two places, since root would change owners and delete below it.
        data_owner = owner_of(place / "postgres")
        if data_owner is not None or (record is not None and Path(record.place) == place):
            return place, choose_account(data_owner or owner_of(home))
    account = choose_account(owner_of(home))
    nearest = next(path for path in (home, *home.parents) if path.exists())
    return (home if account.may("-x", nearest) else outside), account


def _short_socket_dir(account: Account) -> Path:
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 -- mkdtemp makes it safe  # nosec B108
        too_long = len(os.fsencode(parent)) + len("/fl-12345678") > _LONGEST_SOCKET_DIR
        if not too_long and account.may("-x", Path(parent)):
            return Path(tempfile.mkdtemp(prefix="fl-", dir=parent))
    raise EmbeddedStartError("no temporary directory has a path short enough for a Unix socket; set TMPDIR=/tmp")


def _is_private(path: Path, account: Account) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid and found.st_mode & 0o077 == 0


def _share_with_owner(home: Path, path: Path) -> None:
    # Root may look after another user's home; that user must be able to go on afterwards.
    owner = owner_of(home)
    if os.geteuid() == 0 and owner:
        os.chown(path, owner, -1, follow_symlinks=False)
