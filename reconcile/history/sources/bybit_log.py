"""Bybit's transaction log: every change of a coin's balance, among them trades and funding.

Column names and samples, as facts:
- unified account, data export ("AssetChangeDetails_uta_…"): "Uid,Currency,Contract,Type,Direction,Quantity,Position,
  Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)" below a line "UID: …"; no ids.
  everytrade-io/everytrade-plugins (BybitEuUtaBeanV1, with a whole real export in its test).
- unified account, from the page: the same without Uid, then "Action,OrderId,TradeId,Time".
- before the unified account: "Time,Currency,Contract,Type,…,Wallet Balance,Fee Rate,Trade ID,Order ID", types in
  small letters, fees and funding positive where paid. BittyTax/BittyTax, src/bittytax/conv/parsers/bybit.py.
- types: https://bybit-exchange.github.io/docs/v5/enum#typeuta-translog

Signs. In the unified account's export Change = Cash Flow + Funding + Fee Paid: what was paid is negative. Before it,
Change = Cash Flow − Funding − Fee Paid. Each row is held against its own sum, so that a file of the other kind
rejects its rows instead of turning costs into income.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from reconcile.history.sources.bybit_spot_legs import SpotLegs
from reconcile.history.sources.bybit_trades import SIDES, derivative_category, matches
from reconcile.history.sources.chunk import TEXT, Chunk, constant, nulls, tidy, translate
from reconcile.history.sources.naming import find, moments, offset

_NEEDED = ("currency", "contract", "type", "direction", "quantity", "filledprice", "feepaid", "cashflow", "change")
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in _NEEDED},
    "position": ("position",),
    "funding": ("funding",),
    "balance": ("walletbalance",),
    "action": ("action",),
    "order": ("orderid",),
    "trade": ("tradeid",),
    "time": ("time",),
}
_TYPES = {
    "trade": "Trade",
    "settlement": "Funding",
    "funding": "Funding",
    "liquidation": "BustTrade",
    "adl": "AdlTrade",
    "delivery": "Delivery",
    "block_trade": "BlockTrade",
}
_DECIMAL = pa.decimal256(60, 24)


def recognises(names: Sequence[str]) -> bool:
    """Whether an export with these columns is a transaction log."""
    return all(find(names, one) for one in (*_NEEDED, "time"))


class TransactionLog:
    """Trades and funding of the log; every other change of a balance is rejected with its type."""

    name = "Bybit transaction log"

    def __init__(self, names: Sequence[str]) -> None:
        self._paid_is_negative = find(names, "feerate") is None
        self._legs = SpotLegs()

    def used(self, names: Sequence[str]) -> list[str]:
        """Those of the source's columns that it reads."""
        found = (find(names, *spellings) for spellings in _SPELLINGS.values())
        return [name for name in found if name is not None]

    def read(self, chunk: Chunk) -> Chunk:
        """Under neutral names; the two lines of a spot trade become one row, at the place of its second."""
        _rename(chunk)
        kind = chunk.column("exec_type")
        known = pc.is_in(kind, pa.array(sorted(set(_TYPES.values())), TEXT))
        chunk.reject(pc.invert(known), "exec_type", kind, "{} is no fill and no funding of a position")
        self._check_signs(chunk)
        _check_session(chunk)
        spot = _is_spot(chunk)
        legs = Chunk(chunk.origin, chunk.rows, chunk.lines)
        legs.keep(spot)
        chunk.keep(pc.invert(spot))
        chunk.rows = self._contracts(chunk)
        pairs = self._legs.join(legs)
        chunk.rejected.extend(pairs.rejected)
        if pairs.rows.num_rows:
            chunk.rows = pa.concat_tables([chunk.rows, pairs.rows.select(chunk.rows.column_names)])
            chunk.lines = pa.concat_arrays([chunk.lines, pairs.lines])
        return chunk

    def rest(self) -> Chunk | None:
        """Halves of spot trades whose other half is not in the file, rejected."""
        return self._legs.rest()

    def _contracts(self, chunk: Chunk) -> pa.Table:
        cells = {name: chunk.column(name) for name in chunk.rows.column_names}
        funding = pc.equal(cells["exec_type"], "Funding")
        paid = pc.if_else(funding, cells["funding"], cells["feepaid"])
        return pa.table(
            {
                "symbol": cells["contract"],
                "side": cells["direction"],
                "exec_price": cells["filledprice"],
                "exec_qty": _unsigned(pc.if_else(funding, cells["position"], cells["quantity"])),
                "exec_time": cells["time"],
                "category": derivative_category(cells["contract"]),
                "exec_id": cells["trade"],
                "order_id": cells["order"],
                "commission": _negated(paid) if self._paid_is_negative else paid,
                "commission_asset": cells["currency"],
                "exec_type": cells["exec_type"],
                "row_id": cells["row_id"],
            }
        )

    def _check_signs(self, chunk: Chunk) -> None:
        flow, fee, funding, change = (_number(chunk.column(n)) for n in ("cashflow", "feepaid", "funding", "change"))
        funding = pc.fill_null(funding, 0)
        if not self._paid_is_negative:
            fee, funding = pc.negate(fee), pc.negate(funding)
        residue = pc.subtract(pc.subtract(change, flow), pc.add(funding, fee))
        for other in (fee, funding):
            opposite = pc.add(residue, pc.add(other, other))
            wrong = pc.greater(pc.abs(residue), pc.abs(opposite))
            if pc.any(wrong).as_py():
                reason = (
                    "Change is not Cash Flow, Funding and Fee Paid with the signs of this kind of log: "
                    "a cost would be booked as income, or the reverse"
                )
                chunk.reject(wrong, "commission", chunk.column("feepaid"), reason)
                return


def _rename(chunk: Chunk) -> None:
    names = chunk.rows.column_names
    found = {ours: find(names, *spellings) for ours, spellings in _SPELLINGS.items()}
    count = chunk.rows.num_rows
    cells = {ours: tidy(chunk.column(name), "--") if name else nulls(count) for ours, name in found.items()}
    cells["time"] = moments(cells["time"], offset(found["time"] or ""))
    words = pc.utf8_lower(cells["direction"])
    side = translate(words, SIDES)
    cells["direction"] = pc.if_else(pc.is_in(side, pa.array(["Buy", "Sell"], TEXT)), side, cells["direction"])
    kind = translate(pc.utf8_lower(cells["type"]), _TYPES)
    known = pc.is_in(kind, pa.array(sorted(set(_TYPES.values())), TEXT))
    cells["exec_type"] = pc.if_else(known, kind, pc.coalesce(cells["type"], constant("a row without a type", count)))
    # Without ids the balance after the change tells rows of one second apart, in every file that has the row.
    parts = [cells[name] for name in ("time", "contract", "type", "currency")]
    parts += [_trimmed(cells[name]) for name in ("change", "balance")]
    own = pc.binary_join_element_wise(*parts, "|", null_handling="replace", null_replacement="")
    cells["row_id"] = pc.if_else(pc.is_valid(cells["trade"]), pa.scalar(None, TEXT), own)
    chunk.rows = pa.table(cells)


def _is_spot(chunk: Chunk) -> pa.ChunkedArray:
    """A trade of coins opens and closes nothing; the action is empty, and the old log had no spot at all."""
    trade = pc.equal(chunk.column("exec_type"), "Trade")
    option = matches(chunk.column("contract"), "-")
    without = pc.is_null(chunk.column("action"))
    old = matches(chunk.column("type"), "^[a-z]")
    return pc.fill_null(pc.and_(pc.and_(trade, without), pc.invert(pc.or_(option, old))), False)


def _check_session(chunk: Chunk) -> None:
    """A settlement without funding is a USDC session's mark-to-market: no cash that FIFO does not know itself."""
    funding = pc.equal(chunk.column("exec_type"), "Funding")
    flows = pc.invert(_is_zero(chunk.column("cashflow")))
    session = pc.and_(pc.and_(funding, _is_zero(chunk.column("funding"))), flows)
    reason = "a session settlement: profit by the mark price, which the ledger realises when the position closes"
    chunk.reject(session, "exec_type", chunk.column("cashflow"), reason)


def _is_zero(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.match_substring_regex(column, r"^[-+]?0*\.?0*$"), True)


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Plain numbers as decimals, for sums only; NULL for anything else."""
    is_number = matches(column, r"^-?\d{1,30}(\.\d{1,24})?$")
    return pc.cast(pc.if_else(is_number, column, pa.scalar(None, TEXT)), _DECIMAL)


def _negated(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same digits with the other sign; zero stays zero."""
    negative = pc.replace_substring_regex(column, r"^\+?([0-9.])", r"-\1")
    positive = pc.replace_substring_regex(column, r"^-", "")
    return pc.if_else(pc.or_(pc.starts_with(column, "-"), _is_zero(column)), positive, negative)


def _unsigned(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(column, r"^-", "")


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(pc.replace_substring_regex(column, r"(\.\d*?)0+$", r"\1"), r"\.$", "")
