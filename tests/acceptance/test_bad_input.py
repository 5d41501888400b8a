"""Bad input: a clear error naming field and value, and nothing is written, whichever method it comes to."""

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from ledger import AsyncLedgerClient, ConfigurationError, InvalidInputError, LedgerClient
from tests.all_rows import all_rows
from tests.bad_values import BAD, METHODS, Method
from tests.clients import KINDS, open_client
from tests.fills import SYMBOL, fill, moment

WITHOUT_ARGUMENTS = {"register", "heartbeat", "close"}


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, database_url: str, redis_url: str) -> Iterator[LedgerClient]:
    """A client that has not been used yet, beside a bot with a position."""
    with LedgerClient("other", account="main", database_url=database_url) as other:
        other.record_fill(**fill("e1", order_id="o1"))
    with open_client(request.param, "bot", account="main", database_url=database_url, redis_url=redis_url) as opened:
        yield opened


@pytest.fixture
def unchanged(client: LedgerClient, connection: psycopg.Connection[Any]) -> Iterator[None]:
    """All tables are afterwards as they were; not even account and bot are registered."""
    before = all_rows(connection)
    assert before["fills"][0] == 1
    yield
    assert all_rows(connection) == before


def call(client: LedgerClient, method: Method, **changes: Any) -> Any:
    arguments = {**method.arguments, **changes}
    if method.inside:
        return client.record_fills([fill("good"), arguments])
    return getattr(client, method.name)(**arguments)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_refused_with_field_and_value_named(client: LedgerClient, method: Method) -> None:
    wrong: list[str] = []
    for name, kind in method.kinds.items():
        for value in BAD[kind]:
            problem = _problem(client, method, name, value)
            if problem is not None:
                wrong.append(f"{name}={_shown(value)}: {problem}")
    assert wrong == []


def _problem(client: LedgerClient, method: Method, name: str, value: Any) -> str | None:
    try:
        call(client, method, **{name: value})
    except InvalidInputError as error:
        found = None
        if error.field != method.inside + name:
            found = f"named {error.field}"
        elif error.value is not value and error.value != value:
            found = f"gave the value {_shown(error.value)}"
        elif error.field not in str(error) or not error.rule or error.rule not in str(error):
            found = f"the message is {error}"
        return found
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    return "accepted"


def _shown(value: Any) -> str:
    # repr() of very long integers is refused by Python itself.
    return "10**5000" if isinstance(value, int) and abs(value) > 10**4000 else repr(value)[:60]


def test_both_clients_have_the_same_names() -> None:
    blocking, awaiting = (
        {name for name in dir(kind) if not name.startswith("_")} for kind in (LedgerClient, AsyncLedgerClient)
    )
    assert blocking == awaiting
    assert blocking == {method.name for method in METHODS} | WITHOUT_ARGUMENTS | {"bot_id", "settings"}


def test_every_public_method_is_tried() -> None:
    for kind in (LedgerClient, AsyncLedgerClient):
        public = {name for name, member in inspect.getmembers(kind) if callable(member) and not name.startswith("_")}
        assert public == {method.name for method in METHODS} | WITHOUT_ARGUMENTS
    for method in METHODS:
        if not method.inside:
            taken = set(inspect.signature(getattr(LedgerClient, method.name)).parameters) - {"session", "self"}
            assert taken == set(method.kinds), method.name


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("fills", [None, 5, [None], ["x"], [fill("a"), 3], "abc", [[("symbol", SYMBOL)]], fill("a")])
def test_a_batch_of_something_else_is_refused(client: LedgerClient, fills: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        client.record_fills(fills)
    assert caught.value.field.startswith("fills")


@pytest.mark.usefixtures("unchanged")
def test_a_batch_names_what_is_missing_or_unknown(client: LedgerClient) -> None:
    for missing in ("symbol", "side", "exec_price", "exec_qty", "exec_time"):
        given = {name: value for name, value in fill("b").items() if name != missing}
        with pytest.raises(InvalidInputError, match=rf"fills\[1\]\.{missing}"):
            client.record_fills([fill("a"), given])
    with pytest.raises(InvalidInputError, match=r"fills\[1\]\.execId"):
        client.record_fills([fill("a"), fill("b", execId="b")])
    assert client.record_fills([]) == []


@pytest.mark.usefixtures("unchanged")
def test_an_execution_needs_an_identity(client: LedgerClient) -> None:
    with pytest.raises(InvalidInputError, match="exec_id"):
        client.record_fill(**fill(None))
    with pytest.raises(InvalidInputError, match="order_id"):
        client.record_fill(**fill(None, order_id=""))
    with pytest.raises(InvalidInputError, match="exec_id"):
        client.record_fill(**fill(None, order_id="o9", exec_type="Funding"))
    with pytest.raises(InvalidInputError, match="exec_id"):
        client.record_fill(**fill("order:somebody-else-s", order_id="o9"))


@pytest.mark.usefixtures("unchanged")
def test_a_fee_in_base_coin_leaves_something_of_the_lot(client: LedgerClient, database_url: str) -> None:
    # The database refuses it, so `other` asks: this client would be registered by then.
    with LedgerClient("other", account="main", database_url=database_url) as other:
        for fee in ("1", "1.5"):
            with pytest.raises(InvalidInputError, match="commission") as caught:
                other.record_fill(**fill("s1", category="spot", commission=fee, commission_asset="BTC"))
            assert caught.value.field == "commission"


def test_only_options_may_cost_nothing(client: LedgerClient, connection: psycopg.Connection[Any]) -> None:
    bought = client.record_fill(**fill("p1", "Buy", price=5, symbol="BTC-27MAR26-100000-C", category="option"))
    expired = client.record_fill(
        **fill("p2", "Sell", price=0, at=5, symbol="BTC-27MAR26-100000-C", category="option", exec_type="Delivery")
    )
    assert (bought.position.size, expired.position.size) == (Decimal(1), Decimal(0))
    assert [trade.gross_pnl for trade in expired.completed_trades] == [Decimal(-5)]
    before = all_rows(connection)
    for category in ("linear", "inverse", "spot"):
        with pytest.raises(InvalidInputError, match="exec_price"):
            client.record_fill(**fill("z", price=0, category=category))
    with pytest.raises(InvalidInputError, match="exec_price"):
        client.record_fill(**fill("z", price=-1, category="option", symbol="BTC-27MAR26-100000-C"))
    assert all_rows(connection) == before


FLOATS = (0.1, 0.1 + 0.2, 1e-7, 123456.789, 1e22, 5e-18, 2.0, 1.7976931348623157e29)


@pytest.mark.parametrize("method", ["record_fill", "record_fills"])
def test_floats_are_what_they_print_as(client: LedgerClient, connection: psycopg.Connection[Any], method: str) -> None:
    for number, value in enumerate(FLOATS):
        given = fill(f"f{number}", qty=value, price=value, at=number, commission=value, symbol=f"F{number}USDT")
        record: Callable[..., Any] = getattr(client, method)
        result = record(**given) if method == "record_fill" else record([given])[0]
        exact = Decimal(str(value))
        assert result.entry is not None
        assert (result.entry.original_qty, result.entry.entry_price) == (exact, exact)
        assert result.entry.entry_commission == exact
        assert client.get_position(f"F{number}USDT").size == exact
        for row in (result.entry, result.position, *client.get_open_position_entries(f"F{number}USDT")):
            assert not [name for name, told in dict(row).items() if isinstance(told, float)]


def test_numbers_as_text_and_integers(client: LedgerClient) -> None:
    for number, (given, exact) in enumerate(
        [("1.50", "1.5"), (" 2 ", "2"), ("1e-8", "0.00000001"), ("1E3", "1000"), (7, "7"), (Decimal("1E+2"), "100")]
    ):
        result = client.record_fill(**fill(f"n{number}", qty=given, symbol=f"N{number}USDT"))
        assert result.position.size == Decimal(exact)


def test_times_in_any_zone_are_one_moment(client: LedgerClient) -> None:
    tokyo = moment(0).astimezone(timezone(timedelta(hours=9)))
    client.record_fill(**fill("t1"))
    assert client.record_fill(**{**fill("t1"), "exec_time": tokyo}).duplicate
    assert client.position_as_of(SYMBOL, tokyo).size == 1


@pytest.mark.parametrize("make", [LedgerClient, AsyncLedgerClient])
def test_a_client_needs_a_name_and_settings_that_make_sense(make: Any, database_url: str) -> None:
    for bad in BAD["text"]:
        with pytest.raises(InvalidInputError, match="bot_id"):
            make(bad, database_url=database_url)
        with pytest.raises(InvalidInputError, match="category"):
            make("bot", database_url=database_url, category=bad)
    for account in ("", "a:b:c:d", ":", "bybit:", "x\0"):
        with pytest.raises((InvalidInputError, ConfigurationError), match="account"):
            make("bot", database_url=database_url, account=account)
    with pytest.raises(ConfigurationError, match="environment"):
        make("bot", database_url=database_url, account="bybit:main:live")
    for options in ({"redis_db": -1}, {"redis_db": "x"}):
        with pytest.raises(ConfigurationError, match="LEDGER_REDIS_DB"):
            make("bot", database_url=database_url, **options)


def test_a_url_that_is_none_is_refused_without_its_password() -> None:
    with LedgerClient("bot", database_url="postgresql://u:hunter2@[") as client:
        with pytest.raises(ConfigurationError) as caught:
            client.register()
        assert "hunter2" not in str(caught.value)
