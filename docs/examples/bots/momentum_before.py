"""Buys a breakout, with stop and target at the exchange. BEFORE: it believes that exits happen as it planned.

It notices a stop only if it looks while the price is beyond it, and books the level of the stop: in a fast market the
exchange sold lower. After a restart it knows neither of a position nor of how that ended.
"""

import time
from collections import deque

from venue import PAUSE, connect, last_price

SYMBOL, QTY, LOOK_BACK = "ETHUSDT", 1.0, 3


def main() -> None:
    session = connect()
    seen: deque[float] = deque(maxlen=LOOK_BACK)
    holding, entry, profit = False, 0.0, 0.0
    while True:
        price = float(last_price(session, SYMBOL))
        stop, target = round(entry * 0.98, 2), round(entry * 1.04, 2)
        if holding and not stop < price < target:
            holding, profit = False, profit + (max(stop, min(price, target)) - entry) * QTY
            print("out, profit", profit)
        elif not holding and len(seen) == LOOK_BACK and price > max(seen):
            holding, entry = True, price
            levels = {"stopLoss": str(round(price * 0.98, 2)), "takeProfit": str(round(price * 1.04, 2))}
            session.place_order(
                category="linear", symbol=SYMBOL, side="Buy", orderType="Market", qty=str(QTY), **levels
            )
            print("bought at", price)
        if not seen or price != seen[-1]:
            seen.append(price)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
