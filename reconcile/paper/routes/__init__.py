"""The endpoints: which function answers which path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconcile.paper.accounts import Account, ApiKey
from reconcile.paper.params import Params
from reconcile.paper.venue import Venue

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who asks, with which key."""

    account: Account
    key: ApiKey


@dataclass(frozen=True)
class Public:
    """An endpoint that needs no signature."""

    answer: Callable[[Venue, Params], Json]


@dataclass(frozen=True)
class Private:
    """An endpoint for signed requests. `post`: it changes something, which a read-only key may not."""

    answer: Callable[[Venue, Caller, Params], Json]
    post: bool = False
