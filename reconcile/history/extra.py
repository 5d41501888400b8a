"""Bringing the past in needs libraries that a bot does without."""

from collections.abc import Iterable
from importlib.util import find_spec

from ledger.errors import ConfigurationError


def require_extra(what: str, modules: Iterable[str]) -> None:
    """Raises ConfigurationError saying what to install, if `what` needs modules of `history` that are missing."""
    if missing := [name for name in modules if find_spec(name) is None]:
        raise ConfigurationError(
            f"{what} needs {' and '.join(missing)}; install its extra: pip install 'fifoledger[history]'"
        )
