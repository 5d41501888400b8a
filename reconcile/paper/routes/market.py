"""/v5/market: time, instruments and prices."""

from reconcile.paper import rules
from reconcile.paper.amounts import text
from reconcile.paper.instruments import Instrument
from reconcile.paper.market import Line, require_category
from reconcile.paper.paging import page
from reconcile.paper.params import Params
from reconcile.paper.routes import Json, Public
from reconcile.paper.venue import Venue

_FUNDING_EVERY = 8 * rules.HOUR


def server_time(venue: Venue, _: Params) -> Json:
    """The server's clock, skew included."""
    now = venue.clock.shown()
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def instruments_info(venue: Venue, params: Params) -> Json:
    """Contracts and pairs of a category."""
    found = _listed(venue, params)
    order = {line: place for place, line in enumerate(venue.market.instruments)}
    size = len(found) or 1
    if params.text("category") != "spot":
        size = rules.page_size(params, rules.INSTRUMENTS)
    rows, cursor = page(found, lambda one: (order[(one.category, one.symbol)], 0), params, size)
    answer: Json = {"category": params.text("category"), "list": [_info(one) for one in rows]}
    return answer if params.text("category") == "spot" else {**answer, "nextPageCursor": cursor}


def _listed(venue: Venue, params: Params) -> list[Instrument]:
    category = params.required("category")
    require_category(category)
    if params.has("symbol"):
        return [venue.market.instrument(category, params.text("symbol"))]
    base, status = params.text("baseCoin"), params.text("status", "Trading")
    return [
        one
        for one in venue.market.instruments.values()
        if one.category == category and base in {"", one.base} and one.status == status
    ]


def _info(one: Instrument) -> Json:
    price_filter = {"minPrice": text(one.tick), "maxPrice": "1999999.8", "tickSize": text(one.tick)}
    shared = {"symbol": one.symbol, "status": one.status, "baseCoin": one.base, "quoteCoin": one.quote}
    if one.category == "spot":
        lots = {
            "basePrecision": text(one.qty_step),
            "quotePrecision": "0.0000001",
            "minOrderQty": text(one.qty_step),
            "maxOrderQty": "1000000",
            "minOrderAmt": text(one.min_notional),
            "maxOrderAmt": "8000000",
        }
        return {
            **shared,
            "innovation": "0",
            "marginTrading": "utaOnly",
            "lotSizeFilter": lots,
            "priceFilter": {"tickSize": text(one.tick)},
            "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.05"},
        }
    return {**shared, **_contract_info(one), "priceFilter": price_filter}


def _contract_info(one: Instrument) -> Json:
    return {
        "contractType": one.contract_type,
        "launchTime": "1585526400000",
        "deliveryTime": str(one.delivery_time),
        "deliveryFeeRate": "",
        "priceScale": str(max(0, -int(one.tick.as_tuple().exponent))),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "lotSizeFilter": {
            "maxOrderQty": "1000000000",
            "minOrderQty": text(max(one.min_qty, one.qty_step)),
            "qtyStep": text(one.qty_step),
            "postOnlyMaxOrderQty": "1000000000",
            "maxMktOrderQty": "1000000000",
            "minNotionalValue": text(one.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": one.settle,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
    }


def tickers(venue: Venue, params: Params) -> Json:
    """Present prices; mark and index price equal the last one."""
    rows = [_ticker(venue, one) for one in _listed(venue, params)]
    return {"category": params.text("category"), "list": rows}


def _ticker(venue: Venue, one: Instrument) -> Json:
    line: Line = (one.category, one.symbol)
    price = text(venue.market.prices[line])
    row: Json = {
        "symbol": one.symbol,
        "lastPrice": price,
        "bid1Price": price,
        "ask1Price": price,
        "prevPrice24h": price,
        "price24hPcnt": "0",
        "highPrice24h": price,
        "lowPrice24h": price,
        "turnover24h": "0",
        "volume24h": "0",
    }
    if one.category != "spot":
        following = (venue.now() // _FUNDING_EVERY + 1) * _FUNDING_EVERY
        row |= {"markPrice": price, "indexPrice": price, "fundingRate": "0.0001", "nextFundingTime": str(following)}
    return row


ENDPOINTS = {
    "/v5/market/time": Public(server_time),
    "/v5/market/instruments-info": Public(instruments_info),
    "/v5/market/tickers": Public(tickers),
}
