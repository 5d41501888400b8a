"""What an execution does, by its type. Source: Bybit's V5 enumeration `execType` (2026-07)."""

MOVES_POSITION = frozenset(
    {"Trade", "AdlTrade", "BustTrade", "Delivery", "Settle", "BlockTrade", "MovePosition", "FutureSpread"}
)
CASH_ONLY = frozenset({"Funding", "SessionSettlePnL"})
KNOWN = MOVES_POSITION | CASH_ONLY


def why_not_applied(exec_type: str) -> str | None:
    """Why a person has to decide about an execution of this type; None for a type whose effect is known."""
    if exec_type in KNOWN:
        return None
    if exec_type == "CorporateAction":
        return "execType CorporateAction re-denominates a position in a way that the row does not say"
    return f"execType {exec_type[:40]!r} is not known"
