"""The client's methods, on real servers: what is taken is stored to the last digit, what is refused leaves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from typing import Any

import psycopg
from hypothesis import strategies as st

from ledger import LedgerClient
from ledger.database.url import to_conninfo
from ledger.errors import InvalidInputError, LedgerError
from tests.all_rows import all_rows
from tests.bad_values import BAD, METHODS, Method
from tests.faults.hostile.target import Check, Target, is_documented
from tests.fills import moment
from tests.invariants import check_invariants
from tests.servers import Servers, new_ledger
from tests.statements import statement

_DATABASE = "fifoledger_hostile_client"
_WRITES = ("record_fill", "record_fills", "write_fill", "create_position_entry", "close_position_fifo")
_CALLED = tuple(method for method in METHODS if method.name not in {"acting_for", "reassign_fill"})
_DECIMALS = st.decimals(allow_nan=True, allow_infinity=True) | st.decimals(0, 1000, places=8)
_KINDS: dict[str, st.SearchStrategy[Any]] = {
    "number": _DECIMALS | st.floats() | st.integers() | st.text(max_size=8),
    "time": st.datetimes(timezones=st.just(UTC) | st.timezones() | st.none()),
    "text": st.text(max_size=20)
    | st.sampled_from(["'; DROP TABLE trading.fills; --", "%(bot_id)s", "$1", "\\", "a:b", "ß"]),
    "index": st.integers(-1, 3),
    "count": st.integers(-1, 2**64),
}
_SYMBOLS = st.sampled_from(["BTCUSDT", "ETHUSDT", "BTCUSD"])


def _values(kind: str) -> st.SearchStrategy[Any]:
    base = kind.removesuffix(" or nothing")
    alike = {"positive": "number", "not negative": "number", "id": "text"}.get(base, base)
    return st.sampled_from(BAD[kind]) | _KINDS.get(alike, st.nothing())


@st.composite
def calls(draw: st.DrawFn) -> tuple[Method, dict[str, Any]]:
    """A method, and arguments of which some are odd."""
    method = draw(st.sampled_from(_CALLED))
    odd = draw(st.lists(st.sampled_from(sorted(method.kinds)), max_size=3, unique=True))
    arguments = {**method.arguments, **{name: draw(_values(method.kinds[name])) for name in odd}}
    if method.name in {"record_fill", "record_fills"} and "exec_id" not in odd:
        arguments["exec_id"] = f"x{draw(st.integers(0, 10**9))}"
    if "symbol" in arguments and "symbol" not in odd:
        arguments["symbol"] = draw(_SYMBOLS)
    return method, arguments


@contextmanager
def _clients(servers: Servers | None) -> Iterator[Check]:
    assert servers is not None
    with (
        new_ledger(servers.admin_url, _DATABASE) as url,
        LedgerClient("bot", account="main", database_url=url, redis_url=servers.redis_url) as client,
        psycopg.connect(to_conninfo(url), autocommit=True) as connection,
    ):
        client.register()
        client.record_fill(
            symbol="BTCUSDT", side="Buy", exec_price=100, exec_qty=1, exec_time=moment(0), exec_id="first"
        )
        yield lambda drawn: call(client, connection, *drawn)
        check_invariants(connection)


def call(client: LedgerClient, connection: psycopg.Connection[Any], method: Method, arguments: dict[str, Any]) -> None:
    """One call, and what it left."""
    before = all_rows(connection)
    try:
        if method.inside:
            client.record_fills([arguments])
        else:
            getattr(client, method.name)(**arguments)
    except LedgerError as error:
        assert is_documented(error), error
        assert all_rows(connection) == before, f"{method.name} wrote and then raised {error}"
        if isinstance(error, InvalidInputError):
            assert error.field
            assert error.rule
        return
    if method.name in {"record_fill", "record_fills"}:
        _stored_as_given(connection, arguments)


def _stored_as_given(connection: psycopg.Connection[Any], given: dict[str, Any]) -> None:
    """What the journal has of the fill, beside what Python itself makes of the arguments."""
    exec_id = given["exec_id"] or f"order:{given['order_id']}"
    row = connection.execute(statement("hostile/stored"), {"exec_id": exec_id}).fetchone()
    assert row is not None, exec_id
    price, qty, commission, at, symbol = row
    assert qty == _number(given["exec_qty"])
    assert price is None or price == _number(given["exec_price"])
    assert commission == _number(given.get("commission", 0))
    assert at == given["exec_time"]
    assert symbol == given["symbol"]


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


CLIENT = (Target("client", "the client's methods, on real servers", _clients, calls(), serves=True),)
