"""What the transactions of a batch have come to, while they are tried."""

from collections.abc import Iterable, Sequence
from types import TracebackType

import psycopg

from ledger.database.failures import is_transient, translate
from ledger.database.steps import Batch, Outcome, Rows, portion
from ledger.errors import LedgerError

COMMITTED = "COMMIT"  # the server's own word, which is ROLLBACK where the transaction had failed


class Outcomes:
    """The outcome of each parameter set, as soon as there is one: what has one is not sent again."""

    def __init__(self, step: Batch) -> None:
        self.name = step.name
        self.params = step.params
        self._found: dict[int, Outcome] = {}

    def waiting(self) -> Sequence[int]:
        """The numbers of the next sets without an outcome, as many as one pipeline may carry."""
        return portion(self.params, [n for n in range(len(self.params)) if n not in self._found])

    def answer(self, number: int, rows: Rows) -> None:
        """A set's transaction has committed."""
        self._found[number] = rows

    def refuse(self, number: int, error: psycopg.Error) -> None:
        """A set's transaction has failed. Raises what may succeed when it is tried again."""
        if is_transient(error):
            raise error
        refusal = translate(error)
        refusal.__cause__ = error
        self._found[number] = refusal

    def settle(self, committed: Iterable[tuple[int, Rows]], sent: Sequence[int], error: psycopg.Error | None) -> None:
        """Takes what a pipeline has left. An error ends all behind it: it is that of the first that did not commit."""
        for number, rows in committed:
            self.answer(number, rows)
        failed = next((number for number in sent if number not in self._found), None)
        if failed is not None:
            self.refuse(failed, error or psycopg.OperationalError("a transaction has not committed"))

    def all(self, failure: LedgerError | None = None) -> list[Outcome]:
        """In the order of the sets; `failure` for those that have none."""
        found: list[Outcome] = []
        for number in range(len(self.params)):
            outcome = self._found.get(number, failure)
            assert outcome is not None  # noqa: S101 - without a failure all have been tried
            found.append(outcome)
        return found


class FirstError:
    """Keeps the first error of the driver that comes up within, and goes on behind it."""

    def __init__(self) -> None:
        self.error: psycopg.Error | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, psycopg.Error):
            return False
        self.error = self.error or error
        return True
