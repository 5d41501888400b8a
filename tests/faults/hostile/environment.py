"""Settings: whatever the environment says, it is settings or a ConfigurationError, and no password is ever repeated."""

import os
from collections.abc import Callable, Mapping
from unittest.mock import patch

from hypothesis import strategies as st

from ledger.cli.masking import mask_database_url, mask_redis_url
from ledger.database.connecting import connect_timeout, pool_options, timeout_milliseconds
from ledger.database.url import to_conninfo
from ledger.errors import ConfigurationError, InvalidInputError
from ledger.opening import read_account
from ledger.settings import Settings, load_settings
from reconcile.bybit.settings import load_settings as load_bybit_settings
from reconcile.service.accounts import load_accounts
from reconcile.service.settings import ServiceSettings, load_service_settings
from tests.faults.hostile.target import Target, alone

PASSWORD = "h1dden-Passw0rd"
_NUMBERS = st.sampled_from(
    [
        "inf",
        "-inf",
        "nan",
        "1e300",
        "1e-300",
        "0",
        "-1",
        "",
        " ",
        "1_0",
        "\u0661",
        "0x10",
        "9" * 30,
        "9" * 5000,
        "5",
        "0.5",
    ]
)
_URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["postgresql://", "postgresql+psycopg://", "redis://", "rediss://", "unix://", "host=", "",
        "x://"]),
        st.sampled_from(["", f"user:{PASSWORD}@", f":{PASSWORD}@", f"user:a@{PASSWORD}@", "user@", "\udcff"]),
        st.sampled_from(["", "localhost", "[::1]", "[::1", "/tmp", "h,h2", "h:1,h:2", "\0", "h\nh", "\u202e"]),
        st.sampled_from(["", ":5432", ":99999999", ":x", ":-1", ":"]),
        st.sampled_from(["", "/", "/db", "/1", "/%00", "/%", "/a/b", " password=" + PASSWORD, "'"]),
        st.sampled_from(
            ["", "?", "?x=y", "?db=1", "?db=x", "?sslmode=require", f"?password={PASSWORD}", "?options=-c%20a=b",
            "?retry=1",
             "?socket_timeout=1e300", "?encoding=x", "?ssl_ca_certs=/x", "?db=-1", "?max_connections=0", "?protocol=x"]
        ),
    ),
)  # fmt: skip
_TEXTS = st.sampled_from(
    ["a:b:c", "main", "bybit:main:paper", "::", "\udcff", "a" * 300, "linear,spot", "x,y", "true", "{}", "[1]",
    "a=b,c=d",
     "a=b,a=c", "=", "25:00", "03:15+02:00", "2030-01-01T00:00:00Z", "2020-01-01", "DEBUG", "http://[", "ws://x",
     "paper"]
)  # fmt: skip
_NAMES = (
    *(f"LEDGER_{name.upper()}" for name in Settings.model_fields if name != "home"),
    *(f"SERVICE_{name.upper()}" for name in ServiceSettings.model_fields if name != "accounts_file"),
    "BYBIT_API_KEY", "BYBIT_API_SECRET", "BYBIT_ENVIRONMENT", "BYBIT_ENDPOINT", "BYBIT_STREAM_URL", "BYBIT_CATEGORIES",
    "BYBIT_TIMEOUT", "BYBIT_PATIENCE", "BYBIT_RECEIVE_WINDOW", "BYBIT_PING_TIMEOUT", "BYBIT_SETTLE_COINS",
)  # fmt: skip
_VALUES = _NUMBERS | _URLS | _TEXTS | st.text(max_size=20).filter(lambda text: "\0" not in text)
_ACCOUNTS = ("LEDGER_ACCOUNT", "SERVICE_ACCOUNTS")


def _keeping_secrets(given: dict[str, str]) -> dict[str, str]:
    """Without a password in the place of an account's name, which is no secret and is repeated."""
    return {name: value for name, value in given.items() if name not in _ACCOUNTS or PASSWORD not in value}


environments = st.dictionaries(st.sampled_from(_NAMES), _VALUES.filter(lambda text: "\0" not in text), max_size=6).map(
    _keeping_secrets
)


def read_environment(given: Mapping[str, str]) -> None:
    """Every reader of settings, in an environment that holds these and nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "SERVICE_", "BYBIT_"))}
    with patch.dict(os.environ, {**kept, **given}, clear=True):
        for read in (_ledger, load_bybit_settings, _service):
            _or_said(read)


def _or_said(read: Callable[[], object]) -> None:
    try:
        read()
    except (ConfigurationError, InvalidInputError) as error:
        assert PASSWORD not in str(error), error


def _ledger() -> None:
    settings = load_settings()
    read_account(settings.account)
    assert connect_timeout(settings) >= 2
    assert 0 <= int(timeout_milliseconds(settings)) < 2**31
    if settings.database_url is not None:
        pool_options(settings)


def _service() -> None:
    load_accounts(load_service_settings(), os.environ.get("LEDGER_ACCOUNT"))


def read_url(url: str) -> None:
    """An address, read and shown."""
    assert PASSWORD not in mask_database_url(url)
    assert PASSWORD not in mask_redis_url(url)
    _or_said(lambda: to_conninfo(url))


ENVIRONMENT = (
    Target("settings", "environment variables", alone(read_environment), environments),
    Target("url", "addresses of servers", alone(read_url), _URLS | st.text(max_size=40)),
)
