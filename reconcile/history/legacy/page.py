"""The comparison as one HTML page that needs nothing but itself."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ledger.display import moment, number
from reconcile.history.legacy import shown
from reconcile.history.legacy.plots import causes_plot, course_plot
from reconcile.history.legacy.report import Comparison, Totals


def page(made: Comparison) -> str:
    """The page: no script, nothing that is fetched, everything that was read from a database escaped.

    Needs the extra `history`.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(moment=moment, number=_number)
    environment.globals.update(
        money=shown.money, headline=shown.headline, remarks=shown.remarks, causes_of=shown.causes_of,
        mostly=shown.mostly,
    )  # fmt: skip
    old = shown.old_name(made)
    return environment.get_template("page.html").render(
        made=made,
        old=old,
        parts=[_of_coin(made, totals, n) for n, totals in enumerate(made.coins, 1)],
        since=min((book.since for book in made.books), default=None),
        until=max((book.until for book in made.books), default=None),
        left_out=sum(book.left_out for book in made.books),
        several_accounts=len({book.account for book in made.books}) > 1,
    )


def _number(value: Decimal | None) -> str:
    return "–" if value is None else number(value).replace("-", "−")


def _of_coin(made: Comparison, totals: Totals, n: int) -> dict[str, Any]:
    coin = totals.settle_coin
    course = made.courses[coin]
    return {
        "totals": totals,
        "coin": coin,
        "name": f"coin{n}",
        "percent": _percent(totals),
        "books": [book for book in made.books if book.totals.settle_coin == coin],
        # Markup: matplotlib escapes what it writes.
        "causes_plot": Markup(causes_plot(totals, f"causes{n}")) if totals.causes else None,  # noqa: S704  # nosec B704
        "course_plot": Markup(course_plot(course, coin, f"course{n}")) if len(course) > 1 else None,  # noqa: S704  # nosec B704
    }


def _percent(totals: Totals) -> str | None:
    """How far off the total is, in percent of the truth; None where that says nothing."""
    if not totals.ours or not totals.difference:
        return None
    percent = abs(totals.difference / totals.ours) * 100
    return f"{percent:,.1f} %" if percent < 10_000 else None
