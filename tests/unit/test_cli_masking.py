import pytest

from ledger.cli.masking import HIDDEN, mask_database_url, mask_redis_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://bob:word@db:5433/ledger", "postgresql://bob:****@db:5433/ledger"),
        ("postgresql+psycopg://bob@db/ledger", "postgresql://bob@db/ledger"),
        ("postgresql:///ledger", "postgresql:///ledger"),
        ("host=db user=bob password=word dbname=ledger", "postgresql://bob:****@db/ledger"),
        (
            "postgresql://bob:word@/ledger?host=%2Frun%2Fpg&port=5433",
            "postgresql://bob:****@/ledger?host=/run/pg&port=5433",
        ),
        ("postgresql://db/x?password=word&sslmode=require", "postgresql://:****@db/x?sslmode=require"),
        ("postgresql://bob@db/x?sslpassword=word&options=-cx%3Dword", "postgresql://bob@db/x"),
        ("postgresql://bob:wo@rd@db/x", HIDDEN),  # an @ that should have been %40
        ("mysql://bob:word@db/x", HIDDEN),
    ],
)
def test_database_urls(url: str, shown: str) -> None:
    assert mask_database_url(url) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:word@cache:6379/0", "redis://:****@cache:6379/0"),
        ("rediss://bob:word@cache/1?ssl_keyfile=word", "rediss://bob:****@cache/1"),
        ("unix:///run/valkey.sock?db=3&password=word", "unix:///run/valkey.sock?db=3"),
        ("redis://cache:port/0", HIDDEN),
        ("word", HIDDEN),
    ],
)
def test_redis_urls(url: str, shown: str) -> None:
    assert mask_redis_url(url) == shown
