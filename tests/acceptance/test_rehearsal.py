"""The rehearsal of docs/paper.md, step by step: its commands run, and the bot says what the page says."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import ROOT, blocks
from tests.free_port import free_port
from tests.programs import FIFOLEDGER, Program, listening

PAPER = ROOT / "docs" / "paper.md"
_BOT = re.compile(r"python (?P<file>docs/examples/bots/\w+\.py)")
_LINE = re.compile(r"(?P<command>[^#]*?)\s*(?:#(?P<comment>.*))?")
_SAYS = " the bot: "


def steps() -> Iterator[tuple[str, str]]:
    """Each command, and what the bot says after it."""
    for block in blocks(PAPER, "bash"):
        for line in block.lines:
            found = _LINE.fullmatch(line)
            assert found is not None
            comment = found["comment"] or ""
            yield found["command"], comment.removeprefix(_SAYS) if comment.startswith(_SAYS) else ""


@pytest.mark.timeout(300)
def test_every_step_does_what_the_page_says(tmp_path: Path, database_url: str, redis_url: str) -> None:
    port = str(free_port())
    servers = {"LEDGER_DATABASE_URL": database_url, "LEDGER_REDIS_URL": redis_url}
    environment: list[str] = []
    programs: list[Program] = []
    said = 0
    try:
        for command, saying in steps():
            if command.startswith("fifoledger paper"):
                words = [*FIFOLEDGER, *command.split()[1:], "--port", port]
                programs.append(Program(words, tmp_path, {}))
                listening(f"http://127.0.0.1:{port}")
            elif bot := _BOT.fullmatch(command):
                run = f"exec {sys.executable} -W error {ROOT / bot['file']}"
                programs.append(Program(["bash", "-ec", "\n".join([*environment, run])], tmp_path, servers))
            elif command.startswith("kill -9"):
                programs[-1].kill()
            elif command.startswith(("export ", "set -a")):
                environment.append(command)
            else:
                _run("\n".join([*environment, _here(command, port)]), tmp_path, servers)
            if saying:
                programs[-1].wait_for(saying)
                said += 1
    finally:
        for program in reversed(programs):
            program.close()
    assert len(programs) == 3
    assert said == 5


def _here(command: str, port: str) -> str:
    if command.startswith("fifoledger "):
        return shlex.join(FIFOLEDGER) + command.removeprefix("fifoledger")
    return command.replace(":8800", f":{port}").replace("curl ", "curl --fail --silent --show-error ")


def _run(script: str, directory: Path, servers: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=directory,
        env={**os.environ, **servers, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
