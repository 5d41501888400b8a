"""Balances of an account as /v5/account/wallet-balance and the wallet stream show them."""

from decimal import Decimal
from typing import Any

from reconcile.paper.accounts import Account
from reconcile.paper.amounts import ZERO, rounded, text
from reconcile.paper.venue import Venue

_DOLLARS = frozenset({"USDT", "USDC", "USD"})


def usd_value(venue: Venue, coin: str, amount: Decimal) -> Decimal:
    """What the amount is worth in US dollars at the present prices; 0 for a coin without a price."""
    if coin in _DOLLARS:
        return amount
    for category in ("spot", "linear", "inverse"):
        price = venue.market.prices.get((category, f"{coin}{'USD' if category == 'inverse' else 'USDT'}"))
        if price is not None:
            return rounded(amount * price)
    return ZERO


def unrealised(venue: Venue, account: Account, coin: str) -> Decimal:
    """Unrealised profit of the positions that settle in the coin."""
    total = ZERO
    for leg in account.positions.values():
        line = (leg.category, leg.symbol)
        instrument = venue.market.instruments[line]
        if leg.size and instrument.settle == coin:
            total += leg.unrealised(instrument.value(leg.size, venue.market.prices[line]))
    return rounded(total)


def wallet_row(venue: Venue, account: Account, coins: list[str] | None = None) -> dict[str, Any]:
    """The unified account's balances, for all coins or those asked for."""
    held = [coin for coin in sorted(account.balances) if coins is None or coin in coins]
    open_profit = {coin: unrealised(venue, account, coin) for coin in account.balances}
    cash = sum((usd_value(venue, coin, amount) for coin, amount in account.balances.items()), ZERO)
    floating = sum((usd_value(venue, coin, amount) for coin, amount in open_profit.items()), ZERO)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": "0",
        "accountMMRate": "0",
        "totalEquity": text(cash + floating),
        "totalWalletBalance": text(cash),
        "totalMarginBalance": text(cash + floating),
        "totalAvailableBalance": text(cash + floating),
        "totalPerpUPL": text(floating),
        "totalInitialMargin": "0",
        "totalMaintenanceMargin": "0",
        "coin": [_coin_row(venue, account, coin, open_profit[coin]) for coin in held],
    }


def _coin_row(venue: Venue, account: Account, coin: str, floating: Decimal) -> dict[str, Any]:
    balance = account.balances[coin]
    return {
        "coin": coin,
        "equity": text(balance + floating),
        "usdValue": text(usd_value(venue, coin, balance + floating)),
        "walletBalance": text(balance),
        "free": "",
        "locked": "0",
        "spotHedgingQty": "0",
        "borrowAmount": text(account.borrowed.get(coin, ZERO)),
        "spotBorrow": text(account.borrowed.get(coin, ZERO)),
        "availableToWithdraw": "",
        "accruedInterest": "0",
        "totalOrderIM": "0",
        "totalPositionIM": "0",
        "totalPositionMM": "0",
        "unrealisedPnl": text(floating),
        "cumRealisedPnl": text(account.realised.get(coin, ZERO)),
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
        "availableToBorrow": "",
    }
