"""Whose key it is: the books of one account are never fed by another."""

from reconcile.errors import NotOfferedError
from reconcile.exchange import Exchange
from reconcile.logs import get_logger
from reconcile.startup.store import Account, Store
from reconcile.values import Permissions

log = get_logger(__name__)


async def identify(exchange: Exchange, store: Store, account: str) -> Permissions | None:
    """Keeps which account of the venue these books are of; None where the venue does not offer to tell.

    Then nothing is kept either. That is allowed only as long as nothing is: what the venue once told is to be compared.

    Raises WrongAccountError if the books are another account's, ExchangeError.
    """
    try:
        permissions = await exchange.permissions()
    except NotOfferedError as refusal:
        if await store.claimed_uid() is not None:
            raise
        log.warning("the venue does not say whose key it is", account=account, problem=str(refusal))
        return None
    await store.claim(account, permissions.uid)
    return permissions


def another_place(exchange: Exchange, account: Account) -> str | None:
    """What is to be said of an exchange that is not where the account is registered; None if it is, or does not tell.

    The venue's ids of one environment mean nothing in another, so before the first run they do not show it.
    """
    environment = getattr(exchange, "environment", None)
    if environment is None or (exchange.venue, environment) == (account.venue, account.environment):
        return None
    log.warning("the exchange is not where the account is registered", account=account.name, environment=environment)
    return (
        f"the account is registered as {account.venue} {account.environment}, and the exchange is {exchange.venue} "
        f"{environment}: use an account of its own, such as {exchange.venue}:{account.name}_{environment}:{environment}"
    )
