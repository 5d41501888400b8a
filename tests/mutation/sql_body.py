"""What mutators ask of the tokens of a function."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import TokenType as T

from tests.mutation.sql_tokens import Token

_OPENING = {T.L_PAREN, T.L_BRACKET}
_CLOSING = {T.R_PAREN, T.R_BRACKET}


@dataclass(frozen=True)
class Edit:
    """`text` in place of the characters [start, end) of the file."""

    start: int
    end: int
    text: str


class Body:
    """The tokens of a function's body, the depth of parentheses that each is in, and the pairs of parentheses.

    Messages are left out of what is mutated: the statements RAISE are not listed by `places`.
    """

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.depth: list[int] = []
        self.closing: dict[int, int] = {}
        opened: list[int] = []
        for number, token in enumerate(tokens):
            if token.type in _CLOSING:
                self.closing[opened.pop()] = number
            self.depth.append(len(opened))
            if token.type in _OPENING:
                opened.append(number)

    @property
    def places(self) -> Iterator[int]:
        """The numbers of the tokens that may be changed."""
        silent = False
        for number, token in enumerate(self.tokens):
            if token.text == "raise":
                silent = True
            if token.type is T.SEMICOLON:
                silent = False
            if not silent:
                yield number

    def word(self, number: int) -> str:
        """A token's text; empty outside the body."""
        return self.tokens[number].text if 0 <= number < len(self.tokens) else ""

    def replaced(self, first: int, last: int, text: str) -> Edit:
        """Another text in place of the tokens from the first to the last."""
        return Edit(self.tokens[first].start, self.tokens[last].end, text)

    def source(self, first: int, last: int) -> str:
        """The text of the tokens from the first to the last."""
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def until(self, first: int, words: set[str]) -> int:
        """The last token before one of the words at the depth of `first`, or before that depth ends."""
        depth = self.depth[first]
        for number in range(first, len(self.tokens)):
            ends = self.depth[number] < depth or (self.depth[number] == depth and self.word(number) in words)
            if ends:
                return number - 1
        return len(self.tokens) - 1

    def parts(self, opening: int) -> list[tuple[int, int]]:
        """The first and last token of what commas separate between a parenthesis and its end."""
        found = []
        first, end = opening + 1, self.closing[opening]
        while first < end:
            last = min(self.until(first, {","}), end - 1)
            found.append((first, last))
            first = last + 2
        return found
