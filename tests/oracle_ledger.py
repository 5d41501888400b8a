"""The journal in front of the oracle: what counts, what is a repetition, what is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction

from tests import oracle
from tests.oracle import ZERO, Book, Fill, HedgeRuleBrokenError, Instrument


@dataclass(frozen=True)
class BookKey:
    """One position line of one bot."""

    instrument: Instrument
    position_idx: int = 0


@dataclass(frozen=True)
class Cash:
    """Funding or another payment that moves no position; a positive amount was paid."""

    exec_id: str
    amount: Fraction
    asset: str


class ConflictError(Exception):
    """An execution id comes again with another payload; `fields` names what differs."""

    def __init__(self, differing: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(differing)))
        self.fields = differing


class RefusedFeeError(Exception):
    """A base-coin fee that leaves nothing of what was bought."""


@dataclass
class OracleLedger:
    """Everything delivered so far, for one account."""

    journal: dict[tuple[str, str], tuple[BookKey, Fill]] = field(default_factory=dict)
    cash: dict[tuple[str, str], tuple[BookKey, Cash]] = field(default_factory=dict)

    def record(self, deliveries: Sequence[tuple[BookKey, Fill]]) -> list[bool]:
        """Take in executions together, all or none; says for each whether it was there already.

        Raises:
            ConflictError: an execution id is known with another payload.
            RefusedFeeError: a base-coin fee eats all that was bought.
            HedgeRuleBrokenError: a hedge leg would be closed further than it is open.
        """
        refusals = self.refusals(deliveries)
        if refusals:
            raise refusals[0]
        duplicates = []
        for key, fill in deliveries:
            duplicates.append(_identity(key, fill) in self.journal)
            self.journal.setdefault(_identity(key, fill), (key, fill))
        return duplicates

    def refusals(self, deliveries: Sequence[tuple[BookKey, Fill]]) -> list[Exception]:
        """Everything that forbids taking in these executions together."""
        found: list[Exception] = []
        journal = dict(self.journal)
        for key, fill in deliveries:
            differing = _differing(journal.get(_identity(key, fill), (key, fill)), (key, fill))
            wrong: list[Exception] = [ConflictError(differing)] if differing else []
            if oracle.effective_qty(key.instrument, fill) <= 0:
                wrong.append(RefusedFeeError())
            if not wrong:
                journal[_identity(key, fill)] = key, fill
            found += wrong
        candidate = OracleLedger(journal)
        for key in {key for key, _ in deliveries}:
            try:
                candidate.book(key)
            except HedgeRuleBrokenError as broken:
                found.append(broken)
        return found

    def record_cash(self, key: BookKey, cash: Cash) -> bool | None:
        """Take in a payment; says whether it was there already. None: it was, with another amount."""
        known = self.cash.get((key.instrument.category, cash.exec_id))
        if known is None:
            self.cash[key.instrument.category, cash.exec_id] = key, cash
            return False
        return True if known == (key, cash) else None

    def book(self, key: BookKey) -> Book:
        """The position line as it follows from everything delivered."""
        return oracle.derive(key.instrument, key.position_idx, self.counted(key))

    def books(self) -> dict[BookKey, Book]:
        """Every position line that any fill was delivered for."""
        return {key: self.book(key) for key in {key for key, _ in self.journal.values()}}

    def paid(self, key: BookKey) -> Fraction:
        """Sum of the payments of a position line."""
        return sum((cash.amount for owner, cash in self.cash.values() if owner == key), ZERO)

    def counted(self, key: BookKey) -> list[Fill]:
        """The fills that count: of an order-level fill only what its executions leave over."""
        result = []
        for owner, fill in self.journal.values():
            if owner == key:
                rest = self._rest(key.instrument.category, fill)
                if rest is not None:
                    result.append(rest)
        return result

    def _rest(self, category: str, fill: Fill) -> Fill | None:
        if not is_order_level(fill):
            return fill
        executed = sum(
            (
                other.qty
                for (of_category, _), (_, other) in self.journal.items()
                if of_category == category and other.order_id == fill.order_id and not is_order_level(other)
            ),
            ZERO,
        )
        if executed == 0:
            return fill
        if executed >= fill.qty:
            return None
        commission = fill.commission - oracle.running_share(fill.commission, executed, fill.qty)
        return replace(fill, qty=fill.qty - executed, commission=commission)


def is_order_level(fill: Fill) -> bool:
    """Whether the fill stands for its whole order."""
    return fill.exec_id.startswith("order:")


def order_level_id(order_id: str) -> str:
    """The execution id of a fill that stands for its whole order."""
    return f"order:{order_id}"


def _identity(key: BookKey, fill: Fill) -> tuple[str, str]:
    return key.instrument.category, fill.exec_id


def _differing(known: tuple[BookKey, Fill], again: tuple[BookKey, Fill]) -> frozenset[str]:
    """The fields that differ. What either side leaves out (an order id, a sequence) is not compared."""
    differing = set()
    for name in [one.name for one in fields(Fill)]:
        stored, given = getattr(known[1], name), getattr(again[1], name)
        left_out = name in {"order_id", "seq"} and not (stored and given)
        if stored != given and not left_out:
            differing.add(name)
    if known[0].instrument.symbol != again[0].instrument.symbol:
        differing.add("symbol")
    if known[0].position_idx != again[0].position_idx:
        differing.add("position_idx")
    return frozenset(differing)
