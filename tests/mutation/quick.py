"""Checks by SQL alone, which take a hundredth of what a test takes that starts clients: the first guards."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import psycopg

from tests.mutation.mutant import Mutant
from tests.statements import statement

_CANCELED = "57014"
_PERMISSION = "42501"


class CheckFailsError(Exception):
    """A quick check says nothing about mutants, because it fails without one."""


class Quick:
    """Checks on a connection in autocommit mode. Each says whether all is as it should be, and leaves nothing behind.

    The mutant is rolled back as well, so that one connection serves all mutants.
    """

    def __init__(self, connection: psycopg.Connection[Any], checks: Mapping[str, Callable[[], bool]]) -> None:
        self._connection = connection
        self._checks = checks
        self._kills: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, float] = {}

    def difference(self, mutant: Mutant, definition: str) -> tuple[str, str] | None:
        """The outcome for a mutant and the check that gave it; None: all is as it should be.

        `definition` creates the mutant's function.

        Raises:
            CheckFailsError: the check that noticed the mutant fails without it, too.
        """
        found = self._noticed(mutant, definition)
        if found is not None and found[0] != "invalid":
            name = found[1]
            # What it was compared with may have changed since: a clock, a role, a file.
            with self._connection.transaction(force_rollback=True):
                if self._outcome(self._checks[name]) is not None:
                    raise CheckFailsError(f"{name} fails without a mutant")
            self._kills.update([("", name), (mutant.file, name), (f"{mutant.file} {mutant.scope}", name)])
        return found

    def _noticed(self, mutant: Mutant, definition: str) -> tuple[str, str] | None:
        with self._connection.transaction(force_rollback=True):
            self._connection.execute(statement("mutation/limit"))
            try:
                self._connection.execute(definition.encode())
            except psycopg.Error:
                return "invalid", "definition"
            for name in sorted(self._checks, key=partial(self._place, mutant)):
                began = time.monotonic()
                outcome = self._outcome(self._checks[name])
                self._seconds.setdefault(name, time.monotonic() - began)
                if outcome is not None:
                    return outcome, name
        return None

    def _place(self, mutant: Mutant, name: str) -> tuple[int, int, int, float]:
        """Those first that have killed most in the same function, in the same file, in any; then the quickest."""
        near, far = f"{mutant.file} {mutant.scope}", mutant.file
        seconds = self._seconds.get(name, 0.0)
        return -self._kills[near, name], -self._kills[far, name], -self._kills["", name], seconds

    def _outcome(self, check: Callable[[], bool]) -> str | None:
        try:
            with self._connection.transaction(force_rollback=True):
                return None if check() else "failed"
        except psycopg.Error as error:
            state = error.sqlstate or ""
            if state == _CANCELED:
                return "hung"
            return "invalid" if state.startswith("42") and state != _PERMISSION else "failed"
