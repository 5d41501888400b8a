"""What a dry run rehearses together: tasks of one transaction, which is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from reconcile.history.held import KEY
from reconcile.history.staging import StagedBook, Staging
from reconcile.history.tasks import Task
from reconcile.history.writing import Target

Order = tuple[str, str]  # category and id


@dataclass(slots=True)
class Rehearsal:
    """Tasks that have to see each other's rows, and the orders that link them."""

    tasks: list[Task] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many the tasks have."""
        return sum(task.rows for task in self.tasks)

    @property
    def bots(self) -> frozenset[str]:
        """Whose they are."""
        return frozenset(book.bot_id for task in self.tasks for book in task.books)


def rehearsals(target: Target, staging: Staging, todo: Sequence[Task], *, fresh: bool) -> list[Rehearsal]:
    """Each task by itself, but for those in whose books the fill of a whole order and its executions lie."""
    for portion in staging.orders() if not fresh else ():
        staging.know_wholes(target.ask_about(portion, "import_whole_orders"))
    return together(todo, _links(staging))


def _links(staging: Staging) -> dict[Order, list[tuple[object, ...]]]:
    """The books that each order links, by the columns of KEY."""
    links: dict[Order, list[tuple[object, ...]]] = {}
    for category, order_id, bot_id, symbol, position_idx in staging.linked_books():
        links.setdefault((category, order_id), []).append((bot_id, category, symbol, position_idx))
    return links


def together(todo: Sequence[Task], links: dict[Order, list[tuple[object, ...]]]) -> list[Rehearsal]:
    """The tasks in their order, those that orders link in the place of the first of them."""
    place = {_key(book): number for number, task in enumerate(todo) for book in task.books if not book.is_cash}
    first = list(range(len(todo)))

    def root(number: int) -> int:
        while first[number] != number:
            first[number] = first[first[number]]
            number = first[number]
        return number

    # Books that no row is for are in no task: they are linked to nothing here.
    linked = {order: [place[key] for key in keys if key in place] for order, keys in links.items()}
    for places in linked.values():
        lowest = min(map(root, places), default=0)
        for number in places:
            first[root(number)] = lowest
    found: dict[int, Rehearsal] = {}
    for number, task in enumerate(todo):
        found.setdefault(root(number), Rehearsal()).tasks.append(task)
    for order, places in linked.items():
        if places:
            found[root(places[0])].orders.append(order)
    return list(found.values())


def _key(book: StagedBook) -> tuple[object, ...]:
    return tuple(book.key[name] for name in KEY)
