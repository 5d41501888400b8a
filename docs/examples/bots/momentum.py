"""Buys a breakout, with stop and target at the exchange. AFTER: how it ended is what the executions say.

When the exchange has closed the position, whether the bot looked or was away, the reconciler fetches the execution,
gives it to this bot, as the stop was its own, and books it at the price that it had.
"""

import time
from collections import deque
from decimal import Decimal

from booking import trade
from pybit.unified_trading import HTTP  # type: ignore[import-untyped]
from venue import PAUSE, connect, last_price

from ledger import LedgerClient
from reconcile import reconcile_positions_on_startup_sync

BOT, ACCOUNT = "momentum", "bybit:rehearsal:paper"
SYMBOL, QTY, LOOK_BACK = "ETHUSDT", Decimal(1), 3


def main() -> None:
    session = connect()
    seen: deque[Decimal] = deque(maxlen=LOOK_BACK)
    with LedgerClient(BOT, account=ACCOUNT) as ledger:
        print(reconcile_positions_on_startup_sync(BOT, ledger, session))
        while True:
            price, position = last_price(session, SYMBOL), ledger.get_position(SYMBOL)
            if position.size and is_flat(session):
                reconcile_positions_on_startup_sync(BOT, ledger, session)
                for closed in ledger.get_completed_trades(SYMBOL, limit=1):
                    print("out by", closed.exit_reason, "at", closed.exit_price, "net", closed.net_pnl)
            elif not position.size and len(seen) == LOOK_BACK and price > max(seen):
                levels = {"stopLoss": str(round(price * 98 / 100, 2)), "takeProfit": str(round(price * 104 / 100, 2))}
                trade(session, ledger, position, side="Buy", qty=QTY, reason="breakout", **levels)
            if not seen or price != seen[-1]:
                seen.append(price)
            time.sleep(PAUSE)


def is_flat(session: HTTP) -> bool:
    row = session.get_positions(category="linear", symbol=SYMBOL)["result"]["list"][0]
    return not Decimal(row["size"])


if __name__ == "__main__":
    main()
