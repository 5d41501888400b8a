"""Misbehaviour on demand: what goes wrong, on which path, how often."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

HttpKind = Literal[
    "status", "ret_code", "timeout", "disconnect", "truncated", "malformed", "overlap", "duplicate", "repeat_cursor"
]
StreamKind = Literal["drop", "repeat", "reorder", "disconnect"]


@dataclass
class HttpFault:
    """One way in which answers go wrong.

    kind: `status` answers an HTTP status (code), `ret_code` a retCode (code), `timeout` stays silent for `seconds`,
        `disconnect` closes the connection, `truncated` cuts the body, `malformed` is not JSON, `overlap` begins a
        page with the last `rows` rows of the one before, `duplicate` repeats the last `rows` rows within the page,
        `repeat_cursor` gives the cursor back that was sent.
    path: pattern of the path, `*` for all. paged: only for pages after the first.
    skip: so many matching requests pass unharmed first. times: so many go wrong then; None: all of them.
    after: the request takes effect, only its answer is lost (status, ret_code, timeout, disconnect).
    """

    kind: HttpKind
    path: str = "*"
    code: int = 500
    message: str = "Internal System Error."
    seconds: float = 30.0
    rows: int = 1
    paged: bool = False
    skip: int = 0
    times: int | None = 1
    after: bool = False

    def matches(self, path: str, *, paged: bool) -> bool:
        """Whether this request is one that goes wrong; counts it."""
        if not fnmatchcase(path, self.path) or (self.paged and not paged) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class StreamFault:
    """One way in which the private stream goes wrong, for the next `times` messages of a topic (`*`: any).

    `drop` loses the message, `repeat` sends it twice, `reorder` sends it after the one that follows,
    `disconnect` closes the connection in its place.
    """

    kind: StreamKind
    topic: str = "*"
    times: int = 1

    def matches(self, topic: str) -> bool:
        """Whether this message is one that goes wrong; counts it."""
        if self.times < 1 or not fnmatchcase(topic, self.topic):
            return False
        self.times -= 1
        return True


@dataclass
class Faults:
    """Everything that is wrong at present. Lags are in ms of server time and hold for rows made from now on.

    order_lag: orders stay invisible that long (Bybit: up to 15 s). history_lag: so much longer until a closed order
    is in order history. execution_lag: executions and what follows from them stay invisible that long.
    """

    http: list[HttpFault] = field(default_factory=list)
    stream: list[StreamFault] = field(default_factory=list)
    order_lag: int = 0
    history_lag: int = 0
    execution_lag: int = 0

    def take_http(self, path: str, *, paged: bool) -> HttpFault | None:
        """The fault that strikes this request, if any."""
        return next((one for one in self.http if one.matches(path, paged=paged)), None)

    def take_stream(self, topic: str) -> StreamFault | None:
        """The fault that strikes this message, if any."""
        return next((one for one in self.stream if one.matches(topic)), None)
