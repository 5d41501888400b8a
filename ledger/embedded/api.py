from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from ledger.embedded.binaries import require_extra
from ledger.embedded.model import Profile, Servers, ServerStatus

# The implementation needs the `embedded` extra, so each function imports it only after the check.


def start(home: Path | None = None) -> Servers:
    """Have PostgreSQL and Valkey running for a home, shared by all processes of the user.

    What runs is attached to, what does not is started; the servers outlive the caller. Safe to call from
    several processes at once.

    Args:
        home: directory of the servers; default `LEDGER_HOME`, else the user's data directory for fifoledger.

    Raises:
        EmbeddedUnavailableError: the `embedded` extra is not installed, or does not run on this system.
        EmbeddedVersionError: the data were made by another major version of PostgreSQL.
        EmbeddedStartError: a server does not start; the message shows the end of its log.
    """
    require_extra()
    from ledger.embedded import lifecycle

    return lifecycle.start(home, Profile())


def stop(home: Path | None = None) -> None:
    """Stop the servers of a home cleanly and wait for their end; no error when they do not run.

    Args:
        home: as for `start`.

    Raises:
        EmbeddedUnavailableError: the `embedded` extra is not installed.
        EmbeddedStartError: a server does not end, or the home belongs to somebody else.
    """
    require_extra(wheels=False)
    from ledger.embedded import lifecycle

    lifecycle.stop(home)


def status(home: Path | None = None) -> ServerStatus:
    """Say what runs for a home; never starts, stops or creates anything.

    Args:
        home: as for `start`.

    Raises:
        EmbeddedUnavailableError: the `embedded` extra is not installed.
    """
    require_extra(wheels=False)
    from ledger.embedded import lifecycle

    return lifecycle.status(home)


def scoped(
    home: Path | None = None, *, durable: bool = False, settings: Mapping[str, str] | None = None
) -> AbstractContextManager[Servers]:
    """Temporary servers for a `with` block: stopped and deleted at its end, or when this process dies.

    A small supervisor process holds them, so that even `kill -9` of this process leaves nothing behind.

    Args:
        home: directory to use, absent or empty; it is deleted at the end. Default: one in the temp directory.
        durable: whether PostgreSQL survives a power cut; without, it is faster.
        settings: settings of PostgreSQL by name, such as `{"max_connections": "50"}`.

    Raises:
        EmbeddedUnavailableError: the `embedded` extra is not installed, or does not run on this system.
        EmbeddedStartError: a server does not start, or the home is not empty.
    """
    require_extra()
    from ledger.embedded.scope import scope

    return scope(home, Profile(durable, dict(settings or {})))
