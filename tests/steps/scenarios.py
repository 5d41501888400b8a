"""All scenarios by name."""

from collections.abc import Callable

from tests.steps import (
    adjusting,
    chaining,
    computing,
    importing,
    locking,
    moving,
    moving_cash,
    ordering,
    owning,
    rebuilding,
    refusing,
    remembering,
    settling,
    superseding,
)
from tests.steps.play import Play

_MODULES = (
    adjusting,
    superseding,
    moving,
    moving_cash,
    ordering,
    owning,
    locking,
    refusing,
    remembering,
    computing,
    importing,
    settling,
    rebuilding,
    chaining,
)


def scenarios() -> dict[str, Callable[[Play], None]]:
    """Each plays on a database as `prepared` leaves it, and asserts what must come of it."""
    return {
        f"{module.__name__.rpartition('.')[2]}: {scenario.__name__.replace('_', ' ')}": scenario
        for module in _MODULES
        for scenario in module.scenarios()
    }
