"""Sells a rally short, and buys back in two halves. AFTER: the lot knows how much of it is still short.

The ledger keeps positions, not the state of a strategy: `low` still begins anew at a start.
"""

import time
from decimal import Decimal

from booking import trade
from venue import PAUSE, connect, last_price

from ledger import LedgerClient
from reconcile import reconcile_positions_on_startup_sync

BOT, ACCOUNT = "short_seller", "bybit:rehearsal:paper"
SYMBOL, QTY = "SOLUSDT", Decimal(20)


def main() -> None:
    session = connect()
    low = last_price(session, SYMBOL)
    print("starting at", low)
    with LedgerClient(BOT, account=ACCOUNT) as ledger:
        print(reconcile_positions_on_startup_sync(BOT, ledger, session))
        while True:
            price, position = last_price(session, SYMBOL), ledger.get_position(SYMBOL)
            low = min(low, price)
            size, entry = position.size, position.avg_price or 0
            if size == 0 and price >= low * Decimal("1.03"):
                trade(session, ledger, position, side="Sell", qty=QTY, reason="rally")
            elif (size == QTY and price <= entry * Decimal("0.98")) or (size and price <= entry * Decimal("0.96")):
                trade(session, ledger, position, side="Buy", qty=QTY / 2, reason="half")
                low = price
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
