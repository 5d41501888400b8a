"""Bybit's rules for reading history: spans, defaults, page sizes, retention."""

from dataclasses import dataclass

from reconcile.paper.params import Params
from reconcile.paper.records import Order, Row
from reconcile.paper.refusal import Refusal, parameter_error

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY
TWO_YEARS = 730 * DAY
UNFILLED_KEPT = DAY


@dataclass(frozen=True)
class WindowRule:
    """Without times, or with one of them, `default` ms are read; with both at most `span` ms."""

    default: int = WEEK
    span: int = WEEK


@dataclass(frozen=True)
class LimitRule:
    """Rows of a page: what is asked for is clamped to 1…most."""

    most: int
    default: int


EXECUTIONS = LimitRule(100, 50)
CLOSED_PNL = LimitRule(100, 50)
POSITIONS = LimitRule(200, 20)
ORDERS = LimitRule(50, 20)
LOG = LimitRule(50, 20)
INSTRUMENTS = LimitRule(1000, 500)
LOG_WINDOW = WindowRule(default=DAY)


def window(params: Params, now: int, rule: WindowRule) -> tuple[int, int]:
    """The moments (ms) from and to which rows are read, both included; refuses (10001) spans that are too long."""
    start, end = params.moment("startTime"), params.moment("endTime")
    if start is None and end is None:
        return now - rule.default, now
    if start is None or end is None:
        return (start, start + rule.default) if start is not None else ((end or now) - rule.default, end or now)
    if start > end:
        raise parameter_error("startTime should not be later than endTime")
    if end - start > rule.span:
        raise Refusal(10001, "The time range between startTime and endTime cannot exceed 7 days.")
    return start, end


def page_size(params: Params, rule: LimitRule) -> int:
    """How many rows the page has at most; refuses (10001) a limit that is not a number."""
    return max(1, min(rule.most, params.integer("limit", rule.default)))


def kept(row: Row, now: int) -> bool:
    """Whether a row of a two-year history is visible: it has arrived and is not too old."""
    return row.visible_at <= now and row.time > now - TWO_YEARS


def kept_order(order: Order, now: int) -> bool:
    """Whether order history still has a closed order: unfilled ones go after 24 hours, filled ones after 2 years."""
    if order.open or order.closed_visible_at > now:
        return False
    age = now - order.updated
    return age <= (TWO_YEARS if order.cum_qty else UNFILLED_KEPT)
