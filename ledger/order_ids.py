"""Client order ids that say which bot sent the order and why.

The form is `<bot>-<reason>-<unique>`; bot and reason are kept readable, the last part is random. Bybit allows
36 characters of letters, digits, `-` and `_`, each id once per account:
https://bybit-exchange.github.io/docs/v5/order/create-order
"""

import re
import secrets
import string
from typing import NamedTuple

from ledger.errors import InvalidInputError

MAX_LENGTH = 36
_ALPHABET = string.digits + string.ascii_lowercase
_UNIQUE = 9  # 36⁹ ≈ 10¹⁴ ids for each bot and reason
BOT = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")
_REASON = re.compile(r"[A-Za-z0-9_]+")
OURS = re.compile(rf"(?P<bot>.+)-(?P<reason>[A-Za-z0-9_]+)-(?P<unique>[0-9a-z]{{{_UNIQUE}}})")
OLDER = re.compile(r"(?P<bot>[^:]+):(?P<reason>[^:]*):(?P<timestamp>[^:]+)")


class ClientOrderId(NamedTuple):
    """What a client order id says. `unique` is the random part, in the older form the timestamp."""

    bot_id: str
    reason: str
    unique: str


def _as_text(value: object) -> str:
    """What is no text is no id either."""
    return value if isinstance(value, str) else ""


def create_client_order_id(bot_id: str, reason: str) -> str:
    """A new client order id for an order of `bot_id`, e.g. `lxalgo_001-take_profit-4f0x9k2ab`.

    Raises InvalidInputError for characters that Bybit refuses or a name too long for its 36 characters.
    """
    if not BOT.fullmatch(_as_text(bot_id)):
        raise InvalidInputError("bot_id", bot_id, "letters, digits, '_' and inner '-'")
    if not _REASON.fullmatch(_as_text(reason)):
        raise InvalidInputError("reason", reason, "letters, digits and '_'")
    room = MAX_LENGTH - _UNIQUE - 2
    if len(bot_id) + len(reason) > room:
        raise InvalidInputError(
            "reason",
            reason,
            f"short enough: bot_id and reason have {room} of {MAX_LENGTH} characters together",
        )
    unique = "".join(secrets.choice(_ALPHABET) for _ in range(_UNIQUE))
    return f"{bot_id}-{reason}-{unique}"


def parse_client_order_id(text: str | None) -> ClientOrderId | None:
    """What `text` says, in this form or the older `bot:reason:timestamp`; None if it is neither."""
    text = _as_text(text)
    if found := OLDER.fullmatch(text):
        return ClientOrderId(found["bot"], found["reason"], found["timestamp"])
    if len(text) <= MAX_LENGTH and (found := OURS.fullmatch(text)) and BOT.fullmatch(found["bot"]):
        return ClientOrderId(found["bot"], found["reason"], found["unique"])
    return None
