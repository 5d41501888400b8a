"""The benchmarks run, and say what they measured; how fast anything is depends on who else uses the machine."""

import json
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.benchmarks.__main__ import app
from tests.benchmarks.bench import Bench
from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.machine import NotDurableError, describe
from tests.benchmarks.results import Percentiles, Result, at_least, at_most
from tests.documents import ROOT, sections
from tests.servers import Servers

CHEAP = ("record_fill", "reads", "consumed")


@pytest.fixture
def benchmark_environment(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_DATABASE_URL", servers.admin_url)
    monkeypatch.setenv("LEDGER_REDIS_URL", servers.redis_url)


def test_the_quick_form_is_printed_and_written(tmp_path: Path, benchmark_environment: None) -> None:
    written, drawn = tmp_path / "run.json", tmp_path / "run.png"
    done = CliRunner().invoke(app, ["--quick", *CHEAP, "--json", str(written), "--plot", str(drawn)])
    assert done.exit_code == 0, done.output
    run = json.loads(written.read_text(encoding="utf-8"))
    assert run["quick"]
    assert {"PostgreSQL", "cores", "fsync", "synchronous_commit"} <= run["machine"].keys()
    assert [one["name"] for one in run["benchmarks"]] == list(CHEAP)
    for one in run["benchmarks"]:
        assert f"\n{one['name']} " in done.output
        assert all(tables["fills"] > 0 for tables in one["rows"])
        for result in one["results"]:
            assert len(result["values"]) == len(result["others"]) == run["rounds"]
            assert result["ratios"] == [a / b for a, b in zip(result["values"], result["others"], strict=True)]
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_a_name_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(app, ["--quick", "speed"])
    assert done.exit_code == 2
    assert "speed is none of record_fill, hot_book" in " ".join(done.output.replace("│", "").split())


def test_a_server_that_may_lose_what_it_acknowledged_is_not_measured(servers: Servers) -> None:
    if describe(servers, durable=False)["fsync"] == "on":
        pytest.skip("the server given is durable")
    with pytest.raises(NotDurableError, match="fsync"):
        describe(servers, durable=True)


def test_every_benchmark_is_explained() -> None:
    assert list(sections(ROOT / "docs" / "performance.md")) == list(BENCHMARKS)


def test_a_result_is_the_median_of_the_rounds_ratios() -> None:
    result = Result(case="", what="", beside="", unit="ms", values=[1, 6, 2], others=[2, 2, 2], goal=at_most(1))
    assert result.ratios == [0.5, 3, 1]
    assert result.ratio == 1
    assert result.met
    assert not at_most(1).met(1.01)
    assert at_least(1).met(1)
    assert not at_least(1).met(0.99)


def test_percentiles_are_of_all_rounds_together() -> None:
    found = Percentiles.of([[0.001] * 50, [0.003] * 50 + [0.1]])
    assert found == Percentiles(3, 3, 3)
    assert Percentiles.of([[0.0, 0.1]]) == pytest.approx(Percentiles(50, 95, 99))


def test_ways_take_turns_forwards_and_backwards(servers: Servers) -> None:
    order: list[str] = []

    def turn(name: str) -> int:
        order.append(name)
        return len(order)

    bench = Bench(servers, rounds=2, seconds=0, quick=True)
    found = bench.in_turn({name: partial(turn, name) for name in "abc"})
    assert "".join(order) == "abccba"
    assert found == {"a": [1, 6], "b": [2, 5], "c": [3, 4]}
