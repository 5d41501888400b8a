"""The pages on importing a past, followed to the letter: every command runs, and prints what the page shows."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from rich.text import Text

from ledger import LedgerClient
from reconcile.paper import paper_bybit
from tests.documents import ROOT, Block, fences
from tests.paper_exchange import HOUR, START

_INSTALL = "pip install"


@pytest.fixture
def clone(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[dict[str, str]]:
    """A folder that looks like a clone, and the environment in which the pages' commands run."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    with paper_bybit(start=START, rate_limits=False) as paper:
        key = paper.control.create_account()
        paper.control.advance(HOUR)
        yield {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "LEDGER_DATABASE_URL": database_url,
            "LEDGER_REDIS_URL": redis_url,
            "LEDGER_ACCOUNT": "bybit:main:paper",
            "BYBIT_API_KEY": key.api_key,
            "BYBIT_API_SECRET": key.api_secret,
            "BYBIT_ENVIRONMENT": "paper",
            "BYBIT_ENDPOINT": paper.url,
            "BYBIT_STREAM_URL": paper.ws_url,
            "BYBIT_CATEGORIES": "linear",
            "COLUMNS": "80",
            "TTY_COMPATIBLE": "1",
            "NO_COLOR": "1",
        }


def run(block: Block, folder: Path, environment: dict[str, str]) -> list[str]:
    """The lines that a block prints on stdout; a command that fails ends it."""
    lines = [line for line in block.lines if not line.startswith(_INSTALL)]
    text = "\n".join(lines).replace("--rows 1000000 --bots 1000", "--rows 4000 --bots 4")  # as fast as a test must be
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return [Text.from_ansi(line).plain.rstrip() for line in done.stdout.splitlines()]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", ["import.md", "moving-your-bots-over.md"])
def test_every_command_runs_and_prints_what_is_shown(page: str, clone: dict[str, str], tmp_path: Path) -> None:
    with LedgerClient("lxalgo_001", account="bybit:main:paper", database_url=clone["LEDGER_DATABASE_URL"]) as bot:
        bot.register()
    found = fences(ROOT / "docs" / page)
    printed: dict[int, list[str]] = {}
    for block in found:
        if block.language == "bash":
            printed[block.first_line] = run(block, tmp_path, clone)

    for block, shown in pairwise(found):
        if block.language == "bash" and shown.language == "text" and is_answer(block, shown):
            missing = [line for line in shown.lines if line.rstrip() not in printed[block.first_line]]
            assert missing == [], "\n".join(printed[block.first_line])
    assert len(printed) > 3


def is_answer(block: Block, shown: Block) -> bool:
    """Whether what is shown stands right below the command, and not behind other text."""
    return shown.first_line - (block.first_line + len(block.lines)) == 3
