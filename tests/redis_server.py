"""A Redis of a test's own, to be stopped, killed, frozen and started again with what it kept."""

import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from ledger.embedded.account import Account
from ledger.embedded.binaries import valkey_programs


class RedisServer:
    """Runs in a directory of its own on a loopback port; `url` stays the same through restarts."""

    def __init__(self, directory: Path, port: int, *options: str) -> None:
        self._directory = directory
        self._port = port
        self._options = options
        self._program = valkey_programs(directory, Account(0, 0, switch=False)).directory / "valkey-server"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{port}/0"
        self.start()

    def start(self) -> None:
        """Starts it with what it saved last; returns when it answers."""
        command = [str(self._program), "--port", str(self._port), "--dir", str(self._directory), "--save", ""]
        self._process = subprocess.Popen(
            [*command, *self._options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + 20
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.RedisError:
                assert time.monotonic() < until, "the server does not answer"
                time.sleep(0.01)

    def client(self) -> redis.Redis:
        """A connection past the library."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def hash(self, key: str) -> dict[str, str]:
        """What is at a key."""
        with self.client() as client:
            found: Any = client.hgetall(key)
            return dict(found)

    def save(self) -> None:
        """Keeps what is there for the next start."""
        with self.client() as client:
            client.save()

    def kill(self) -> None:
        """Ends it at once; nothing is saved."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Lets it answer nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
