"""SQL files as tokens, those inside the bodies of functions included."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlglot import TokenType
from sqlglot.dialects.postgres import Postgres

_NAME = re.compile(r"CREATE OR REPLACE (?:FUNCTION|VIEW) trading\.(\w+)")
_DOLLARS = "$$"


@dataclass(frozen=True)
class Token:
    """A token and the characters [start, end) of the file that it is; `text` is in lower case but for strings."""

    type: TokenType
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Definition:
    """A function or a view: the characters [start, end) of the file that create it, and the tokens of its body."""

    name: str
    start: int
    end: int
    body: tuple[Token, ...]


@cache
def definitions(path: Path) -> list[Definition]:
    """What a file of `sql/functions` or `sql/views` defines."""
    text = path.read_text(encoding="utf-8")
    return list(_definitions(text))


def _definitions(text: str) -> Iterator[Definition]:
    begin: int | None = None
    tokens: list[Token] = []
    for token in _tokens(text, 0):
        if begin is None:
            begin, tokens = token.start, []
        if token.type is TokenType.SEMICOLON:
            name = _NAME.match(text, begin)
            if name is not None:
                yield Definition(name[1], begin, token.end, tuple(_body(text, tokens)))
            begin = None
            continue
        tokens.append(token)


def _body(text: str, tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if text.startswith(_DOLLARS, token.start):
            inside = token.start + len(_DOLLARS)
            yield from _tokens(text[inside : token.end - len(_DOLLARS)], inside)
            return
    # A view: what follows the first AS.
    names = [token.text for token in tokens]
    yield from tokens[names.index("as") + 1 :]


def _tokens(text: str, offset: int) -> Iterator[Token]:
    for found in Postgres().tokenize(text):
        raw = text[found.start : found.end + 1]
        quoted = found.token_type in {TokenType.STRING, TokenType.BYTE_STRING}
        yield Token(found.token_type, raw if quoted else raw.lower(), found.start + offset, found.end + 1 + offset)
