"""Mutators of single tokens."""

from collections.abc import Iterator

from sqlglot import TokenType as T

from tests.mutation.sql_body import Body, Edit

_COMPARISONS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "=": "<>",
    "<>": "=",
}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*"}
_FUNCTIONS = {
    "sum": "max",
    "max": "min",
    "min": "max",
    "least": "greatest",
    "greatest": "least",
    "bool_or": "bool_and",
    "lag": "lead",
    "abs": "",
    "sign": "",
}
_STRINGS = {"'Buy'": "'Sell'", "'Sell'": "'Buy'", "'None'": "'Buy'"}
_OTHER_STRING = "'mutant'"
_OPERAND_ENDS = {T.VAR, T.NUMBER, T.STRING, T.R_PAREN, T.R_BRACKET}
_PAIRS = (
    ("open_from", "open_to"),
    ("opened", "closed"),
    ("opened_to", "closed_to"),
    ("opened_from", "closed_from"),
    ("open_qty", "close_qty"),
    ("entry_price", "exit_price"),
    ("entry_time", "exit_time"),
    ("entry_fee", "exit_fee"),
    ("entry_commission", "exit_commission"),
    ("entry_asset", "exit_asset"),
    ("entry_commission_asset", "exit_commission_asset"),
    ("entry_fill_id", "exit_fill_id"),
    ("entry_reason", "exit_reason"),
    ("entry_order_id", "exit_order_id"),
    ("entry_client_order_id", "exit_client_order_id"),
    ("gross", "net"),
    ("gross_pnl", "net_pnl"),
    ("realized_gross", "realized_net"),
    ("first_entry_time", "last_entry_time"),
    ("pos_before", "pos_after"),
    ("exec_qty", "exec_price"),
    ("base_coin", "quote_coin"),
    ("former", "b"),
)
_OTHER_COLUMN = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
# Only a name of its own, not every letter b.
_OTHER_COLUMN.pop("b")


def comparisons(body: Body) -> Iterator[Edit]:
    """Each comparison off by its boundary; equal for different."""
    for number in body.places:
        if body.tokens[number].type in {T.LT, T.GT} and _is_shift(body, number):
            continue
        if body.word(number) in _COMPARISONS:
            yield body.replaced(number, number, _COMPARISONS[body.word(number)])


def arithmetic(body: Body) -> Iterator[Edit]:
    """`+` for `-`, `*` for `/`, and the reverse; a sign taken away."""
    for number in body.places:
        other = _ARITHMETIC.get(body.word(number))
        if other is None:
            continue
        if number > 0 and body.tokens[number - 1].type in _OPERAND_ENDS:
            yield body.replaced(number, number, other)
        elif body.word(number) == "-":
            yield body.replaced(number, number, "")


def connectives(body: Body) -> Iterator[Edit]:
    """AND for OR. What an AND joins is left out, one condition at a time, by `conjuncts`."""
    for number in body.places:
        if body.word(number) == "or":
            yield body.replaced(number, number, "AND")


def negations(body: Body) -> Iterator[Edit]:
    """A condition turned into its opposite."""
    for number in body.places:
        word, before, after = (body.word(number + step) for step in (0, -1, 1))
        if word == "not":
            yield body.replaced(number, number, "")
        elif word in {"found", "exists"} and before != "not":
            yield body.replaced(number, number, f"NOT {word}")
        elif word == "is" and after in {"null", "distinct"}:
            yield body.replaced(number, number, "IS NOT")
        elif word in {"true", "false"}:
            yield body.replaced(number, number, "false" if word == "true" else "true")


def constants(body: Body) -> Iterator[Edit]:
    """1 for 0, 0 for 1, and any other number one more."""
    for number in body.places:
        if body.tokens[number].type is T.NUMBER:
            value = body.word(number)
            other = {"0": "1", "1": "0"}.get(value)
            yield body.replaced(number, number, other or f"({value} + 1)")


def texts(body: Body) -> Iterator[Edit]:
    """The other side; in comparisons and answers, a text that nothing else has."""
    for number in body.places:
        if body.tokens[number].type is not T.STRING:
            continue
        word = body.word(number)
        if word in _STRINGS:
            yield body.replaced(number, number, _STRINGS[word])
        elif body.word(number - 1) in {"=", "<>", "when", "then", "else", "like"} or "||" in {
            body.word(number - 1),
            body.word(number + 1),
        }:
            yield body.replaced(number, number, _OTHER_STRING)


def functions(body: Body) -> Iterator[Edit]:
    """Another aggregate or extreme; no absolute value, no sign."""
    for number in body.places:
        if body.word(number) in _FUNCTIONS and body.word(number + 1) == "(" and body.word(number - 1) != ".":
            yield body.replaced(number, number, _FUNCTIONS[body.word(number)])


def columns(body: Body) -> Iterator[Edit]:
    """The column that is taken for this one most easily: exit for entry, closed for opened, net for gross."""
    for number in body.places:
        if body.tokens[number].type is not T.STRING and body.word(number) in _OTHER_COLUMN:
            yield body.replaced(number, number, _OTHER_COLUMN[body.word(number)])


def _is_shift(body: Body, number: int) -> bool:
    neighbours = (body.tokens[place] for place in (number - 1, number + 1) if 0 <= place < len(body.tokens))
    token = body.tokens[number]
    return any(
        other.type is token.type and (other.end == token.start or token.end == other.start) for other in neighbours
    )
