"""An old table of bots, read from a real PostgreSQL."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from ledger.database.url import to_conninfo
from ledger.errors import ConfigurationError, DatabaseUnavailableError, LedgerError, PermissionDeniedError
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.mapping import ColumnMapping
from reconcile.history.sources.table import TableSource
from tests.free_port import free_port
from tests.logins import NewLogin, as_login, logins
from tests.reading import read
from tests.servers import Servers
from tests.statements import statement

TYPED = ColumnMapping(
    columns={
        "symbol": "Pair",
        "side": "is_buy",
        "exec_price": "price",
        "exec_qty": "qty",
        "exec_time": "when",
        "row_id": "Key",
    },
    values={"side": {"true": "Buy", "false": "Sell"}},
)
Run = Callable[..., None]


@pytest.fixture
def new_login(servers: Servers) -> Iterator[NewLogin]:
    with logins(servers.admin_url) as make:
        yield make


@pytest.fixture
def run(empty_database: str) -> Iterator[Run]:
    with psycopg.connect(to_conninfo(empty_database), autocommit=True) as connection:

        def run(name: str, params: Any = None, **identifiers: str) -> None:
            connection.execute(statement(f"history/{name}", **identifiers), params)

        run("make_old_fills")
        yield run


def refused(source: TableSource) -> LedgerError:
    with pytest.raises(LedgerError) as info:
        read(source)
    return info.value


def test_the_default_shape_needs_no_words(empty_database: str, run: Run) -> None:
    source = TableSource(empty_database, "old_bots.fills")
    found = read(source)
    assert found.rows == [
        (
            1,
            {
                "row_id": "1",
                "bot_id": "lxalgo_001",
                "symbol": "BTCUSDT",
                "side": "Buy",
                "exec_price": "64000.50",
                "exec_qty": "0.010",
                "order_id": "o1",
                "client_order_id": "lxalgo_001:entry:1",
                "commission": "0.352000000000000001",
                "exec_time": "2024-03-31 01:00:00.123456+00",
            },
        ),
        (
            2,
            {
                "row_id": "2",
                "bot_id": "lxalgo_001",
                "symbol": "BTCUSDT",
                "side": "Sell",
                "exec_price": "123456789012345678901234567890.123456789012345678",
                "exec_qty": "0.000000000000000001",
                "close_reason": 'stop, "hard"\nsecond line',
                "commission": "-0.5",
                "exec_time": "2024-03-31 01:00:00+00",
            },
        ),
    ]
    assert source.unread == {"old_bots.fills": ("created_at",)}
    assert (source.unit, source.total, found.done) == ("rows", 2, [2])


def test_other_names_and_types(empty_database: str, run: Run) -> None:
    run("make_typed")
    found = read(TableSource(empty_database, '"Old Fills"', mapping=TYPED))
    first, second = found.cells
    assert first == {
        "symbol": "ETHUSDT",
        "side": "Buy",
        "exec_price": "0.1",
        "exec_qty": "0.1",
        "exec_time": "2024-03-31 02:30:00.5",  # as the table has it: without a zone
        "row_id": "751c8dba-bdeb-5d0c-9dd3-dda6bf98cdaf",
    }
    assert Decimal(second["exec_price"]) == Decimal(repr(1234567.1234567891))
    assert (second["side"], second["exec_qty"], "exec_time" in second) == ("Sell", "3", False)
    assert found.lines == [1, 2]  # a key that is no number: the row's place


def test_a_view_is_a_table_too(empty_database: str, run: Run) -> None:
    run("make_typed")
    source = TableSource(empty_database, "typed_view")
    assert len(read(source).rows) == source.total == 2


def test_many_rows_come_in_batches_each_once(empty_database: str, run: Run) -> None:
    run("fill_old_fills", {"count": 200_000})
    source = TableSource(empty_database, "old_bots.fills")
    assert source.total == 200_002
    found = read(source)
    assert len(found.done) > 2
    assert found.done[-1] == 200_002
    assert found.lines == list(range(1, 200_003))
    assert [row["row_id"] for row in found.cells] == [str(line) for line in found.lines]


def test_the_servers_estimate_spares_the_counting(empty_database: str, run: Run) -> None:
    run("fill_old_fills", {"count": 50_000})
    run("analyze")
    run("one_more")
    assert TableSource(empty_database, "old_bots.fills").total == 50_002


def test_what_is_written_meanwhile_does_not_come_in(empty_database: str, run: Run) -> None:
    run("fill_old_fills", {"count": 200_000})
    rows = 0
    for batch in TableSource(empty_database, "old_bots.fills").batches():
        rows += batch.rows.num_rows
        run("one_more")
        assert "LATE" not in batch.rows.column("symbol").to_pylist()
    assert rows == 200_002


def test_reading_may_end_before_the_table_does(empty_database: str, run: Run) -> None:
    run("fill_old_fills", {"count": 200_000})
    batches = TableSource(empty_database, "old_bots.fills").batches()
    assert next(iter(batches)).rows.num_rows
    getattr(batches, "close")()  # noqa: B009  # a generator, by protocol an iterator
    run("analyze")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("old_bots.fill", "no such table"),
        ("none.fills", "no such table"),
        ("fills; DROP TABLE old_bots.fills", "no"),
        ("old_bots.fills_id_seq", "neither a table nor a view"),
        ("", "no"),
        ("a.b.c.d", "no"),
        ('"', "no"),
    ],
)
def test_what_is_no_table_is_refused(empty_database: str, run: Run, table: str, reason: str) -> None:
    source = TableSource(empty_database, table)
    error = refused(source)
    assert isinstance(error, UnreadableSourceError)
    assert reason in error.reason
    assert table in str(error)


def test_a_missing_column_is_refused_with_those_that_there_are(empty_database: str, run: Run) -> None:
    run("make_typed")
    error = refused(TableSource(empty_database, '"Old Fills"'))
    assert "no column symbol, side, exec_price, exec_qty, exec_time (perhaps --map symbol=Pair" in str(error)
    assert "there are Key, Pair, is_buy, price, qty, when, note" in str(error)
    mapping = ColumnMapping(columns={"commission": "fee"})
    assert "no column fee; there are id" in str(refused(TableSource(empty_database, "old_bots.fills", mapping=mapping)))


# The login is made before the database, so that it is dropped after it.
def test_a_login_that_may_not_read_is_told_so(new_login: NewLogin, empty_database: str, run: Run) -> None:
    reader = new_login()
    source = TableSource(as_login(empty_database, reader), "old_bots.fills")
    assert isinstance(refused(source), PermissionDeniedError)
    run("grant_schema", reader=reader)
    error = refused(source)
    assert isinstance(error, PermissionDeniedError)
    assert "SELECT" in str(error)


def test_rows_that_a_policy_hides_are_not_left_out_without_a_word(
    new_login: NewLogin, empty_database: str, run: Run
) -> None:
    reader = new_login()
    run("hide_rows", reader=reader)
    error = refused(TableSource(as_login(empty_database, reader), "old_bots.fills"))
    assert isinstance(error, PermissionDeniedError)
    assert "row-level security" in str(error)


@pytest.mark.parametrize(
    "url", ["postgresql://bot:hunter2@localhost:{port}/none", "host=localhost port={port} password=hunter2"]
)
def test_no_error_and_no_name_shows_a_password(url: str) -> None:
    source = TableSource(url.format(port=free_port()), "fills")
    assert "hunter2" not in source.name
    error = refused(source)
    assert isinstance(error, DatabaseUnavailableError)
    assert "hunter2" not in f"{error} {error.__cause__} {error.__context__}"


def test_what_is_no_url_is_refused_as_the_sources(empty_database: str) -> None:
    with pytest.raises(ConfigurationError, match="the URL of the source is not a connection string"):
        TableSource("http://localhost", "fills")
