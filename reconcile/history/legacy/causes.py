"""Why an earlier system's P&L differs from the ledger's."""

from enum import StrEnum


class Cause(StrEnum):
    """A reason that was found by computing the earlier system's number again."""

    AVERAGE = "weighted_average"
    COMMISSION = "missing_commission"
    OTHER_COMMISSION = "wrong_commission"
    DUPLICATE = "duplicate"
    MISSING = "missing_exit"
    UNKNOWN = "unknown_exit"
    CARRIED = "carried_on"
    PRICE = "made_up_price"
    SIDE = "wrong_side"
    QUANTITY = "wrong_quantity"
    UNPRICED = "price_not_known"
    ROUNDING = "rounding"
    UNEXPLAINED = "unexplained"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def meaning(self) -> str:
        """What the earlier system did, in a sentence."""
        return _MEANINGS[self]


_LABELS = {
    Cause.AVERAGE: "weighted average",
    Cause.COMMISSION: "missing commission",
    Cause.OTHER_COMMISSION: "wrong commission",
    Cause.DUPLICATE: "duplicate",
    Cause.MISSING: "missing exit",
    Cause.UNKNOWN: "unknown exit",
    Cause.CARRIED: "carried on",
    Cause.PRICE: "made-up price",
    Cause.SIDE: "wrong side",
    Cause.QUANTITY: "wrong quantity",
    Cause.UNPRICED: "price not known",
    Cause.ROUNDING: "rounding",
    Cause.UNEXPLAINED: "unexplained",
}
_MEANINGS = {
    Cause.AVERAGE: "It took the average price of the whole position as the cost, and not that of the oldest lots.",
    Cause.COMMISSION: "It did not take off the commission of the entry, of the exit, or of both.",
    Cause.OTHER_COMMISSION: "It took off another commission than the exchange charged.",
    Cause.DUPLICATE: "It booked the same exit again.",
    Cause.MISSING: "It never booked the exit.",
    Cause.UNKNOWN: "It booked an exit that no fill of the ledger stands for.",
    Cause.CARRIED: "An earlier exit that it missed or booked twice left it with another position, and another cost.",
    Cause.PRICE: "It took an exit price at which the order was not executed.",
    Cause.SIDE: "It counted with the wrong sign: a long as a short, or a short as a long.",
    Cause.QUANTITY: "It closed another quantity than the fills did.",
    Cause.UNPRICED: "The ledger does not know the price at which the position was entered, and claims no P&L.",
    Cause.ROUNDING: "It counted in binary floating point, or kept fewer decimals.",
    Cause.UNEXPLAINED: "No computation that was tried gives the earlier system's number.",
}
