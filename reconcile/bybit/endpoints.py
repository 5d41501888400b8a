"""The endpoints that are asked: path, pybit's method, and how many rows a page may have."""

from typing import NamedTuple


class Endpoint(NamedTuple):
    """One endpoint. `page` is the most rows that Bybit gives at once, None where there are no pages."""

    path: str
    method: str
    page: int | None = None


TIME = Endpoint("/v5/market/time", "get_server_time")
KEY = Endpoint("/v5/user/query-api", "get_api_key_information")
WALLET = Endpoint("/v5/account/wallet-balance", "get_wallet_balance")
EXECUTIONS = Endpoint("/v5/execution/list", "get_executions", 100)
CLOSED_PNL = Endpoint("/v5/position/closed-pnl", "get_closed_pnl", 100)
POSITIONS = Endpoint("/v5/position/list", "get_positions", 200)
ORDERS = Endpoint("/v5/order/realtime", "get_open_orders", 50)
ORDER_HISTORY = Endpoint("/v5/order/history", "get_order_history", 50)
INSTRUMENTS = Endpoint("/v5/market/instruments-info", "get_instruments_info", 1000)
