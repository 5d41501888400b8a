"""The documentation is true: its code runs and prints what it says, its links lead somewhere, nothing is left out."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer

import ledger.embedded
import ledger.errors
from ledger.cache.audit import EntryState
from ledger.cli import app
from ledger.database import failures
from ledger.errors import LedgerError
from ledger.settings import Settings
from reconcile import ExchangeError
from reconcile.history.sources.errors import UnreadableSourceError
from tests.documents import (
    DOCUMENTS,
    EXAMPLES,
    ROOT,
    anchors,
    blocks,
    links,
    program,
    sections,
    stated_output,
)
from tests.statements import statement

SCHEMA = ROOT / "docs" / "schema.md"
WITH_PYTHON = [document for document in DOCUMENTS if blocks(document, "python")]
WITH_SQL = [document for document in DOCUMENTS if blocks(document, "sql")]
# What the examples print, beside what they show in their own text.
PRINTED = {
    "async_bot.py": ["stream-1 known already", "refused: conflicting_fill", "now Buy 1"],
    "workers.py": ["new: 60", "open: 20", "trades: 20"],
    "old_bot.py": ["old way: 0.2 188.89", "new way: 0.2 188.89"],
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def run_python(arguments: list[str], tmp_path: Path, database_url: str, redis_url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=tmp_path,
        env={
            **os.environ,
            "LEDGER_DATABASE_URL": database_url,
            "LEDGER_REDIS_URL": redis_url,
            "PYTHONPATH": str(ROOT),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("document", WITH_PYTHON, ids=name_of)
def test_code_prints_what_the_text_says(document: Path, tmp_path: Path, database_url: str, redis_url: str) -> None:
    # Under the document's name, so that a traceback names document and line.
    script = tmp_path / document.name
    script.write_text(program(document), encoding="utf-8")
    printed = run_python([str(script)], tmp_path, database_url, redis_url)
    assert printed.splitlines() == stated_output(document)


def test_the_first_example_may_be_run_again(tmp_path: Path, database_url: str, redis_url: str) -> None:
    readme = ROOT / "README.md"
    script = tmp_path / "readme.py"
    script.write_text(program(readme), encoding="utf-8")
    for _ in range(2):
        assert run_python([str(script)], tmp_path, database_url, redis_url).splitlines() == stated_output(readme)


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_example_runs(example: Path, tmp_path: Path, database_url: str, redis_url: str) -> None:
    printed = run_python([str(example)], tmp_path, database_url, redis_url)
    for text in PRINTED[example.name]:
        assert text in printed


@pytest.mark.parametrize("document", WITH_SQL, ids=name_of)
def test_sql_runs(document: Path, connection: psycopg.Connection[Any]) -> None:
    for block in blocks(document, "sql"):
        with connection.transaction(force_rollback=True):
            connection.execute(block.text.encode())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target in links(document):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        there = document if not path else document.parent / path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def commands() -> Iterator[tuple[str, list[str]]]:
    for document in DOCUMENTS:
        for block in blocks(document, "bash"):
            for line in block.lines:
                for part in re.split(r"&&|\|", line.partition(" #")[0]):
                    words = shlex.split(part)
                    while words and re.fullmatch(r"\w+=.*", words[0]):
                        words.pop(0)
                    if words and words[0] == "fifoledger":
                        yield f"{name_of(document)}: {part.strip()}", words[1:]


@pytest.mark.parametrize(("where", "words"), [pytest.param(*found, id=found[0]) for found in dict(commands()).items()])
def test_commands_exist(where: str, words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    names = [word for word in words if not word.startswith("-")]
    while names and hasattr(command, "commands") and names[0] in command.commands:
        command = command.commands[names.pop(0)]
    assert not hasattr(command, "commands") or command.invoke_without_command or words == ["--help"], where
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--version"}
    assert {word for word in words if word.startswith("--")} <= known, where


def kinds_of(base: type[LedgerError]) -> set[type[LedgerError]]:
    return {base}.union(*(kinds_of(kind) for kind in base.__subclasses__()))


def test_every_error_is_explained() -> None:
    explained = sections(ROOT / "docs" / "errors.md")
    kinds = {kind.code: kind.__name__ for kind in kinds_of(LedgerError) if not kind.__module__.startswith("tests.")}
    assert kinds.keys() >= {ExchangeError.code, UnreadableSourceError.code}
    assert explained.keys() == kinds.keys()
    for code, name in kinds.items():
        assert f"`{name}`" in explained[code], code


def test_every_error_is_found_where_the_text_says() -> None:
    of_servers = {"EmbeddedUnavailableError", "EmbeddedVersionError", "EmbeddedStartError"}
    kinds = {kind.__name__ for kind in kinds_of(LedgerError) if kind.__module__.startswith("ledger.")}
    assert [name for name in kinds - of_servers if not hasattr(ledger.errors, name)] == []
    assert [name for name in of_servers if not hasattr(ledger.embedded, name)] == []
    assert {name for name in kinds - of_servers if not hasattr(ledger, name)} <= {"NotAnnouncedError"}


def test_the_cached_hash_is_explained() -> None:
    text = (ROOT / "docs" / "cache.md").read_text(encoding="utf-8")
    scripts = [path.read_text(encoding="utf-8") for path in (ROOT / "ledger" / "cache").glob("*.lua")]
    fields = {name for script in scripts for name in re.findall(r"KEYS\[1\], '(\w+)'", script)}
    assert {"pending", "readers", "book_seq", "written_at"} <= fields
    assert [name for name in fields if f"| `{name}` |" not in text] == []
    assert [state for state in EntryState if f"| `{state}` |" not in text] == []


def test_every_state_of_the_database_is_explained() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert [state for state in failures._BY_STATE if f"`{state}`" not in text] == []


def test_every_table_view_and_column_is_explained(connection: psycopg.Connection[Any]) -> None:
    explained = sections(SCHEMA)
    missing = [
        f"{table}.{column}"
        for table, column in connection.execute(statement("columns"))
        if f"`{column}`" not in explained.get(table, "")
    ]
    assert missing == []


def test_every_function_for_users_is_explained(connection: psycopg.Connection[Any]) -> None:
    text = SCHEMA.read_text(encoding="utf-8")
    functions = [name for (name,) in connection.execute(statement("callable_functions"))]
    assert "record_fill" in functions
    assert [name for name in functions if f"`{name}(" not in text] == []


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = [f"LEDGER_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if f"`{name}`" not in text] == []
