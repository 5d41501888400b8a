"""What a user says about a source: which of its columns is which, what its values mean, what holds for every row."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.errors import ConfigurationError
from reconcile.history.rows import COLUMNS

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a source's columns and values are read.

    Attributes:
        columns: neutral name to the source's name, as in {"symbol": "pair"}.
        values: neutral name to {the source's value: ours}, as in {"side": {"B": "Buy", "S": "Sell"}}; values that are
            not named stay as they are.
        constants: neutral name to the value of every row, whatever the source says, as in {"category": "spot"}.
        ignored: the source's columns that are not to be read, for those that look as if they should be.
    """

    columns: Texts = field(default_factory=dict)
    values: Mapping[str, Texts] = field(default_factory=dict)
    constants: Texts = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for section in ("columns", "values", "constants"):
            for name in getattr(self, section):
                if name not in COLUMNS:
                    raise ConfigurationError(f"{section}: {name} is none of {', '.join(COLUMNS)}")
        both = self.columns.keys() & self.constants.keys()
        if both:
            raise ConfigurationError(f"{min(both)} has both a column and a constant")


def read_mapping(path: str | Path) -> ColumnMapping:
    """A mapping file: TOML with [columns], [values.<name>], [constants] and a list `ignore`.

    Raises ConfigurationError saying what of it is wrong.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"mapping file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"mapping file {path} is not TOML: {error}") from error
    unknown = found.keys() - {"columns", "values", "constants", "ignore"}
    if unknown:
        raise ConfigurationError(f"mapping file {path}: {min(unknown)} is none of columns, values, constants, ignore")
    try:
        return ColumnMapping(
            columns=_texts("columns", found.get("columns", {})),
            values={name: _texts(f"values.{name}", pairs) for name, pairs in _table("values", found).items()},
            constants=_texts("constants", found.get("constants", {})),
            ignored=_names(found.get("ignore", [])),
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"mapping file {path}: {error}") from None


def add_columns(mapping: ColumnMapping, pairs: Iterable[str]) -> ColumnMapping:
    """The mapping with `neutral=theirs` pairs of the command line on top.

    Raises ConfigurationError for a pair without `=`.
    """
    columns = dict(mapping.columns)
    for pair in pairs:
        name, equals, theirs = pair.partition("=")
        if not equals or not theirs.strip():
            raise ConfigurationError(f"{pair}: must be name=column, as in symbol=pair")
        columns[name.strip()] = theirs.strip()
    constants = {name: value for name, value in mapping.constants.items() if name not in columns}
    return ColumnMapping(columns=columns, values=mapping.values, constants=constants, ignored=mapping.ignored)


def _table(name: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    section = found.get(name, {})
    if not isinstance(section, dict):
        raise ConfigurationError(f"{name} must be a table of TOML, [{name}]")
    return section


def _texts(name: str, section: Any) -> Texts:
    for key, value in _table(name, {name: section}).items():
        if not isinstance(value, str):
            raise ConfigurationError(f'{name}: {key} = {value!r} must be text, in quotation marks: "{value}"')
    return dict(section)


def _names(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ConfigurationError("ignore must be a list of column names")
    return tuple(given)
