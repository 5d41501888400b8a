"""Mutators of clauses and statements."""

from collections.abc import Iterator

from tests.mutation.sql_body import Body, Edit

_CLAUSE_ENDS = {
    "and", "or", "where", "group", "order", "order by", "group by", "limit", "window", "then", "loop", "returning",
    "union", "on", "join", "left", "cross", "full", "else", "end", "for", "offset", "into", "having", "when", ";", ",",
    "rows", "as", "using",
}  # fmt: skip
_KEY_ENDS = {",", "limit", "rows", "for", ";", "loop", "desc", "offset"}
_BEGINS_STATEMENT = {";", "begin", "then", "else", "loop", "declare"}
_NOT_STATEMENTS = {"if", "elsif", "else", "end", "for", "loop", "begin"}
_STATEMENTS = {"perform", "insert", "update", "delete", "select", "with", "get", "return"}
# Identity columns and what is made of them: the same id is in no two accounts.
_IDS = {"book_id", "fill_id", "entry_fill_id", "exit_fill_id", "cycle_id", "entry_id", "place"}


def orders(body: Body) -> Iterator[Edit]:
    """Each key of an ORDER BY the other way round, and the last of several left out."""
    for number in body.places:
        if body.word(number) != "order by":
            continue
        first = number + 1
        keys = []
        while True:
            last = body.until(first, _KEY_ENDS)
            descends = body.word(last + 1) == "desc"
            yield body.replaced(first, last + descends, body.source(first, last) + ("" if descends else " DESC"))
            keys.append((first, last + descends))
            if body.word(last + descends + 1) != ",":
                break
            first = last + descends + 2
        if len(keys) > 1:
            yield body.replaced(number + 1, keys[-1][1], body.source(number + 1, keys[-2][1]))


def keys(body: Body) -> Iterator[Edit]:
    """One column left out of a comparison of rows, `(a, b) < (c, d)`, on both sides."""
    for number in body.places:
        if body.word(number) not in {"<", "<=", ">", ">=", "=", "<>"} or body.word(number - 1) != ")":
            continue
        left = next((place for place, end in body.closing.items() if end == number - 1), None)
        right = number + 1
        if left is None or body.word(right) != "(" or body.word(left - 1) in {"row", "sign", "abs"}:
            continue
        ours, theirs = body.parts(left), body.parts(right)
        if len(ours) != len(theirs) or len(ours) == 1:
            continue
        for without in range(len(ours)):
            sides = [
                ", ".join(body.source(*part) for place, part in enumerate(side) if place != without)
                for side in (ours, theirs)
            ]
            text = f"({sides[0]}) {body.word(number)} ({sides[1]})"
            yield body.replaced(left, body.closing[right], text)


def conditions(body: Body) -> Iterator[Edit]:
    """Each condition of an IF or a CASE always true, and always false."""
    cases: list[bool] = []
    for number in body.places:
        word = body.word(number)
        if word == "case":
            cases.append(body.word(number + 1) == "when")
        elif word == "end" and cases:
            cases.pop()
        is_branch = (word == "when" and cases and cases[-1]) or (
            word in {"if", "elsif"} and body.word(number - 1) != "end"
        )
        if is_branch:
            last = body.until(number + 1, {"then"})
            if body.word(last + 1) == "then":
                yield body.replaced(number + 1, last, "true")
                yield body.replaced(number + 1, last, "false")


def conjuncts(body: Body) -> Iterator[Edit]:
    """Each condition of a WHERE or a join left out, and each that follows an AND.

    Not the account beside an id, which is in one account only.
    """
    for number in body.places:
        if body.word(number) not in {"where", "on", "and"} or body.word(number + 1) == "conflict":
            continue
        if body.word(number) == "and" and "between" in _words_before(body, number):
            continue
        last = body.until(number + 1, _CLAUSE_ENDS)
        if body.word(last + 1) == "and" and "between" in _words(body, number + 1, last):
            last = body.until(last + 2, _CLAUSE_ENDS)
        if last <= number or _is_account_of_id(body, number + 1, last):
            continue
        yield body.replaced(number + 1, last, "true")


def defaults(body: Body) -> Iterator[Edit]:
    """The first argument of coalesce() without the others."""
    for number in body.places:
        if body.word(number) == "coalesce" and body.word(number + 1) == "(":
            first, last = body.parts(number + 1)[0]
            yield body.replaced(number, body.closing[number + 1], f"({body.source(first, last)})")


def filters(body: Body) -> Iterator[Edit]:
    """An aggregate over all rows."""
    for number in body.places:
        if body.word(number) == "filter" and body.word(number + 1) == "(":
            yield body.replaced(number, body.closing[number + 1], "")


def joins(body: Body) -> Iterator[Edit]:
    """An inner join for an outer one; UNION for UNION ALL; all rows for distinct ones."""
    for number in body.places:
        word, after = body.word(number), body.word(number + 1)
        if (
            (word in {"left", "full"} and after == "join")
            or (word == "all" and body.word(number - 1) == "union")
            or (word == "distinct" and body.word(number - 1) == "select" and after != "on")
        ):
            yield body.replaced(number, number, "")


def statements(body: Body) -> Iterator[Edit]:
    """Each statement of PL/pgSQL left out, but for declarations and the end of a function."""
    words = [token.text for token in body.tokens]
    if "begin" not in words:
        return
    begin = words.index("begin")
    for number in body.places:
        if number <= begin or body.word(number - 1) not in _BEGINS_STATEMENT or body.word(number) in _NOT_STATEMENTS:
            continue
        last = body.until(number, {";"})
        if body.word(last + 1) != ";":
            continue
        is_assigned = ":=" in words[number : min(number + 6, last)]
        is_return = body.word(number) == "return" and body.word(number + 1) not in {"query", "next"}
        if (is_assigned or body.word(number) in _STATEMENTS) and not is_return:
            yield body.replaced(number, last, "NULL")


def _words(body: Body, first: int, last: int) -> set[str]:
    return {body.word(number) for number in range(first, last + 1)}


def _words_before(body: Body, number: int) -> set[str]:
    depth, found = body.depth[number], set()
    for place in range(number - 1, -1, -1):
        if body.depth[place] < depth or (body.depth[place] == depth and body.word(place) in _CLAUSE_ENDS):
            break
        found.add(body.word(place))
    return found


def _is_account_of_id(body: Body, first: int, last: int) -> bool:
    if not {"account_id", "p_account_id"} & _words(body, first, last) or last - first > 6:
        return False
    end = body.until(first, _CLAUSE_ENDS - {"and"})
    begin = first
    while begin > 0 and body.depth[begin - 1] >= body.depth[first] and body.word(begin - 1) not in {"where", "on"}:
        begin -= 1
    return bool(_IDS & _words(body, begin, end))
