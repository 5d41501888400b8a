"""A primary and its streaming replica, on two ports of this machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.embedded.account import Account, choose_account
from ledger.embedded.binaries import postgres_programs
from tests.free_port import free_port

_SETTINGS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=replica -c hot_standby=on"


@dataclass
class Pair:
    """Both servers; `primary` and `replica` are their ports."""

    home: Path
    programs: Path
    account: Account
    primary: int
    replica: int

    def url(self, database: str = "postgres") -> str:
        """Whichever of them takes writes."""
        hosts = f"127.0.0.1:{self.primary},127.0.0.1:{self.replica}"
        return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write&connect_timeout=2"

    def replica_url(self, database: str) -> str:
        """The second server, whatever it takes."""
        return f"postgresql://postgres@127.0.0.1:{self.replica}/{database}"

    def start(self) -> None:
        """Makes and starts both. The replica is synchronous where `synchronous_commit` is on."""
        self._run(
            "initdb", "-D", self.home / "primary", "--username=postgres", "--auth=trust", "--no-sync", "-E", "UTF8"
        )
        self._begin("primary", self.primary, f"{_SETTINGS} -c synchronous_standby_names=*  -c synchronous_commit=local")
        self._run(
            "pg_basebackup", "-D", self.home / "replica", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
            "-d", f"host=127.0.0.1 port={self.primary} user=postgres application_name=replica",
        )  # fmt: skip
        self._begin("replica", self.replica, _SETTINGS)

    def fail_over(self) -> None:
        """Ends the primary at once and promotes the replica."""
        self._control("stop", "primary", "--mode=immediate")
        self._control("promote", "replica", "--wait")

    def stop(self) -> None:
        """Ends what runs."""
        for name in ("primary", "replica"):
            if (self.home / name / "postmaster.pid").exists():
                self._control("stop", name, "--mode=immediate")

    def _begin(self, name: str, port: int, settings: str) -> None:
        log = self.home / f"{name}.log"
        self._control("start", name, "--wait", f"--log={log}", f"--options={settings} -c port={port}")

    def _control(self, what: str, name: str, *options: str) -> None:
        self._run("pg_ctl", what, "-D", self.home / name, "--silent", *options)

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self.programs / program, *arguments], check=True, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **self.account.popen_options(),
        )  # fmt: skip


@contextmanager
def running_pair() -> Iterator[Pair]:
    """Both for a `with` block, in a directory that is deleted at its end."""
    account = choose_account(None)
    home = Path(tempfile.mkdtemp(prefix="fifoledger-pair-"))
    try:
        account.give(home)
        programs = postgres_programs(home / "programs", account).directory
        pair = Pair(home, programs, account, free_port(), free_port())
        try:
            pair.start()
            yield pair
        finally:
            pair.stop()
    finally:
        shutil.rmtree(home)
