"""The catalog of a ledger's schema, to compare two ways of building it."""

from pathlib import Path
from typing import Any

import psycopg

from ledger.queries import query, resource_root
from tests.statements import statements

Catalog = dict[str, dict[tuple[str, str], str]]
_CATALOG = statements("catalog")


def catalog(connection: psycopg.Connection[Any]) -> Catalog:
    """All that the schema `trading` holds, by kind, object and part."""
    return {
        kind: {(object_, part): definition for object_, part, definition in connection.execute(text)}
        for kind, text in _CATALOG.items()
    }


def differences(one: Catalog, other: Catalog) -> list[str]:
    """What differs, in words."""
    return [
        f"{kind} {' '.join(name)}: {one[kind].get(name)} <> {other[kind].get(name)}"
        for kind in one
        for name in sorted(one[kind].keys() | other[kind].keys())
        if one[kind].get(name) != other[kind].get(name)
    ]


def declared_files() -> list[Path]:
    """The files of `sql/` in the order in which they make a schema."""
    root = resource_root("sql")
    folders = ("tables", "functions", "views", "security")
    return [root / "roles.sql", *(path for folder in folders for path in sorted((root / folder).glob("*.sql")))]


def install_declared(connection: psycopg.Connection[Any]) -> None:
    """Makes the schema from the files of `sql/` alone."""
    with connection.transaction():
        connection.execute(query("trust_bodies").encode())
        for path in declared_files():
            connection.execute(path.read_bytes())
