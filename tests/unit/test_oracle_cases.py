import pytest

from tests.exact import decimal, fraction
from tests.fifo_cases import Case, Closed, Opened, load
from tests.oracle import Book, Fill, Instrument, derive

COIN = Instrument("linear", "XYZUSDT", "XYZ", "USDT", "USDT")


def book_of(case: Case) -> Book:
    fills = [
        Fill(
            exec_id=f"e{fill.seq}",
            side=fill.side,
            price=fraction(fill.price),
            qty=fraction(fill.qty),
            time=fill.time,
            commission=fraction(fill.fee),
            commission_asset="USDT",
            seq=fill.seq,
        )
        for fill in case.fills
    ]
    return derive(COIN, 0, reversed(fills))


@pytest.mark.parametrize("case", load(), ids=lambda case: case.name)
def test_oracle_agrees_with_other_programs(case: Case) -> None:
    book = book_of(case)
    closed = [
        Closed(
            side=trade.entry.side,
            qty=decimal(trade.qty),
            entry_price=decimal(trade.entry.price),
            exit_price=decimal(trade.exit.price),
            gross=decimal(trade.gross),
            fees=decimal(trade.entry_commission + trade.exit_commission),
            net=decimal(trade.net),
        )
        for trade in book.trades
    ]
    opened = [Opened(lot.fill.side, decimal(lot.remaining), decimal(lot.fill.price)) for lot in book.open_lots]
    assert case.differences(closed, opened) == []
