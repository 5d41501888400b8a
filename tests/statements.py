"""The tests' own SQL, kept in files like the ledger's."""

from pathlib import Path

from psycopg import sql

_FOLDER = Path(__file__).parent / "sql"


def statement(name: str, /, **identifiers: str) -> sql.Composed:
    """The statement in `tests/sql/<name>.sql`, with names put in for `{…}`."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text).format(**{name: sql.Identifier(value) for name, value in identifiers.items()})


def statements(folder: str) -> dict[str, bytes]:
    """All statements in a folder of `tests/sql`, by name."""
    return {path.stem: path.read_bytes() for path in sorted((_FOLDER / folder).glob("*.sql"))}
