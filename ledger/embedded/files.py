import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.embedded.account import Account
from ledger.embedded.errors import EmbeddedStartError

_LOG_LIMIT = 5_000_000


def owner_of(path: Path) -> int | None:
    """Uid of the owner of a path itself (a link is not followed), None when there is no such path."""
    try:
        return path.lstat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_atomic(path: Path, text: str, mode: int = 0o600, account: Account | None = None) -> None:
    """Replace a file as a whole; readers see the old text or the new; a link is replaced, not followed."""
    fresh = path.with_name(f"{path.name}.new-{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if account is not None:
            account.give(fresh)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def make_private(path: Path, account: Account) -> None:
    """Make sure that a directory exists which nobody but the account (and root) may enter.

    Raises:
        EmbeddedStartError: the path is taken by something else, or by somebody else.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    # By descriptor: what is checked is what is changed, whoever may rename things around it.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise EmbeddedStartError(f"{path} must be a directory of ours: {error.strerror}") from error
    try:
        owner = os.fstat(descriptor).st_uid
        if account.switch and owner == 0:
            os.fchown(descriptor, account.uid, account.gid)
        elif owner != account.uid:
            raise EmbeddedStartError(f"{path} must belong to user {account.uid}, not {owner}; move it away")
        os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def make_own(path: Path) -> None:
    """Create a directory of ours with its final mode in one step; an existing one is left as it is.

    Root's directories may be passed through (0711) by the servers' user, which cannot list them; what they
    hold is closed by itself.

    Raises:
        EmbeddedStartError: it cannot be created.
    """
    if path.is_dir():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{secrets.token_hex(6)}.new")
        fresh.mkdir(mode=0o700)
        fresh.chmod(0o711 if os.geteuid() == 0 else 0o700)
        try:
            fresh.rename(path)
        except OSError:
            fresh.rmdir()
            if not path.is_dir():
                raise
    except OSError as error:
        raise EmbeddedStartError(
            f"cannot create {path}: {error.strerror}. Set LEDGER_HOME to a directory that can be created"
        ) from error


def remove_tree(path: Path) -> None:
    """Delete a directory if it is there, waiting out a process that is just writing its last file."""
    for _ in range(3):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
    shutil.rmtree(path)


@contextmanager
def opened_log(path: Path) -> Iterator[int]:
    """Descriptor that appends to a log; a log grown past 5 MB is first set aside as `<name>.1`."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_name(f"{path.name}.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        if os.geteuid() == 0:
            # Root may look after another user's home; that user must be able to append later.
            os.fchown(descriptor, path.parent.stat().st_uid, -1)
        yield descriptor
    finally:
        os.close(descriptor)
