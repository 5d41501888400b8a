"""What a bot says of itself and of what it trades."""

from datetime import datetime

from ledger.database import Query
from ledger.money import Number, read_category, read_decimal, read_optional_text, read_positive, read_text
from ledger.session import Operation, Session, registered


def register(session: Session) -> Operation[int]:
    """Registers account and bot now instead of at the first use. Answers the account's id.

    Raises BotAccountError if the bot belongs to another account, PermissionDeniedError if the login may not act
    for it, SchemaError on a database without the ledger.
    """
    return (yield from registered(session))


def heartbeat(session: Session) -> Operation[datetime]:
    """Says that the bot is alive. Answers the moment that was written, UTC."""
    account_id = yield from registered(session)
    rows = yield Query("heartbeat", {"account_id": account_id, "bot_id": session.bot_id})
    at: datetime = rows[0]["at"]
    return at


def update_equity(session: Session, amount: Number) -> Operation[None]:
    """Says what the bot's equity is now, in its own currency."""
    equity = read_decimal("amount", amount)
    account_id = yield from registered(session)
    yield Query("update_equity", {"account_id": account_id, "bot_id": session.bot_id, "equity": equity})


def register_instrument(
    session: Session,
    symbol: str,
    *,
    category: str | None = None,
    multiplier: Number = 1,
    base_coin: str | None = None,
    quote_coin: str | None = None,
    settle_coin: str | None = None,
    qty_step: Number | None = None,
    tick_size: Number | None = None,
    contract_type: str | None = None,
    status: str | None = None,
) -> Operation[None]:
    """States what an instrument is; without it the multiplier is 1 and the coins are read from the symbol.

    Raises InstrumentConflictError if fills are booked already with another multiplier or other coins.
    """
    params = {
        "category": session.category if category is None else read_category("category", category),
        "symbol": read_text("symbol", symbol),
        "base_coin": read_optional_text("base_coin", base_coin),
        "quote_coin": read_optional_text("quote_coin", quote_coin),
        "settle_coin": read_optional_text("settle_coin", settle_coin),
        "multiplier": read_positive("multiplier", multiplier),
        "qty_step": None if qty_step is None else read_positive("qty_step", qty_step),
        "tick_size": None if tick_size is None else read_positive("tick_size", tick_size),
        "contract_type": read_optional_text("contract_type", contract_type),
        "status": read_optional_text("status", status),
    }
    account_id = yield from registered(session)
    yield Query("register_instrument", {**params, "account_id": account_id, "bot_id": session.bot_id})
