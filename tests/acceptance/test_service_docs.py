"""What the manual says of the service is true of it."""

import configparser
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from reconcile.service.accounts import load_accounts
from reconcile.service.alerts import understood
from reconcile.service.metrics import Metrics
from reconcile.service.settings import load_service_settings
from reconcile.startup.report import PROBLEMS
from tests.documents import ROOT, blocks, links, sections
from tests.http_schemas import SCHEMAS
from tests.service_settings import rows
from tests.service_status import any_service

SERVICE = ROOT / "docs" / "service.md"
TEXT = SERVICE.read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|.*\|$", part, flags=re.MULTILINE)
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row, below in pairwise([*rows, [""]]) if not {row[0], below[0]} & {"---"}]


def test_every_setting_is_in_the_table_as_it_is() -> None:
    assert [f"| {' | '.join(cells)} |" for cells in table("Settings")] == rows()


def kinds_of(registry: CollectorRegistry) -> dict[str, str]:
    """Every metric of the service's own and its type, under the name that queries use."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in registry.collect()
        if family.name.startswith("fifoledger_")
    }


def known_metrics() -> dict[str, str]:
    return kinds_of(Metrics(any_service()).registry)


def test_every_metric_is_in_the_table_with_its_type() -> None:
    explained = {name: kind for names, kind, _ in table("Metrics") for name in re.findall(r"`(\w+)`", names)}
    assert explained == known_metrics()


def test_alert_rules_ask_for_metrics_that_there_are() -> None:
    (rules,) = blocks(SERVICE, "yaml")
    document: Any = yaml.safe_load(rules.text)
    (group,) = document["groups"]
    known = known_metrics()
    names = set(known) | {f"{name}_bucket" for name, kind in known.items() if kind == "histogram"}
    for rule in group["rules"]:
        assert rule.keys() <= {"alert", "expr", "for"}
        used = set(re.findall(r"fifoledger_\w+", rule["expr"]))
        assert used <= names, rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule["alert"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])


def test_every_schema_is_linked() -> None:
    assert {f"schemas/{name}.json" for name in SCHEMAS} <= set(links(SERVICE))


def test_the_accounts_file_that_is_shown_is_read(tmp_path: Path) -> None:
    (shown,) = blocks(SERVICE, "toml")
    path = tmp_path / "accounts.toml"
    path.touch(mode=0o600)
    path.write_text(shown.text, encoding="utf-8")
    accounts = load_accounts(load_service_settings(accounts_file=path), None)
    assert [(one.name, one.exchange.environment) for one in accounts] == [
        ("main", "mainnet"),
        ("hedge", "mainnet"),
        ("rehearsal", "testnet"),
    ]
    assert accounts[1].exchange.categories == ("linear",)


def test_accounts_from_the_environment_as_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (shown,) = blocks(SERVICE, "text")
    for line in shown.lines:
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value if name.startswith("SERVICE_") else f"{value}{name}")
    for prefix in ("BYBIT_MAIN_", "BYBIT_HEDGE_"):
        monkeypatch.setenv(f"{prefix}API_SECRET", "…")
    assert [one.name for one in load_accounts(load_service_settings(), None)] == ["main", "hedge"]


def test_the_unit_that_is_shown_is_one() -> None:
    (shown,) = blocks(SERVICE, "ini")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as its manual says
    unit.read_string(shown.text)
    assert unit["Service"]["ExecStart"].endswith("/fifoledger serve")
    assert int(unit["Service"]["TimeoutStopSec"]) > load_service_settings().drain
    assert unit["Install"]["WantedBy"] == "multi-user.target"


SAMPLES = {
    "BOT_TOKEN": "123456789:AAEabcdefghijklmnopqrstuvwxyz012345",
    "CHAT_ID": "-1001234567890",
    "WEBHOOK_ID": "417421629812345678",
    "WEBHOOK_TOKEN": "JHMHI8qBe7bk2ZwO5U711o3dV_jsabcdefghijklmnopqrstuvwxyz01234",
    "TOKEN_A": "T1JJ3T3L2",
    "TOKEN_B": "A1BRTD4JD",
    "TOKEN_C": "TIiajkdnlazkcOXrIdevi7FQ",
    "CHANNEL": "ops",
    "USER": "bob",
    "PASSWORD": "word",
}


CHANNELS = [cells for cells in table("Alerts") if "://" in cells[1]]


@pytest.mark.parametrize("shown", [url for _, url in CHANNELS], ids=[name for name, _ in CHANNELS])
def test_alert_urls_are_understood(shown: str) -> None:
    (url,) = re.findall(r"`([^`]+)`", shown.partition("(")[0])
    for name, sample in SAMPLES.items():
        url = url.replace(name, sample)
    understood(SecretStr(url), 1)


def test_every_kind_of_finding_has_its_policy() -> None:
    document = ROOT / "docs" / "findings.md"
    assert sections(document).keys() >= PROBLEMS
