"""Reads the answers about the account itself: its wallet and its key."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from reconcile.bybit.rows import CoinRow, KeyRow, WalletRow
from reconcile.errors import ExchangeUnavailableError
from reconcile.values import Balance, Permissions, Wallet

ZERO = Decimal(0)


def read_wallet(result: Mapping[str, Any], endpoint: str) -> Wallet:
    """The wallet of the unified account.

    Raises ExchangeUnavailableError when any coin of it cannot be read: a balance left out would look like none.
    """
    rows = result.get("list")
    try:
        accounts = [WalletRow.model_validate(row) for row in rows] if isinstance(rows, list) else []
    except ValidationError as error:
        raise ExchangeUnavailableError(endpoint, f"unreadable wallet: {_fields(error)}") from None
    if len(accounts) != 1:
        raise ExchangeUnavailableError(endpoint, f"{len(accounts)} wallets instead of one")
    return Wallet(
        equity=accounts[0].total_equity,
        balances=tuple(
            Balance(coin=c.coin, quantity=c.wallet_balance, borrowed=_borrowed(c)) for c in accounts[0].coin
        ),
    )


def _borrowed(coin: CoinRow) -> Decimal:
    """Borrowed coins that the balance counts as there.

    Bybit states them as `spotBorrow`. Before it existed there was only `borrowAmount`, which also counts what a
    balance below zero already shows.
    """
    if coin.spot_borrow is not None:
        return coin.spot_borrow
    return max((coin.borrow_amount or ZERO) - max(-coin.wallet_balance, ZERO), ZERO)


def read_permissions(result: Mapping[str, Any], endpoint: str) -> Permissions:
    """What the key may do.

    Raises ExchangeUnavailableError when the answer cannot be read.
    """
    try:
        key = KeyRow.model_validate(result)
    except ValidationError as error:
        raise ExchangeUnavailableError(endpoint, f"unreadable key information: {_fields(error)}") from None
    read_only = key.read_only == 1
    may_withdraw = not read_only and "Withdraw" in key.permissions.get("Wallet", [])
    return Permissions(uid=key.user_id, read_only=read_only, may_withdraw=may_withdraw)


def _fields(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_url=False)[:5])
