"""In which coin a fee was charged, where the execution itself does not say.

Source of the rule for spot: Bybit's V5 reference, "Spot Fee Currency Instruction". Contracts pay in their settle coin,
inverse ones in their base coin.
"""

from reconcile.values import Execution, Instrument, Order


def fee_currency(execution: Execution, order: Order | None = None, instrument: Instrument | None = None) -> str | None:
    """The coin of `execution.fee`: as the execution says, else as its order says, else by rule.

    None when none of them decides: an order that paid in several coins, or an instrument that is not known.
    """
    if execution.fee_currency:
        return execution.fee_currency
    by_rule = _by_rule(execution, instrument) if instrument else None
    if order is not None and order.fees:
        if len(order.fees) == 1:
            return next(iter(order.fees))
        return by_rule if by_rule in order.fees else None
    return by_rule


def _by_rule(execution: Execution, instrument: Instrument) -> str:
    if execution.category == "inverse":
        return instrument.base_coin
    if execution.category != "spot":
        return instrument.settle_coin
    # A rebate is paid in the coin that is given, a fee in the coin that is received; only makers get rebates.
    receives_base = execution.side == "Buy"
    if execution.fee < 0:
        receives_base = not receives_base
    return instrument.base_coin if receives_base else instrument.quote_coin
