"""Sells a rally short, and buys back in two halves. BEFORE: the short is a variable.

Killed and started again it sells the next rally on top of the short that it still has. What it calls profit leaves out
every fee, and nothing can tell which sale a purchase closed.
"""

import time

from venue import PAUSE, connect, last_price

SYMBOL, QTY = "SOLUSDT", 20.0


def main() -> None:
    session = connect()
    low, size, entry, profit = float(last_price(session, SYMBOL)), 0.0, 0.0, 0.0
    print("starting at", low)
    while True:
        price = float(last_price(session, SYMBOL))
        low = min(low, price)
        if size == 0 and price >= low * 1.03:
            session.place_order(category="linear", symbol=SYMBOL, side="Sell", orderType="Market", qty=str(QTY))
            size, entry = QTY, price
            print("sold short", size, "at", entry)
        elif (size == QTY and price <= entry * 0.98) or (size and price <= entry * 0.96):
            half = str(QTY / 2)
            session.place_order(category="linear", symbol=SYMBOL, side="Buy", orderType="Market", qty=half)
            size -= QTY / 2
            profit += (entry - price) * QTY / 2
            low = price
            print("bought back, short", size, "profit", profit)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
