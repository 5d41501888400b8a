"""No secret is shown, wherever it stands; all else is shown as it is."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.service.masking import HIDDEN, Masker, is_secret_name

# As keys and passwords are: printable, and long enough not to be met by chance. Asterisks hide, so they cannot be told.
SECRETS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="*"), min_size=8, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=12)


@dataclass
class Holder:
    """Something with a field."""

    note: Any


class Talkative:
    """Something whose repr says all."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __repr__(self) -> str:
        return f"Talkative{self.parts!r}"


class Broken:
    """Something that cannot even be shown."""

    def __repr__(self) -> str:
        raise ValueError("no")


LEAVES: list[Callable[[str], Any]] = [
    str,
    str.encode,
    ValueError,
    KeyError,
    Talkative,
    Holder,
    json.dumps,
    repr,
    lambda text: quote(text, safe=""),
    quote_plus,
    lambda text: {text: 1},
    lambda text: frozenset({text, "x"}),
    lambda text: Talkative([text], {"a": text.encode(), text: ValueError(text)}),
]
WRAPS: list[Callable[[Any, Any], Any]] = [
    lambda value, other: [other, value],
    lambda value, other: (value, other),
    lambda value, other: {"a": other, "b": value},
    lambda value, other: Holder([value, other]),
    ValueError,
]
OTHERS = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | TEXTS | st.builds(Broken)


@st.composite
def holding(draw: st.DrawFn, secret: str) -> Any:
    """A value with the secret somewhere inside, and others beside it."""
    value: Any = draw(st.sampled_from(LEAVES))(draw(TEXTS) + secret + draw(TEXTS))
    for wrap in draw(st.lists(st.sampled_from(WRAPS), max_size=10)):
        value = wrap(value, draw(OTHERS))
    return value


@given(st.data(), st.lists(SECRETS, min_size=1, max_size=3))
def test_a_secret_is_in_no_value_at_any_depth(data: st.DataObject, secrets: list[str]) -> None:
    masker = Masker(secrets)
    for secret in secrets:
        shown = masker.value(data.draw(holding(secret)))
        assert secret not in repr(shown)
        assert secret not in json.dumps(shown, ensure_ascii=False)
        assert json.dumps(secret)[1:-1] not in json.dumps(shown)


@pytest.mark.parametrize("levels", [1, 7, 8, 9, 30])
def test_depth_is_no_way_out(levels: int) -> None:
    value: Any = {"api_secret": "abc"}
    for level in range(levels):
        value = {"inner": value} if level % 2 else [value, "hunter22"]
    shown = repr(Masker(["hunter22"]).value(value))
    assert "abc" not in shown
    assert "hunter22" not in shown


def test_a_value_that_contains_itself_is_shown() -> None:
    value: dict[str, Any] = {"password": "abc"}
    value["self"] = value
    assert "abc" not in repr(Masker().value(value))


@given(SECRETS, st.sampled_from(["postgresql://bob:{}@db:5432/x?sslmode=require", "rediss://:{}@cache/0", "see {}"]))
def test_a_password_is_hidden_alone_when_its_url_is_given(password: str, form: str) -> None:
    word = quote(password, safe="")
    url = f"postgresql://bob:{word}@db/x"
    shown = Masker([url]).text(form.format(word) + " " + form.format(password))
    assert word not in shown
    assert password not in shown


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("tgram://123456789:AAE-abcdefghij/-100123/", "POST https://api.telegram.org/bot123456789:AAE-abcdefghij/send"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrI/#ops", "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrI"),
        ("mailtos://bob:app%20password@example.com?to=me@example.com", "login bob 'app password'"),
    ],
)
def test_every_part_of_an_alert_url_is_a_secret(url: str, told: str) -> None:
    shown = Masker([url]).text(f"{told} {url}")
    for secret in ("AAE-abcdefghij", "JHMHI8qBe7bk2ZwO5U711o3dV_js", "TIiajkdnlazkcOXrI", "app password"):
        assert secret not in shown
    assert url not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:word@cache:6379/0 down", "redis://:****@cache:6379/0 down"),
        ("postgresql://bob:w:o/rd@db/x", "postgresql://bob:****@db/x"),
        ("postgresql://bob@db/x", "postgresql://bob@db/x"),
        ("see https://example.com/a@b", "see https://example.com/a@b"),
        ("host=db password=word dbname=x", "host=db password=**** dbname=x"),
        ("host=db password='a word' dbname=x", "host=db password='****' dbname=x"),
        ('{"apiKey": "abc", "qty": "1"}', '{"apiKey": "****", "qty": "1"}'),
        ("{'X-BAPI-SIGN': 'abc', 'X-BAPI-TIMESTAMP': '17'}", "{'X-BAPI-SIGN': '****', 'X-BAPI-TIMESTAMP': '17'}"),
        ("GET /x?api_key=abc&sign=def&qty=1", "GET /x?api_key=****&sign=****&qty=1"),
        ("Authorization: Bearer abc.def", "Authorization: ****"),
        ("access_token=abc;next", "access_token=****;next"),
        ("the design = good, assign: it", "the design = good, assign: it"),
        ("orderLinkId=lxalgo_001-entry-1", "orderLinkId=lxalgo_001-entry-1"),
        ("a key that can withdraw", "a key that can withdraw"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_without_being_known(text: str, shown: str) -> None:
    assert Masker().text(text) == shown


NAMES = (
    *("apiKey", "API_KEY", "api_secret", "secret", "X-BAPI-SIGN", "X-BAPI-API-KEY", "sign", "redis_password", "passwd"),
    *("accessToken", "bot_token", "Authorization", "privateKey", "db_credentials", "PGPASSWORD", "SERVICE_AUTH"),
)


@pytest.mark.parametrize("name", NAMES)
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)
    assert Masker().value({name: "abc", "n": {name: 5}}) == {name: HIDDEN, "n": {name: HIDDEN}}
    assert Masker().named(name, None) is None


@pytest.mark.parametrize("name", ["key", "design", "assigned", "symbol", "cursor", "keys", "designate", "read_only"])
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


def test_all_else_is_shown_as_it_is() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    value = {"n": 1, "f": 0.5, "d": Decimal("1.10"), "t": at, "l": [True, None, "x"], "b": b"abc", "h": Holder("x")}
    assert Masker(["hunter22"]).value(value) == {
        "n": 1,
        "f": 0.5,
        "d": "1.10",
        "t": at.isoformat(),
        "l": [True, None, "x"],
        "b": "abc",
        "h": {"note": "x"},
    }


def test_numbers_can_be_secret() -> None:
    assert Masker(["12345678"]).value([12345678, 123]) == [HIDDEN, 123]


def test_a_value_that_cannot_be_shown_ends_nothing() -> None:
    assert Masker().value([Broken()]) == ["<Broken: ValueError in its repr>"]


LONG = ("a_", "a", "_token", "://", "://:", "x://a:", "@", "x://a:b@", "password=", "password='", '"', "sign: ", " ")


@pytest.mark.parametrize("part", LONG)
def test_a_long_text_takes_no_more_than_its_length(part: str) -> None:
    masker = Masker(["hunter22"])
    began = time.process_time()
    masker.text(part * (100_000 // len(part)))
    assert time.process_time() - began < 5
