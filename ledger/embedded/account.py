import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.embedded.errors import EmbeddedStartError

# PostgreSQL refuses to run as root. These exist on nearly every system and own nothing that matters.
_UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Account:
    """The system user that the server processes run as."""

    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a process as this user and nothing more."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, test: str, path: Path) -> bool:
        """Ask the system itself (`test -x`, `test -r`) as this user, so that every kind of permission counts.

        Raises:
            EmbeddedStartError: this process may not switch to the user.
        """
        command = ["/bin/sh", "-c", 'test "$1" "$2"', "sh", test, str(path)]
        try:
            done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, check=False, **self.popen_options())
        except (OSError, ValueError) as error:
            raise EmbeddedStartError(
                f"cannot start processes as user {self.uid}: {error}. PostgreSQL does not run as root, "
                "so run as an ordinary user, or set LEDGER_DATABASE_URL and LEDGER_REDIS_URL"
            ) from error
        return done.returncode == 0

    def give(self, path: Path) -> None:
        """Make this user the owner of a file or directory that root has just created."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose_account(owner: int | None) -> Account:
    """The user to run as: ourselves, or as root the given owner of existing files, else an unprivileged one.

    Args:
        owner: uid that owns the home or its data already, None when nothing is there yet.

    Raises:
        EmbeddedStartError: root finds no unprivileged user in the system's user database.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if owner:
        # initdb looks its user up by number, so a number without a name cannot be used.
        for entry in pwd.getpwall():
            if entry.pw_uid == owner:
                return Account(entry.pw_uid, entry.pw_gid, switch=True)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, switch=True)
    raise EmbeddedStartError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(_UNPRIVILEGED)} exists here: "
        "run as an ordinary user, or set LEDGER_DATABASE_URL and LEDGER_REDIS_URL to existing servers"
    )
