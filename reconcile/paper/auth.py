"""Who sent a request: API key, freshness and signature, refused as Bybit refuses them."""

import hashlib
import hmac
from collections.abc import Mapping

from reconcile.paper.accounts import Account, ApiKey
from reconcile.paper.refusal import Refusal
from reconcile.paper.venue import Venue

_AHEAD = 1000
_DEFAULT_WINDOW = "5000"


def signature(secret: str, signed: bytes) -> str:
    """HMAC-SHA256 as lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def authenticate(venue: Venue, headers: Mapping[str, str], payload: bytes) -> tuple[Account, ApiKey]:
    """The account and key of a signed request; payload is the query as it was sent, or the body.

    Refuses unknown keys (10003), stale timestamps (10002) and wrong signatures (10004).
    """
    known = venue.accounts.by_key.get(headers.get("X-BAPI-API-KEY", ""))
    if known is None:
        raise Refusal(10003, "API key is invalid.")
    timestamp = headers.get("X-BAPI-TIMESTAMP", "")
    window = headers.get("X-BAPI-RECV-WINDOW", _DEFAULT_WINDOW)
    _check_fresh(venue, timestamp, window)
    expected = signature(known[1].secret, f"{timestamp}{known[1].key}{window}".encode() + payload)
    if not hmac.compare_digest(expected.encode(), headers.get("X-BAPI-SIGN", "").encode()):
        raise Refusal(10004, "Error sign, please check your signature generation algorithm.")
    return known


def _check_fresh(venue: Venue, timestamp: str, window: str) -> None:
    spans = venue.clock.signing_spans(strict=venue.policy.strict_timestamps)
    if timestamp.isdecimal() and window.isdecimal():
        sent, tolerance = int(timestamp), int(window)
        if any(earliest - tolerance <= sent < latest + _AHEAD for earliest, latest in spans):
            return
    raise Refusal(
        10002,
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{timestamp}],server_timestamp[{spans[-1][0]}],recv_window[{window}]",
    )


def authenticate_stream(venue: Venue, args: list[object]) -> Account:
    """The account of a WebSocket's auth message [key, expires, signature]; refuses (10003, 10004, 10002)."""
    key, expires, given = (str(arg) for arg in [*args, "", "", ""][:3])
    known = venue.accounts.by_key.get(key)
    if known is None:
        raise Refusal(10003, "API key is invalid.")
    spans = venue.clock.signing_spans(strict=venue.policy.strict_timestamps)
    if not expires.isdecimal() or int(expires) <= min(earliest for earliest, _ in spans):
        raise Refusal(10002, "Params Error: expires is in the past")
    expected = signature(known[1].secret, f"GET/realtime{expires}".encode())
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Refusal(10004, "Error sign, please check your signature generation algorithm.")
    return known[0]
