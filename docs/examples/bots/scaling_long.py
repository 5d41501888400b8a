"""Scales into a long as the price falls below its average, and out of it above. AFTER: the position is the ledger's.

Killed and started again, it goes on with what it has. Two copies may run at once: see booking.py.
"""

import time
from decimal import Decimal

from booking import trade
from venue import PAUSE, connect, last_price

from ledger import LedgerClient
from reconcile import reconcile_positions_on_startup_sync

BOT, ACCOUNT = "scaling_long", "bybit:rehearsal:paper"
SYMBOL, PIECE, MOST, STEP = "BTCUSDT", Decimal("0.01"), Decimal("0.03"), Decimal("0.02")


def main() -> None:
    session = connect()
    with LedgerClient(BOT, account=ACCOUNT) as ledger:
        print(reconcile_positions_on_startup_sync(BOT, ledger, session))
        while True:
            price, position = last_price(session, SYMBOL), ledger.get_position(SYMBOL)
            average = position.avg_price or 0
            if not position.size or (price <= average * (1 - STEP) and position.size < MOST):
                trade(session, ledger, position, side="Buy", qty=PIECE, reason="scale_in")
            elif price >= average * (1 + STEP):
                trade(session, ledger, position, side="Sell", qty=PIECE, reason="scale_out")
            time.sleep(PAUSE)


if __name__ == "__main__":
    main()
