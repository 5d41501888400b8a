"""Hides secrets in whatever is to be shown: by their value, by the name they go by, and by where they stand in text."""

import dataclasses
import json
import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit
from uuid import UUID

HIDDEN = "****"
_SHORTEST = 4  # shorter values would hide half of every line; they are hidden by their name and place alone
_DEEPEST = 8
# URLs of servers, whose login and password alone are secret; of others (alerts) every part may be.
_SERVERS = frozenset({"postgresql", "postgres", "postgresql+psycopg", "redis", "rediss", "unix", "http", "https"})
_SECRET_PARTS = re.compile(r"(?i)password|passwd|passphrase|secret|token|credential|api_?key")
_SECRET_WORDS = frozenset({"passcode", "pwd", "sign", "signature", "authorization", "auth", "cookie"})
_SECRET_PAIRS = frozenset({("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key")})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Lengths have bounds, so that a long text costs no more than its length.
_NAMES = (
    r"x-bapi-sign|x-bapi-api-key|api[_-]?key|api[_-]?secret|secret(?:[_-]?key)?|access[_-]?key|private[_-]?key|sign"
    r"|signature|\w{0,30}token|\w{0,30}password|\w{0,30}passphrase|passwd|pwd|authorization|cookie"
)
# name = value in URLs, headers, JSON, conninfo strings and the text of Python values.
_NAMED = re.compile(
    rf"""(?ix) (?<![a-z0-9]) (?P<name>{_NAMES}) (?P<between>["']?\s{{0,9}}[:=]\s{{0,9}})
    (?P<value> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | (?:bearer\s{{1,9}}|basic\s{{1,9}})?[^\s"'&,;)}}\]]+ )"""
)
_URL_LOGIN = re.compile(
    r"""(?P<scheme>\b[a-zA-Z][\w+.-]{0,30}://)(?P<user>[^\s/?#:@'"]{0,200}):(?P<password>[^\s'"]{0,500}?)@"""
    r"""(?=[^\s@/]{0,300}(?:[/\s?#'",;)]|$))"""
)


class Masker:
    """Hides the given secrets, in every spelling that text gives them, and what looks like one.

    Args:
        secrets: keys, passwords, and URLs that contain some.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        spelled = {text for secret in secrets for part in _parts(secret) for text in _spellings(part)}
        longest_first = sorted((text for text in spelled if len(text) >= _SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """The text with **** for each secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _URL_LOGIN.sub(rf"\g<scheme>\g<user>:{HIDDEN}@", text)
        return _NAMED.sub(_hide_named, text)

    def value(self, value: Any) -> Any:
        """The value with **** for each secret: mappings, sequences and dataclasses part by part, all else as text."""
        return self._value(value, _DEEPEST)

    def named(self, name: str, value: Any) -> Any:
        """The value that goes by this name."""
        return self._named(name, value, _DEEPEST)

    def _named(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(name, str) and is_secret_name(name) and not isinstance(value, bool | None):
            return HIDDEN
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if depth and isinstance(value, Mapping):
            return {self._key(key): self._named(key, part, depth - 1) for key, part in value.items()}
        if depth and isinstance(value, list | tuple | AbstractSet):
            return [self._value(part, depth - 1) for part in value]
        if depth and dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.repr}
            return {name: self._named(name, part, depth - 1) for name, part in fields.items()}
        return self._single(value)

    def _single(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            text = str(value)
            return value if self.text(text) == text else HIDDEN
        return self.text(_shown(value))

    def _key(self, key: object) -> str:
        return self.text(_shown(key))


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is a secret: apiKey, X-BAPI-SIGN, redis_password and the like."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return (
        _SECRET_PARTS.search(name) is not None
        or not _SECRET_WORDS.isdisjoint(words)
        or not _SECRET_PAIRS.isdisjoint(pairwise(words))
    )


def _shown(value: object) -> str:
    try:
        match value:
            case str():
                return value
            case bytes() | bytearray() | memoryview():
                return bytes(value).decode(errors="replace")
            case date():
                return value.isoformat()
            case BaseException() | Decimal() | UUID():
                return str(value)
            case _:
                return repr(value)
    except Exception as error:  # somebody else's __repr__ must not end a log line
        return f"<{type(value).__name__}: {type(error).__name__} in its repr>"


def _hide_named(found: re.Match[str]) -> str:
    value = found["value"]
    quoted = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{found['between']}{quoted}{HIDDEN}{quoted}"


def _parts(secret: str) -> Iterator[str]:
    """The secret, and where it is a URL the parts that are secret by themselves."""
    yield secret
    scheme, separator, rest = secret.partition("://")
    if not separator:
        return
    if scheme.lower() not in _SERVERS:
        yield from (
            part for part in re.split(r"[/:@?&=+,#]", rest) if len(part) >= 2 * _SHORTEST and part != "localhost"
        )
        return
    try:
        found = urlsplit(secret)
    except ValueError:
        return
    if found.password:
        yield found.password
    yield from (value for name, value in parse_qsl(found.query) if is_secret_name(name))


def _spellings(secret: str) -> Iterator[str]:
    """As it is, and as URLs, JSON and Python write it."""
    for text in {secret, unquote(secret)}:
        yield from (text, quote(text), quote(text, safe=""), quote_plus(text))
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        # With both kinds of quotes around, Python escapes one of them.
        yield from (repr(text)[1:-1], repr(text + "'\"")[1:-4], ascii(text)[1:-1], repr(text.encode())[2:-1])
