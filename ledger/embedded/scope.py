import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ledger.embedded.errors import EmbeddedStartError, EmbeddedUnavailableError, EmbeddedVersionError
from ledger.embedded.lifecycle import dispose
from ledger.embedded.model import Profile, Servers
from ledger.embedded.postgres_config import setting_lines

_ERRORS = {kind.code: kind for kind in (EmbeddedStartError, EmbeddedUnavailableError, EmbeddedVersionError)}
_END_SECONDS = 120


@contextmanager
def scope(home: Path | None, profile: Profile) -> Iterator[Servers]:
    """Run temporary servers under a supervisor process for the length of a `with` block."""
    setting_lines(profile.settings)  # refused here, before anything is started
    owner = os.getpid()
    supervisor = _spawn()
    try:
        servers = _ask(supervisor, home, profile)
    except BaseException:
        _dismiss(supervisor)
        raise
    try:
        yield servers
    finally:
        # A forked child that unwinds the same block must not take the servers from its parent.
        if os.getpid() == owner and _dismiss(supervisor) != 0:
            # The supervisor was killed; its work remains.
            dispose(servers.home)


def _spawn() -> subprocess.Popen[bytes]:
    # The supervisor finds the same packages as we do, wherever they came from.
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "ledger.embedded.supervisor"],
        cwd="/",
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ask(supervisor: subprocess.Popen[bytes], home: Path | None, profile: Profile) -> Servers:
    request = {
        "home": None if home is None else str(home.expanduser().absolute()),
        "profile": {"durable": profile.durable, "settings": dict(profile.settings)},
    }
    stdin, stdout = supervisor.stdin, supervisor.stdout
    if stdin is None or stdout is None:
        raise EmbeddedStartError("the supervisor of the temporary servers has no pipes")
    with suppress(BrokenPipeError):
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
    line = stdout.readline()
    if not line:
        raise EmbeddedStartError("the supervisor of the temporary servers ended before they were up")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise _ERRORS.get(answer["error"], EmbeddedStartError)(answer["message"])
    return Servers(**answer | {"home": Path(answer["home"])})


def _dismiss(supervisor: subprocess.Popen[bytes]) -> int:
    """Let the supervisor clean up: the end of its input is the sign."""
    for stream in (supervisor.stdin, supervisor.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    return supervisor.wait(_END_SECONDS)


def encode(servers: Servers) -> bytes:
    """One line of JSON that tells the owner where its servers are."""
    return json.dumps(asdict(servers) | {"home": str(servers.home)}).encode() + b"\n"
