"""Bybit's rows, field by field, as far as they are used. What is not named here stays in the row's `raw`.

Source of names and meanings: Bybit's V5 reference, pages "Get Trade History", "Get Position Info", "Get Closed PnL",
"Get Order History", "Get Wallet Balance" and "Get Instruments Info" (2026-07).
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from reconcile.bybit.fields import (
    Amount,
    AmountOrZero,
    Integer,
    Kind,
    MaybeAmount,
    MaybeInteger,
    MaybeMoment,
    MaybeNumber,
    Moment,
    Name,
    Number,
    Text,
)


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _leg(value: int | None) -> int | None:
    if value not in (None, 0, 1, 2):
        raise ValueError("0, 1 or 2 is needed")
    return value


Side = Literal["Buy", "Sell"]
Leg = Annotated[MaybeInteger, AfterValidator(_leg)]


def _flat_side(value: Any) -> Any:
    return "" if value in (None, "None") else value


class Row(BaseModel):
    """Base of all rows: names in camel case, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class ExecutionRow(Row):
    """One row of /v5/execution/list or of the topic `execution`."""

    symbol: Name
    side: Side
    exec_id: Name
    exec_type: Name
    exec_price: Amount
    exec_qty: Amount
    exec_time: Moment
    exec_fee: MaybeNumber = None
    exec_fee_v2: MaybeNumber = Field(default=None, alias="execFeeV2")  # of spread trades
    fee_currency: Text = None
    order_id: Text = None
    order_link_id: Text = None
    seq: MaybeInteger = None
    is_maker: bool | None = None
    closed_size: MaybeNumber = None
    leaves_qty: MaybeNumber = None
    create_type: Kind = None
    stop_order_type: Kind = None
    order_type: Kind = None
    position_idx: Leg = None


class PositionRow(Row):
    """One row of /v5/position/list."""

    symbol: Name
    position_idx: Integer = Field(ge=0, le=2)
    side: Annotated[Literal["Buy", "Sell", ""], BeforeValidator(_flat_side)]
    size: Amount
    avg_price: MaybeNumber = None
    mark_price: MaybeNumber = None
    seq: MaybeInteger = None
    updated_time: MaybeMoment = None


class OrderRow(Row):
    """One row of /v5/order/realtime, /v5/order/history or the topic `order`."""

    symbol: Name
    order_id: Name
    order_link_id: Text = None
    side: Side
    order_status: Name
    qty: MaybeNumber = None
    market_unit: Text = None
    cum_exec_qty: AmountOrZero
    price: MaybeNumber = None
    avg_price: MaybeNumber = None
    cum_exec_fee: MaybeNumber = None
    cum_fee_detail: Annotated[dict[str, Number] | None, BeforeValidator(lambda v: None if v == "" else v)] = None
    position_idx: Leg = None
    reduce_only: bool | None = None
    create_type: Kind = None
    stop_order_type: Kind = None
    parent_order_link_id: Text = None
    created_time: Moment
    updated_time: MaybeMoment = None


class ClosedPnlRow(Row):
    """One row of /v5/position/closed-pnl: one closing order."""

    symbol: Name
    order_id: Name
    side: Side
    closed_size: Amount
    cum_entry_value: Amount
    cum_exit_value: Amount
    closed_pnl: Number
    open_fee: MaybeNumber = None
    close_fee: MaybeNumber = None
    fill_count: MaybeInteger = None
    exec_type: Text = None
    created_time: Moment
    updated_time: MaybeMoment = None


class CoinRow(Row):
    """One coin of /v5/account/wallet-balance."""

    coin: Name
    wallet_balance: Annotated[Number, BeforeValidator(lambda v: "0" if v == "" else v)]
    borrow_amount: MaybeNumber = None
    spot_borrow: MaybeNumber = None


class WalletRow(Row):
    """One account of /v5/account/wallet-balance."""

    account_type: Name
    total_equity: MaybeNumber = None
    coin: list[CoinRow]


class PriceFilter(Row):
    """Steps of prices."""

    tick_size: MaybeAmount = None


class LotSizeFilter(Row):
    """Steps of quantities: `qtyStep` of contracts, `basePrecision` of spot."""

    qty_step: MaybeAmount = None
    base_precision: MaybeAmount = None


class InstrumentRow(Row):
    """One row of /v5/market/instruments-info."""

    symbol: Name
    base_coin: Name
    quote_coin: Name
    settle_coin: Text = None
    contract_type: Text = None
    status: Text = None
    price_filter: PriceFilter = PriceFilter()
    lot_size_filter: LotSizeFilter = LotSizeFilter()


class KeyRow(Row):
    """The answer of /v5/user/query-api."""

    user_id: Annotated[Name, BeforeValidator(_as_text)] = Field(alias="userID")
    read_only: Literal[0, 1]
    permissions: dict[str, list[str]]
