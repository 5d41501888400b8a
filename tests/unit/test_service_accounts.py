"""Where the service's accounts and keys come from, and what is refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from reconcile.service.accounts import load_accounts
from reconcile.service.settings import ServiceSettings, load_service_settings

SECRET = "s3cr3t-of-a-test"
TWO = f"""
[main]
api_key = "key-1"
api_secret = "{SECRET}"
environment = "testnet"
categories = ["linear", "spot"]

[hedge]
api_key = "key-2"
api_secret = "{SECRET}"
timeout = 3
"""


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("BYBIT_", "SERVICE_", "LEDGER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., ServiceSettings]:
    def write(text: str, mode: int = 0o600) -> ServiceSettings:
        path = tmp_path / "accounts.toml"
        path.write_text(text)
        path.chmod(mode)
        return ServiceSettings(accounts_file=path)

    return write


def refusal(settings: ServiceSettings, account: str | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_accounts(settings, account)
    assert SECRET not in str(caught.value)
    assert "key-1" not in str(caught.value)
    return str(caught.value)


def test_a_table_for_each_account(write: Callable[..., ServiceSettings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_TIMEOUT", "99")  # says nothing about accounts of a file
    main, hedge = load_accounts(write(TWO), "other")
    assert (main.name, main.spec, main.exchange.categories) == ("main", "bybit:main:testnet", ("linear", "spot"))
    assert (hedge.name, hedge.exchange.timeout, hedge.exchange.environment) == ("hedge", 3, "mainnet")
    assert hedge.exchange.api_secret.get_secret_value() == SECRET
    assert SECRET not in repr((main, hedge))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601, 0o610, 0o777])
def test_a_file_open_to_others_is_refused(write: Callable[..., ServiceSettings], mode: int) -> None:
    text = refusal(write(TWO, mode))
    assert "chmod 600" in text
    assert f"{mode:04o}" in text


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_read(write: Callable[..., ServiceSettings], mode: int) -> None:
    assert len(load_accounts(write(TWO, mode), None)) == 2


def test_what_a_link_leads_to_counts(write: Callable[..., ServiceSettings], tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    for mode, refused in ((0o600, False), (0o644, True)):
        path = write(TWO, mode).accounts_file
        link.unlink(missing_ok=True)
        link.symlink_to(path or "")
        if refused:
            assert "chmod 600" in refusal(ServiceSettings(accounts_file=link))
        else:
            assert len(load_accounts(ServiceSettings(accounts_file=link), None)) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused(write: Callable[..., ServiceSettings]) -> None:
    settings = write(TWO)
    os.chown(settings.accounts_file or "", 12345, 12345)
    assert "belongs to user 12345" in refusal(settings)


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(ServiceSettings(accounts_file=tmp_path / "missing"))
    assert "Is a directory" in refusal(ServiceSettings(accounts_file=tmp_path))
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert "circle" in refusal(ServiceSettings(accounts_file=circle))
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in refusal(ServiceSettings(accounts_file=tmp_path / "pipe"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "one table per account"),
        ('api_key = "key-1"', "one table per account"),
        (f'[main]\napi_secret = "{SECRET}"', r"\[main\]: api_key"),
        (f'[main]\napi_key = "key-1"\napi_secret = "{SECRET}"\napikey = 1', r"\[main\]: apikey"),
        (f'[main]\napi_key = "key-1"\napi_secret = "{SECRET}"\nenvironment = "moon"', r"\[main\]: environment"),
        (f'["a b"]\napi_key = "key-1"\napi_secret = "{SECRET}"', "no name of an account"),
        (f'[main]\napi_secret = "{SECRET}', "not TOML"),
        (TWO.replace("key-2", "key-1"), "the same key"),
    ],
)
def test_what_is_wrong_is_named(write: Callable[..., ServiceSettings], text: str, said: str) -> None:
    settings = write(text)
    with pytest.raises(ConfigurationError, match=said):
        load_accounts(settings, None)
    refusal(settings)


def test_one_account_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "key-1")
    assert "BYBIT_API_SECRET" in refusal(ServiceSettings())
    monkeypatch.setenv("BYBIT_API_SECRET", SECRET)
    monkeypatch.setenv("BYBIT_ENVIRONMENT", "demo")
    for given, name in ((None, "default"), ("main", "main"), ("bybit:main:demo", "main")):
        (account,) = load_accounts(ServiceSettings(), given)
        assert (account.name, account.exchange.environment) == (name, "demo")
    assert "BYBIT_ENVIRONMENT" in refusal(ServiceSettings(), "bybit:main:testnet")
    assert "LEDGER_ACCOUNT" in refusal(ServiceSettings(), "okx:main:demo")


def test_several_accounts_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERVICE_ACCOUNTS", "main=BYBIT_, hedge=BYBIT_HEDGE_")
    for prefix, key in (("BYBIT_", "key-1"), ("BYBIT_HEDGE_", "key-2")):
        monkeypatch.setenv(f"{prefix}API_KEY", key)
        monkeypatch.setenv(f"{prefix}API_SECRET", SECRET)
    names = [one.name for one in load_accounts(load_service_settings(), None)]
    assert names == ["main", "hedge"]
    monkeypatch.delenv("BYBIT_HEDGE_API_SECRET")
    assert "BYBIT_HEDGE_API_SECRET" in refusal(load_service_settings())
    monkeypatch.setenv("SERVICE_ACCOUNTS_FILE", str(tmp_path / "accounts.toml"))
    assert "not both" in refusal(load_service_settings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80000"),
        ("PORT", "http"),
        ("RECONCILE_EVERY", "0"),
        ("RECONCILE_EVERY", "inf"),
        ("INSTRUMENTS_EVERY", "1e300"),
        ("EQUITY_EVERY", "1e300"),
        ("HEARTBEATS_EVERY", "inf"),
        ("SILENT_AFTER", "1e300"),
        ("ALERT_REPEAT", "inf"),
        ("ALERTS_PER_HOUR", "99999999999999999999"),
        ("DRAIN", "inf"),
        ("KEEP_RAW_DAYS", "99999999999"),
        ("VERIFY_AT", "25:00"),
        ("VERIFY_AT", "03:00+02:00"),
        ("KEEP_RAW_DAYS", "-1"),
        ("LOG_FORMAT", "xml"),
        ("DRAIN", "soon"),
        ("SINCE", "2026-01-01T00:00:00"),
        ("ACCOUNTS", "main"),
        ("ACCOUNTS", "main=A_,main=B_"),
        ("ALERT_URLS", f"tgram:{SECRET}"),
    ],
)
def test_wrong_settings_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SERVICE_{name}", value)
    monkeypatch.setenv("SERVICE_HOST", "0.0.0.0")
    with pytest.raises(ConfigurationError, match=f"^SERVICE_{name}: ") as caught:
        load_service_settings()
    assert SECRET not in str(caught.value)
    assert "SERVICE_HOST" not in str(caught.value)


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_PORT", "-1")
    monkeypatch.setenv("SERVICE_DRAIN", "-1")
    with pytest.raises(ConfigurationError, match=r"SERVICE_PORT: .*SERVICE_DRAIN: "):
        load_service_settings()


def test_each_setting_is_described() -> None:
    for name, field in ServiceSettings.model_fields.items():
        assert field.description, name
