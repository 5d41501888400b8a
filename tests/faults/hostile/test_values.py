"""Values that passed for others, and input that made a reader wait or fill the memory: each once a defect."""

import enum
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger import ConfigurationError, InvalidInputError, LedgerClient
from ledger.cache.entry import from_fields, to_fields
from ledger.cli.masking import HIDDEN, mask_database_url, mask_redis_url
from ledger.database.url import to_conninfo
from ledger.display import number
from ledger.money import read_execution_time
from ledger.settings import load_settings
from reconcile.bybit.settings import load_settings as load_bybit_settings
from reconcile.history.sources.errors import UnreadableSourceError
from reconcile.history.sources.files import FileSource
from reconcile.service.settings import load_service_settings
from tests.clients import KINDS, open_client
from tests.fills import fill, moment


class Word(str, enum.Enum):  # noqa: UP042 - a StrEnum prints as its text
    """Prints as Word.SYMBOL, and is equal to the text."""

    SYMBOL = "BTCUSDT"
    SIDE = "Buy"
    PRICE = "100.5"
    TYPE = "Trade"
    BOT = "bot"


class Leg(int, enum.Enum):
    LONG = 1


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_enumerations_are_what_they_are_equal_to(kind: str, database_url: str, redis_url: str) -> None:
    odd = {"symbol": Word.SYMBOL, "exec_price": Word.PRICE, "position_idx": Leg.LONG, "side": Word.SIDE}
    with open_client(kind, Word.BOT, account="main", database_url=database_url, redis_url=redis_url) as client:
        client.record_fill(**{**fill("e1"), **odd})
        client.record_fills([{**fill("e2", at=1), **odd}])
        for symbol, leg in ((Word.SYMBOL, Leg.LONG), ("BTCUSDT", 1)):
            found = client.get_position(symbol, position_idx=leg)
            assert (found.size, found.avg_entry_price, found.bot_id) == (Decimal(2), Decimal("100.5"), "bot")
    with LedgerClient("bot", database_url=database_url, redis_url=redis_url) as plain:
        # A key of another name would have kept what the cache has of this one.
        assert plain.get_position("BTCUSDT", position_idx=1).size == 2


def test_times_that_not_every_zone_can_show_are_refused(database_url: str) -> None:
    for at in (moment(0).replace(year=1, month=1, day=1), moment(0).replace(year=9999, month=12, day=31)):
        with pytest.raises(InvalidInputError, match="9999-12-30"):
            read_execution_time("exec_time", at)
    url = f"{database_url}&options=-c%20timezone%3DPacific/Kiritimati%20-c%20datestyle%3DGerman"
    with LedgerClient("bot", account="main", database_url=url) as client:
        for at in (moment(0).replace(year=1, month=1, day=2), moment(0).replace(year=9999, month=12, day=30)):
            client.record_fill(**{**fill(f"e{at.year}"), "exec_time": at})
        assert len(client.get_open_position_entries()) == 2


@pytest.mark.parametrize(
    ("decision", "given", "field"),
    [
        ("ignore", fill("x"), "fill"),
        ("cash", fill("x"), "exec_type"),
        ("fill", fill("x", exec_type="Funding"), "exec_type"),
        ("fill", {}, "exec_price"),
        ("fill", {**fill("x"), "unknown": 1}, "unknown"),
        ("fill", {**fill("x"), 5: 1}, "5"),
    ],
)
def test_a_decision_and_what_it_books_belong_together(database_url: str, decision: str, given: Any, field: str) -> None:
    with (
        LedgerClient("bot", account="main", database_url=database_url) as client,
        pytest.raises(InvalidInputError) as caught,
    ):
        client.decide_quarantined("x", decision, category="linear", fill=given)
    assert caught.value.field == field


SECONDS = ("CONNECT_TIMEOUT", "STATEMENT_TIMEOUT", "RETRY_TIMEOUT", "CACHE_TIMEOUT", "CACHE_TRUST", "POOL_SIZE")


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("value", ["inf", "1e300", "nan"])
def test_no_number_of_a_setting_is_without_bounds(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"LEDGER_{name}", value)
    with pytest.raises(ConfigurationError, match=name):
        load_settings()


@pytest.mark.parametrize(
    "query", ["foo=bar", "encoding=nope", "retry=1", "redis_connect_func=1", "socket_timeout=1e300", "ssl_ca_certs=/x"]
)
def test_an_option_that_would_fail_the_first_call_is_refused(query: str) -> None:
    with pytest.raises(ConfigurationError, match="LEDGER_REDIS_URL"):
        load_settings(redis_url=f"redis://localhost/1?{query}")
    assert load_settings(redis_url="redis://localhost/1?client_name=bot&protocol=3").redis_url is not None


def test_an_env_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"LEDGER_ACCOUNT=\xff\n")
    for load in (load_settings, load_bybit_settings, load_service_settings):
        with pytest.raises(ConfigurationError, match=r"\.env: the byte 16 is not UTF-8"):
            load()


@pytest.mark.parametrize("url", ["postgresql://h/\0x", "\udcff", "postgresql://\udcff@h/x", "host=a\0 dbname=b"])
def test_an_address_that_libpq_would_read_in_part_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="connection string"):
        to_conninfo(url)


@pytest.mark.parametrize("url", ["host=localhost:/?password=hidden", "postgresql://h\nh: password=hidden"])
def test_an_odd_address_is_not_shown(url: str) -> None:
    assert mask_database_url(url) == HIDDEN


def test_an_odd_address_of_redis_is_not_shown() -> None:
    assert mask_redis_url("redis:///x password=hidden?db=1") == HIDDEN
    assert mask_redis_url("redis://:hidden@localhost:6379/1") == "redis://:****@localhost:6379/1"


def rejects(folder: Path, content: bytes, **options: Any) -> list[str]:
    (folder / "past").write_bytes(content)
    source = FileSource([str(folder / "past")], **options)
    return [reject.reason for batch in source.batches() for reject in batch.rejected]


@pytest.mark.timeout(60)
def test_a_key_that_comes_twice_among_very_many_is_found_at_once(tmp_path: Path) -> None:
    pairs = ",".join(f'"k{number}":1' for number in range(200_000))
    assert rejects(tmp_path, f'{{{pairs},"k9":2}}\n'.encode()) == ["the object has the key k9 twice"]


@pytest.mark.parametrize(
    "content",
    [
        b"".join(b'{"symbol":"B","k%d":1}\n' % number for number in range(3000)),
        b",".join(b"c%d" % number for number in range(3000)) + b"\n",
    ],
)
def test_more_columns_than_any_export_has_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableSourceError, match="2000 are the most"):
        rejects(tmp_path, content)


@pytest.mark.parametrize("encoding", ["hex", "base64", "rot13", "undefined", "utf-16", "punycode", "a\0b", "nope"])
def test_an_encoding_that_the_file_is_not_in_is_said(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UnreadableSourceError, match=r"encoding|punycode"):
        rejects(tmp_path, b"symbol,side\nB,Buy:\n", encoding=encoding)


def test_half_a_character_that_an_encoding_can_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSourceError, match="utf-7"):
        rejects(tmp_path, b"symbol,side\n+2AA-,Buy\n", encoding="utf-7")


@pytest.mark.parametrize("name", ["size", "entries", "book_seq", "position_idx", "cost"])
@pytest.mark.parametrize("value", ["1_0", "\u0661"])
def test_a_number_that_only_python_reads_is_none_in_the_cache(database_url: str, name: str, value: str) -> None:
    with LedgerClient("bot", account="main", database_url=database_url) as client:
        fields = {**to_fields(client.record_fill(**fill("e1")).position), "book_seq": "1"}
    assert from_fields(fields).total_qty == 1
    with pytest.raises(ValueError, match=value):
        from_fields({**fields, name: value})
    with pytest.raises(ValueError, match="2026"):
        from_fields({**fields, "updated_at": "2026-01-01T00:00:00"})


def test_a_number_of_any_size_is_shown() -> None:
    assert len(number(Decimal("1e1000")).replace(",", "")) == 1001
    assert number(Decimal("1e-1000")) == "≈0"
    assert json.dumps(number(Decimal("-1234.5"))) == '"-1,234.5"'
