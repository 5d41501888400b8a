"""/v5/account and /v5/user: balances, transaction log, and what a key may do."""

from datetime import UTC, datetime

from reconcile.paper import history, rules
from reconcile.paper.paging import newest_first, page
from reconcile.paper.params import Params
from reconcile.paper.payloads import log_row
from reconcile.paper.refusal import parameter_error
from reconcile.paper.routes import Caller, Json, Private
from reconcile.paper.venue import Venue
from reconcile.paper.wallet import wallet_row

_UNIFIED = 5


def wallet_balance(venue: Venue, caller: Caller, params: Params) -> Json:
    """Balances of the unified account."""
    if params.required("accountType") != "UNIFIED":
        raise parameter_error("accountType only support UNIFIED.")
    coins = params.text("coin").split(",") if params.has("coin") else None
    return {"list": [wallet_row(venue, caller.account, coins)]}


def transaction_log(venue: Venue, caller: Caller, params: Params) -> Json:
    """Everything that changed a balance."""
    found = history.transactions(venue, caller.account, params)
    rows, cursor = page(found, newest_first, params, rules.page_size(params, rules.LOG))
    return {"nextPageCursor": cursor, "list": [log_row(row) for row in rows]}


def info(_: Venue, caller: Caller, __: Params) -> Json:
    """The account's mode."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": str(caller.account.created),
        "unifiedMarginStatus": _UNIFIED,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def query_api(_: Venue, caller: Caller, __: Params) -> Json:
    """What the key that signed may do."""
    account, key = caller.account, caller.key
    created = datetime.fromtimestamp(account.created // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": str(account.uid),
        "note": "paper",
        "apiKey": key.key,
        "readOnly": 0 if key.trade else 1,
        "secret": "",  # nosec B105
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": ["SpotTrade"],
            "Wallet": ["AccountTransfer", *(["Withdraw"] if key.withdraw else [])],
            "Options": ["OptionsTrade"],
            "Derivatives": ["DerivativesTrade"],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": created,
        "unified": 0,
        "uta": 1,
        "userID": account.uid,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": account.parent_uid == 0,
        "parentUid": str(account.parent_uid),
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


ENDPOINTS = {
    "/v5/account/wallet-balance": Private(wallet_balance),
    "/v5/account/transaction-log": Private(transaction_log),
    "/v5/account/info": Private(info),
    "/v5/user/query-api": Private(query_api),
}
