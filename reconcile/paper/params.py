"""Parameters of a request, read as Bybit reads them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from reconcile.paper.amounts import parse
from reconcile.paper.refusal import parameter_error

_MS_DIGITS = 13


class Params:
    """A request's parameters. `overlap` is how many rows of the page before a faulty page repeats."""

    def __init__(self, given: Mapping[str, Any], overlap: int = 0) -> None:
        self._given = {name: value for name, value in given.items() if value is not None and value != ""}
        self.overlap = overlap

    def text(self, name: str, default: str = "") -> str:
        """The parameter's text; the default if it is missing or empty."""
        return str(self._given.get(name, default))

    def required(self, name: str) -> str:
        """The parameter's text; refuses (10001) if it is missing."""
        if name not in self._given:
            raise parameter_error(f"{name} is required")
        return self.text(name)

    def has(self, name: str) -> bool:
        """Whether the parameter is there and not empty."""
        return name in self._given

    def without(self, *names: str) -> dict[str, str]:
        """All parameters as text, except some."""
        return {name: str(value) for name, value in self._given.items() if name not in names}

    def amount(self, name: str) -> Decimal | None:
        """A decimal amount, None if missing; refuses (10001) other text and negative amounts."""
        if name not in self._given:
            return None
        value = parse(self.text(name))
        if value is None or value < 0:
            raise parameter_error(f"{name} invalid")
        return value

    def integer(self, name: str, default: int) -> int:
        """A whole number; refuses (10001) other text."""
        try:
            return int(self.text(name, str(default)))
        except ValueError:
            raise parameter_error(f"{name} invalid") from None

    def flag(self, name: str) -> bool:
        """A truth value, false if missing."""
        return self.text(name).lower() in {"true", "1"}

    def moment(self, name: str) -> int | None:
        """A time in ms, None if missing; refuses (10001) what has not 13 digits."""
        if name not in self._given:
            return None
        given = self.text(name)
        if not given.isdecimal() or len(given) != _MS_DIGITS:
            raise parameter_error(f"{name} invalid")
        return int(given)
