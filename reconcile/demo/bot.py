"""The bot that the demo kills: `python -m reconcile.demo.bot BOT_ID ACCOUNT`.

Its signals come on stdin, an order of pybit's `place_order` as JSON in each line. It says "sent" when the exchange
has taken an order, and "booked" when its executions are in the ledger.
"""

import json
import os
import sys
import time

from pybit.unified_trading import HTTP  # type: ignore[import-untyped]

from ledger.client import LedgerClient
from ledger.demo.bybit import execution

KEY, SECRET, ENDPOINT = "BYBIT_API_KEY", "BYBIT_API_SECRET", "BYBIT_ENDPOINT"
STUCK = "stuck"  # in a signal: the process hangs between the exchange and the ledger


def main(bot_id: str, account: str) -> None:
    """Trades until its signals end."""
    session = HTTP(api_key=os.environ[KEY], api_secret=os.environ[SECRET])
    session.endpoint = os.environ[ENDPOINT]
    with LedgerClient(bot_id, account=account) as ledger:
        for signal in sys.stdin:
            order = json.loads(signal)
            stuck = order.pop(STUCK, False)
            order_id = session.place_order(**order)["result"]["orderId"]
            _say("sent")
            if stuck:
                time.sleep(60)
            rows = session.get_executions(category=order["category"], orderId=order_id)["result"]["list"]
            ledger.record_fills(execution(order["category"], row) for row in rows)
            _say("booked")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
