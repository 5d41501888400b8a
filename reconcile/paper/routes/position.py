"""/v5/position: legs, closed P&L, position mode, leverage and exits."""

from decimal import Decimal

from reconcile.paper import history, rules
from reconcile.paper.exits import Exits, set_exits
from reconcile.paper.instruments import Instrument
from reconcile.paper.market import require_category
from reconcile.paper.paging import newest_first, page
from reconcile.paper.params import Params
from reconcile.paper.payloads import closed_row, position_row
from reconcile.paper.positions import Position
from reconcile.paper.refusal import Refusal, parameter_error
from reconcile.paper.routes import Caller, Json, Private
from reconcile.paper.venue import Venue

_HEDGE = 3


def positions(venue: Venue, caller: Caller, params: Params) -> Json:
    """The legs of a symbol, open or flat; or all open legs of a settle coin."""
    category = params.required("category")
    require_category(category)
    if category == "spot":
        raise Refusal(10001, "Illegal category")
    if category == "linear" and not params.has("symbol") and not params.has("settleCoin"):
        raise parameter_error("missing some parameters that must be filled in, symbol or settleCoin")
    legs = _legs(venue, caller, params, category)
    # The two legs of hedge mode come in no particular order; here it depends on the account and symbol.
    turned = sum(map(ord, params.text("symbol"))) + caller.account.uid + venue.seed
    key = {id(leg): (place, leg.idx if turned % 2 else -leg.idx) for leg, place in legs}
    rows, cursor = page(
        [leg for leg, _ in legs],
        lambda leg: key[id(leg)],
        params,
        rules.page_size(params, rules.POSITIONS),
        dangling=True,
    )
    shown = [_row(venue, caller, leg) for leg in rows]
    return {"category": category, "nextPageCursor": cursor, "list": shown}


def _legs(venue: Venue, caller: Caller, params: Params, category: str) -> list[tuple[Position, int]]:
    account = caller.account
    lines = {line: place for place, line in enumerate(venue.market.instruments)}
    if params.has("symbol"):
        instrument = venue.market.instrument(category, params.text("symbol"))
        line = (category, instrument.symbol)
        return [(account.position(instrument, idx), lines[line]) for idx in account.legs(line)]
    settle = params.text("settleCoin")
    return [
        (leg, lines[(leg.category, leg.symbol)])
        for leg in account.positions.values()
        if leg.size and leg.category == category
        if settle in {"", venue.market.instruments[(leg.category, leg.symbol)].settle}
    ]


def _row(venue: Venue, caller: Caller, leg: Position) -> Json:
    line = (leg.category, leg.symbol)
    return position_row(caller.account, venue.market.instruments[line], leg, venue.market.prices[line])


def closed_pnl(venue: Venue, caller: Caller, params: Params) -> Json:
    """Closed P&L, one row per closing order."""
    category = params.required("category")
    require_category(category)
    found = history.closed_pnl(venue, caller.account, category, params)
    rows, cursor = page(found, newest_first, params, rules.page_size(params, rules.CLOSED_PNL))
    return {"category": category, "nextPageCursor": cursor, "list": [closed_row(row) for row in rows]}


def switch_mode(venue: Venue, caller: Caller, params: Params) -> Json:
    """Between one-way (0) and hedge mode (3), for a symbol or all of a settle coin; only when flat."""
    category, mode = params.required("category"), params.integer("mode", -1)
    if category not in {"linear", "inverse"}:
        raise Refusal(10001, "Illegal category")
    if mode not in {0, _HEDGE}:
        raise parameter_error("mode invalid")
    for instrument in _switched(venue, params, category):
        line = (category, instrument.symbol)
        if (line in caller.account.hedged) == (mode == _HEDGE):
            if params.has("symbol"):
                raise Refusal(110025, "Position mode is not modified")
            continue
        if not caller.account.flat(line):
            raise Refusal(110024, "You have an existing position, so position mode cannot be switched")
        if caller.account.open_orders(line):
            raise Refusal(110028, "Open orders exist, so you cannot change position mode")
        (caller.account.hedged.add if mode == _HEDGE else caller.account.hedged.discard)(line)
    return {}


def _switched(venue: Venue, params: Params, category: str) -> list[Instrument]:
    if params.has("symbol"):
        found = [venue.market.instrument(category, params.text("symbol"))]
    else:
        coin = params.required("coin")
        listed = venue.market.instruments.values()
        found = [one for one in listed if one.category == category and one.settle == coin]
    if any(one.contract_type == "InversePerpetual" or one.quote == "USDC" for one in found):
        raise Refusal(110029, "Hedge mode is not available for this symbol")
    return found


def _contract(venue: Venue, params: Params) -> Instrument:
    instrument = venue.market.instrument(params.required("category"), params.required("symbol"))
    if instrument.category == "spot":
        raise Refusal(10001, "Illegal category")
    return instrument


def set_leverage(venue: Venue, caller: Caller, params: Params) -> Json:
    """Sets the leverage, the same for both sides."""
    instrument = _contract(venue, params)
    params.required("buyLeverage")
    params.required("sellLeverage")
    leverage = params.amount("buyLeverage") or Decimal(0)
    if leverage != params.amount("sellLeverage") or not 1 <= leverage <= 100:
        raise parameter_error("buyLeverage and sellLeverage invalid")
    line = (instrument.category, instrument.symbol)
    if caller.account.leverage(line) == leverage:
        raise Refusal(110043, "Set leverage not modified")
    caller.account.leverages[line] = leverage
    for idx in caller.account.legs(line):
        caller.account.position(instrument, idx).updated = venue.now()
    return {}


def trading_stop(venue: Venue, caller: Caller, params: Params) -> Json:
    """Sets take profit, stop loss and trailing stop of an open leg."""
    instrument = _contract(venue, params)
    params.required("positionIdx")
    idx = params.integer("positionIdx", 0)
    if idx not in caller.account.legs((instrument.category, instrument.symbol)):
        raise Refusal(10001, "position idx not match position mode")
    leg = caller.account.position(instrument, idx)
    if not leg.size:
        raise Refusal(10001, "can not set tp/sl/ts for zero position")
    partial = params.text("tpslMode", "Full") == "Partial"
    wanted = Exits(
        params.amount("takeProfit"),
        params.amount("stopLoss"),
        params.amount("trailingStop"),
        (params.amount("tpSize") or params.amount("slSize")) if partial else None,
    )
    present = (leg.take_profit or 0, leg.stop_loss or 0, leg.trailing or 0)
    levels = (wanted.take_profit, wanted.stop_loss, wanted.trailing)
    if wanted.size is None and all(new in {None, old} for new, old in zip(levels, present, strict=True)):
        raise Refusal(34040, "not modified")
    _check_sides(leg, wanted, venue.market.prices[(leg.category, leg.symbol)])
    set_exits(venue, caller.account, leg, wanted)
    leg.updated = venue.now()
    return {}


def _check_sides(leg: Position, wanted: Exits, price: Decimal) -> None:
    sign = 1 if leg.side == "Buy" else -1
    if wanted.take_profit and (wanted.take_profit - price) * sign <= 0:
        raise Refusal(10001, "TakeProfit is on the wrong side of base_price")
    if wanted.stop_loss and (wanted.stop_loss - price) * sign >= 0:
        raise Refusal(10001, "StopLoss is on the wrong side of base_price")


ENDPOINTS = {
    "/v5/position/list": Private(positions),
    "/v5/position/closed-pnl": Private(closed_pnl),
    "/v5/position/switch-mode": Private(switch_mode, post=True),
    "/v5/position/set-leverage": Private(set_leverage, post=True),
    "/v5/position/trading-stop": Private(trading_stop, post=True),
}
