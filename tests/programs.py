"""Programs as a user runs them: a local Bybit, and bots beside it, each a process of its own."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from tests.documents import ROOT
from tests.free_port import free_port

FIFOLEDGER = (sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()")
_PATIENCE = 60.0


class Program:
    """A process whose lines are read as they come. Ends with the block, killed if need be."""

    def __init__(self, command: list[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "120", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.printed.append(line.rstrip("\n"))
            self._lines.put(self.printed[-1])

    def has_printed(self, text: str, seconds: float) -> bool:
        """Whether a line with this text comes within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if text in self._lines.get(timeout=0.05):
                    return True
            except queue.Empty:
                assert self._process.poll() is None, "\n".join(self.printed)
        return False

    def wait_for(self, text: str) -> str:
        """The next line with this text in it."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                assert self._process.poll() is None or not self._lines.empty(), "\n".join(self.printed)
                continue
            if text in line:
                return line
        raise AssertionError(f"no line with {text!r} in {self.printed}")

    def kill(self) -> None:
        """Ends it without a warning, as kill -9 does."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def close(self) -> None:
        """Ends it, if it has not ended, and its pipe."""
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Rehearsal:
    """A local Bybit in a process of its own, and the settings of an account on it."""

    url: str
    settings: Mapping[str, str]

    def control(self, method: str, **arguments: Any) -> Any:
        """What `POST /paper/<method>` answers."""
        body = json.dumps(arguments).encode()
        request = Request(f"{self.url}/paper/{method}", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)["result"]

    def move_price(self, symbol: str, price: str) -> None:
        """Sets the price in all categories."""
        self.control("move_price", symbol=symbol, price=price)


@contextmanager
def rehearsal(directory: Path) -> Iterator[Rehearsal]:
    """`fifoledger paper`, and one account on it."""
    port, file = free_port(), directory / "paper.env"
    command = [*FIFOLEDGER, "paper", "--port", str(port), "--settings", str(file), "--no-rate-limits"]
    with Program(command, directory, {}) as paper:
        paper.wait_for("stream_url")
        pairs = [line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if "=" in line]
        yield listening(f"http://127.0.0.1:{port}", dict(pairs))


def listening(url: str, settings: Mapping[str, str] | None = None) -> Rehearsal:
    """The local Bybit there, once it answers."""
    one = Rehearsal(url, settings or {})
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            one.control("now")
        except OSError:
            assert time.monotonic() < end, "fifoledger paper does not answer"
            time.sleep(0.05)
        else:
            return one
