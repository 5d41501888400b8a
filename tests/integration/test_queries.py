"""The server understands every query: its words, tables and functions, and the types of its parameters."""

import re
from typing import Any

import psycopg

from ledger.queries import query, resource_root

# {table}: the name of a table or column is put in when it is known. Tests of their own send these to the server.
_NAMED_LATER = re.compile(r"\{\w+\}")
_PARAMETER = re.compile(r"%(?:\((?P<name>\w+)\))?s|%%")


def numbered(text: str) -> bytes:
    """With the server's own numbers in the place of psycopg's names."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return "%" if found[0] == "%%" else f"${numbers.setdefault(found[0], len(numbers) + 1)}"

    return _PARAMETER.sub(number, text).encode()


def test_every_query_is_understood(connection: psycopg.Connection[Any]) -> None:
    names = sorted(path.stem for path in (resource_root("sql") / "queries").glob("*.sql"))
    whole = [name for name in names if not _NAMED_LATER.search(query(name))]
    answers = {name: connection.pgconn.prepare(b"", numbered(query(name))) for name in whole}

    assert len(answers) > 50
    wrong = {name: one.get_error_message() for name, one in answers.items() if one.error_message}
    assert wrong == {}
