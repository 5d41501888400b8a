"""Scales into a long as the price falls below its average, and out of it above. BEFORE: the position is a variable.

Killed and started again it thinks that it has nothing, and buys on top of what it has. Its average is one of what it
asked for, without fees. And 0.01 + 0.01 + 0.01 − 0.03 is not 0 in floats, so that it may never start afresh.
"""

import time

from venue import PAUSE, connect, last_price

SYMBOL, PIECE, MOST, STEP = "BTCUSDT", 0.01, 0.03, 0.02


def main() -> None:
    session = connect()
    size = average = profit = 0.0
    while True:
        price = float(last_price(session, SYMBOL))
        if size == 0 or (price <= average * (1 - STEP) and size < MOST):
            session.place_order(category="linear", symbol=SYMBOL, side="Buy", orderType="Market", qty=str(PIECE))
            average = (average * size + price * PIECE) / (size + PIECE)
            size += PIECE
            print("bought, now", size, "at", average)
        elif price >= average * (1 + STEP):
            session.place_order(category="linear", symbol=SYMBOL, side="Sell", orderType="Market", qty=str(PIECE))
            profit += (price - average) * PIECE
            size -= PIECE
            print("sold, now", size, "profit", profit)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
