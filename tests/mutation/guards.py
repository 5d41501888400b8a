"""Which tests guard which file. The first few kill most of the mutants in seconds; the others run only for the rest."""

from pathlib import Path

_BUSY_BOOKS = "tests/acceptance/test_busy_books.py"
_ANY_ORDER = "tests/acceptance/test_order_and_repetition.py::test_any_order_and_repetition"
_ANSWERS = "tests/acceptance/test_fifo_cases.py::test_each_fill_is_answered_with_what_it_did"
_LIVES = "tests/acceptance/test_state_machine.py"
_ACROSS_BOOKS = "tests/acceptance/test_orders_across_books.py"
_TAMPERING = ("tests/acceptance/test_tampering.py", "tests/integration/test_checked_money.py")

_VALUES = ("tests/unit/test_values_read.py",)
_DERIVING = "tests/unit/history/test_deriving.py"
_STEPS_TESTED = "tests/acceptance/test_steps.py"
_IMPORTED = ("tests/acceptance/history/test_same_as_live.py",)
_IMPORTED_IN_PARTS = ("tests/acceptance/history/test_any_split.py",)

# Who owns an order, what is told to the cache, what is refused, and what is written down of a rebuild.
_BORDERS = (
    "tests/acceptance/test_sequence.py",
    "tests/acceptance/test_bad_input.py",
    "tests/acceptance/test_rebuild_log.py",
    "tests/integration/test_cache.py",
    "tests/acceptance/test_roles.py",
    _LIVES,
)

# Refusals and repetitions of batches, accounts beside each other, and writes that have not ended.
_SMALL = (
    "tests/acceptance/test_batch_rules.py",
    "tests/integration/test_accounts_apart.py",
    "tests/integration/test_open_transactions.py",
)

_BOOKING = ((_BUSY_BOOKS, _STEPS_TESTED, *_SMALL), (_ACROSS_BOOKS, _ANY_ORDER, _ANSWERS), _BORDERS)
_RECONCILING = (
    (_STEPS_TESTED, "tests/integration/test_adjustment_locks.py"),
    ("tests/integration/reconcile/test_adjusting.py", "tests/integration/reconcile/test_repetition.py"),
    ("tests/integration/reconcile/test_differences.py", "tests/integration/reconcile/test_quarantine.py"),
)
_GUARDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "sql/functions/money.sql": (
        ("tests/integration/test_checked_money.py", _STEPS_TESTED, _BUSY_BOOKS),
        (_ACROSS_BOOKS, _ANY_ORDER),
        _TAMPERING,
    ),
    "sql/functions/journal.sql": (("tests/integration/test_hash_chain.py",), *_BOOKING),
    "sql/functions/adjust.sql": _RECONCILING,
    "sql/functions/supersede.sql": _RECONCILING,
    "sql/functions/reassign_fill.sql": _RECONCILING,
    "sql/functions/reassign_cash.sql": ((_STEPS_TESTED,), ("tests/integration/reconcile/test_late_cash.py",)),
    "sql/functions/record_cash.sql": ((_STEPS_TESTED,), (_LIVES,), ("tests/acceptance/test_bad_input.py",)),
    "sql/functions/history.sql": (
        (_STEPS_TESTED,),
        ("tests/acceptance/history/test_any_split.py", "tests/acceptance/history/test_orders_across_books.py"),
        ("tests/acceptance/history/test_same_as_live.py", "tests/acceptance/history/test_large_book.py"),
    ),
    "sql/functions/verify.sql": (_TAMPERING, ("tests/acceptance/cli/test_verify.py",)),
    "sql/functions/verify_derived.sql": (_TAMPERING, ("tests/acceptance/cli/test_verify.py",)),
    "sql/functions/verify_strays.sql": (_TAMPERING, ("tests/acceptance/cli/test_strays.py",)),
    # Beside the tests of the functions alone: what is imported is what would have been booked.
    "reconcile/history/numbers.py": (
        ("tests/unit/history/test_numbers.py", "tests/unit/history/test_matching.py", _DERIVING),
        _IMPORTED,
    ),
    "reconcile/history/matching.py": (("tests/unit/history/test_matching.py", _DERIVING), _IMPORTED),
    "reconcile/history/deriving.py": ((_DERIVING,), _IMPORTED, _IMPORTED_IN_PARTS),
    "reconcile/history/journal.py": ((_DERIVING,), _IMPORTED, _IMPORTED_IN_PARTS),
    "ledger/money.py": (_VALUES, ("tests/acceptance/test_bad_input.py",), (_ANSWERS,)),
    "ledger/fill.py": (_VALUES, ("tests/acceptance/test_bad_input.py",), (_ANSWERS,)),
    "ledger/verify.py": (("tests/acceptance/cli/test_verify.py", "tests/acceptance/cli/test_strays.py"),),
}

# The quick checks of a file, in their order: books played fill by fill, what else is done to books, damage to be found.
_PLAYED = ("replay", "steps")
_STEPS = ("steps",)
_QUICK = {
    "money": ("steps", "replay"),
    "journal": ("steps", "replay"),
    "adjust": _STEPS,
    "supersede": _STEPS,
    "reassign_fill": _STEPS,
    "reassign_cash": _STEPS,
    "record_cash": _STEPS,
    "history": _STEPS,
    "books": ("steps", "replay"),
    "settle_order": ("steps", "replay"),
    "position_as_of": ("steps", "replay"),
    "verify": ("damages", "steps"),
    "verify_derived": ("damages", "steps"),
    "verify_strays": ("damages", "steps"),
}


def guards_of(file: str) -> list[tuple[str, ...]]:
    """The tests of a file by stages: a mutant that survives one stage meets the next."""
    return [stage for stage in _GUARDS.get(file, _BOOKING) if stage]


def quick_of(file: str) -> tuple[str, ...]:
    """Which quick checks come before the tests."""
    return _QUICK.get(Path(file).stem, _PLAYED) if file.startswith("sql/") else ()
