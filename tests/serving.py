"""`fifoledger serve` as a process of its own, and what it says of itself."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError

from tests.bybit_account import QUICK, START, BybitAccount
from tests.free_port import free_port

_PROGRAM = [sys.executable, "-W", "error", "-c", "from ledger.cli import main; main()"]
Status = dict[str, Any]


def environment_of(account: BybitAccount, prefix: str = "BYBIT_", **given: str) -> dict[str, str]:
    """Variables that lead to an account on a local Bybit."""
    key = account.credentials
    return {
        f"{prefix}API_KEY": key.api_key,
        f"{prefix}API_SECRET": key.api_secret,
        f"{prefix}ENVIRONMENT": "paper",
        f"{prefix}ENDPOINT": account.paper.url,
        f"{prefix}STREAM_URL": account.paper.ws_url,
        f"{prefix}CATEGORIES": "linear",
        **{f"{prefix}{name.upper()}": str(value) for name, value in QUICK.items()},
        **given,
    }


class Service:
    """A running service. What it logs is in a file, for the test that fails."""

    def __init__(self, directory: Path, environment: Mapping[str, str], **settings: object) -> None:
        self.port = free_port()
        known = {"PORT": self.port, "SINCE": START.isoformat(), "LOG_LEVEL": "DEBUG"} | settings
        self._log = directory / f"service-{self.port}.log"
        names = ("PATH", "HOME", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
        own = {name: os.environ[name] for name in names if name in os.environ}
        root = str(Path(__file__).parents[1])
        own["PYTHONPATH"] = os.pathsep.join(filter(None, (root, own.get("PYTHONPATH"))))
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*_PROGRAM, "serve"],
                cwd=directory,
                env=own | dict(environment) | {f"SERVICE_{name.upper()}": str(v) for name, v in known.items()},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an answer; 0 where nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except (URLError, OSError, HTTPException):
            return 0, ""

    def status(self) -> Status:
        """What /status says; empty before it listens."""
        code, body = self.get("/status")
        found: Status = json.loads(body) if code == 200 else {}
        return found

    def account(self, name: str = "main") -> Status:
        """What /status says of an account."""
        found: Status = self.status().get("accounts", {}).get(name, {})
        return found

    def job(self, name: str, account: str = "main") -> Status:
        """What /status says of a job."""
        jobs: dict[str, Status] = self.status().get("jobs", {})
        return next((job for job in jobs.values() if (job["name"], job["account"]) == (name, account)), {})

    def is_live(self, name: str = "main") -> bool:
        """Whether it leads, has compared both sides, and follows the stream."""
        account = self.account(name)
        return bool(account) and account["stream"] == "live" and account["reconciliation"] is not None

    def wait(self, true: Callable[[], bool], seconds: float = 60.0) -> float:
        """Waits until something is true; answers how many seconds that took."""
        began = time.monotonic()
        while not true():
            assert self.process.poll() is None, f"the service ended ({self.process.returncode}):\n{self.log}"
            assert time.monotonic() < began + seconds, f"it did not happen within {seconds} s:\n{self.log}"
            time.sleep(0.02)
        return time.monotonic() - began

    def live(self, name: str = "main") -> Self:
        """Returns once it follows the stream."""
        self.wait(lambda: self.is_live(name))
        return self

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
