"""Random fills as an exchange might report them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from tests.oracle import Fill, Instrument
from tests.oracle_ledger import BookKey, order_level_id

START = datetime(2026, 1, 1, tzinfo=UTC)
THOUSANDS = Instrument("linear", "1000PEPEUSDT", "1000PEPE", "USDT", "USDT", Fraction(1000))
HEDGED = Instrument("linear", "SOLUSDT", "SOL", "USDT", "USDT")
BOOKS = (
    BookKey(Instrument("linear", "BTCUSDT", "BTC", "USDT", "USDT")),
    BookKey(THOUSANDS),
    BookKey(HEDGED, 1),
    BookKey(HEDGED, 2),
    BookKey(Instrument("spot", "ETHUSDT", "ETH", "USDT", "USDT")),
    BookKey(Instrument("inverse", "BTCUSD", "BTC", "USD", "BTC")),
    BookKey(Instrument("option", "BTC-29DEC28-90000-C-USDT", "BTC", "USDT", "USDT")),
)


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[Fraction]:
    """Numbers of at most so many decimal places."""
    scale = 10**places
    return st.integers(int(Fraction(least) * scale), int(Fraction(most) * scale)).map(
        lambda units: Fraction(units, scale)
    )


# Small numbers meet often: closes that end exactly at a lot, equal prices, flat books.
QUANTITIES = st.one_of(decimals("1", "5", 0), decimals("0.1", "5", 1), decimals("0.00000001", "100", 8))
PRICES = st.one_of(decimals("1", "20", 0), decimals("0.01", "100000", 2), decimals("0.000001", "1000", 6))
CONTRACTS = decimals("1", "5000", 0)
FEES = st.one_of(st.just(Fraction(0)), decimals("-1", "3", 0), decimals("-5", "20", 8))
RATES = decimals("-0.001", "0.01", 6)
# Few moments, so that some are shared and many arrive late.
TIMES = st.integers(0, 30).map(lambda seconds: START + timedelta(seconds=seconds))
SEQS = st.sampled_from([0, 0, 0, 1, 2])
SIDES = st.sampled_from(["Buy", "Sell"])


@st.composite
def fills(draw: st.DrawFn, key: BookKey, exec_id: str, side: str | None = None, order: str | None = None) -> Fill:
    """A fill of a book under a given id."""
    qty = draw(CONTRACTS if key.instrument.category == "inverse" else QUANTITIES)
    price = draw(st.just(Fraction(0)) | PRICES if key.instrument.category == "option" else PRICES)
    commission, asset = draw(_commissions(key.instrument, qty))
    return Fill(
        exec_id=exec_id,
        side=side or draw(SIDES),
        price=price,
        qty=qty,
        time=draw(TIMES),
        commission=commission,
        commission_asset=asset,
        seq=draw(SEQS),
        order_id=order,
    )


@st.composite
def exec_ids(draw: st.DrawFn, number: int) -> str:
    """A new execution id; its place among those of the same moment is random, and depends on code points."""
    return f"{draw(st.sampled_from('aZz_-9'))}{number:04}"


@st.composite
def sets_of_fills(draw: st.DrawFn, key: BookKey, most: int) -> list[Fill]:
    """Fills of one book that may stand together, some of them of orders that are known as a whole too."""
    found = []
    side_of_order = {f"o{number}": draw(SIDES) for number in range(2)}
    for number in range(draw(st.integers(1, most))):
        order = draw(st.sampled_from([None, None, *side_of_order]))
        side = side_of_order[order] if order else None
        found.append(draw(fills(key, draw(exec_ids(number)), side, order)))
    for order, side in side_of_order.items():
        if draw(st.booleans()):
            found.append(draw(fills(key, order_level_id(order), side, order)))
    return found


def _commissions(instrument: Instrument, qty: Fraction) -> st.SearchStrategy[tuple[Fraction, str]]:
    settle = st.tuples(FEES, st.just(instrument.settle))
    foreign = st.tuples(FEES, st.just("MNT"))
    if instrument.category != "spot":
        return st.one_of(settle, settle, foreign)
    in_base = RATES.map(lambda rate: (rate * qty, instrument.base))
    return st.one_of(settle, in_base, in_base, foreign)
