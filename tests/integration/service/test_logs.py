"""One pipeline for all that is logged, by us and by libraries: masked, and to stderr."""

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import reconcile
from reconcile.logs import get_logger
from reconcile.service.logs import configure_logs

SECRETS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="*"), min_size=8, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=12)
LIBRARIES = [
    "pybit._http_manager",
    "urllib3.connectionpool",
    "apscheduler.executors.default",
    "psycopg.pool",
    "asyncio",
]
# Those whose level the pipeline sets, or the command line, which other tests run in this process.
LEVELLED = ("apprise", "apscheduler", "asyncio", "urllib3", "websocket", "psycopg.pool")


@contextmanager
def configured(*, as_json: bool, level: str = "DEBUG", secrets: tuple[str, ...] = ()) -> Iterator[io.StringIO]:
    """The pipeline writes to what is yielded; afterwards all is as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, old_level, hook, stderr = root.handlers[:], root.level, threading.excepthook, sys.stderr
    levels = {name: logging.getLogger(name).level for name in LEVELLED}
    sys.stderr = stream
    logging.getLogger("psycopg.pool").setLevel(logging.NOTSET)
    try:
        configure_logs(as_json=as_json, level=level, secrets=secrets)
        yield stream
    finally:
        sys.stderr, root.handlers[:], threading.excepthook = stderr, handlers, hook
        root.setLevel(old_level)
        for name, old in levels.items():
            logging.getLogger(name).setLevel(old)
        logging.captureWarnings(False)
        structlog.reset_defaults()


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def by_library(name: str) -> list[Callable[[str], None]]:
    log = logging.getLogger(name)

    def with_error(text: str) -> None:
        try:
            try:
                raise KeyError(text)
            except KeyError as error:
                raise ValueError(f"worse: {text}") from error
        except ValueError:
            log.exception("failed")

    return [
        log.error,
        lambda text: log.error("sent %s to %r", text, {"headers": [text]}),
        lambda text: log.warning("sent %(what)s", {"what": text}),
        with_error,
    ]


def by_ourselves(log: Any) -> list[Callable[[str], None]]:
    def with_error(text: str) -> None:
        try:
            raise ValueError(text)
        except ValueError:
            log.exception("failed", hint=[{"x": text}])

    return [
        lambda text: log.warning(text, attempt=1),  # a method taken now would keep the configuration of now
        lambda text: log.info("sent %s", text),
        lambda text: log.warning("sent", fields={"a": [{"b": text}]}, error=ValueError(text), raw=text.encode()),
        lambda text: log.bind(bound=text).error("bound"),
        with_error,
    ]


WAYS = [
    *(way for name in LIBRARIES for way in by_library(name)),
    *by_ourselves(get_logger("reconcile.test")),
    *by_ourselves(structlog.stdlib.get_logger("reconcile.service.test")),
]


@given(st.sampled_from(WAYS), SECRETS, TEXTS, st.booleans())
def test_a_secret_is_in_no_line(way: Callable[[str], None], secret: str, around: str, as_json: bool) -> None:
    with configured(as_json=as_json, secrets=(secret,)) as stream:
        way(f"{around}{secret}{around}")
    assert stream.getvalue()
    assert secret not in stream.getvalue()
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in stream.getvalue()
    if as_json:
        (event,) = events(stream)
        assert "****" in str(event)


def test_a_json_line_has_time_level_logger_and_fields() -> None:
    before = datetime.now(UTC)
    with configured(as_json=True) as stream:
        get_logger("reconcile.bybit").warning("stream lost", since=before, apiKey="abc", attempt=3)
        structlog.stdlib.get_logger("reconcile.service").info("started", accounts=["main"])
        logging.getLogger("apscheduler").error("missed by %d s", 5)
    ours, service, library = events(stream)
    times = [datetime.fromisoformat(event.pop("timestamp")) for event in (ours, service, library)]
    assert all(time.utcoffset() == timedelta(0) for time in times)
    assert all(before <= time <= datetime.now(UTC) for time in times)
    assert ours == {
        "event": "stream lost",
        "level": "warning",
        "logger": "reconcile.bybit",
        "since": before.isoformat(),
        "apiKey": "****",
        "attempt": 3,
    }
    assert service == {
        "event": "started",
        "level": "info",
        "logger": "reconcile.service",
        "accounts": ["main"],
    }
    assert library == {"event": "missed by 5 s", "level": "error", "logger": "apscheduler"}


def test_text_for_people_has_the_same() -> None:
    with configured(as_json=False) as stream:
        get_logger("reconcile.bybit").warning("stream lost", attempt=3, api_key="abc")
    line = " ".join(stream.getvalue().split())
    assert "[warning ] stream lost [reconcile.bybit]" in line
    assert "attempt=3" in line
    assert "api_key=****" in line


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_from_outside_passes_for_a_line(as_json: bool) -> None:
    text = "refused\n2026-01-01T00:00:00Z [info     ] all is well\r\x1b[2K"
    with configured(as_json=as_json) as stream:
        logging.getLogger("pybit").error("the venue says: %s", text)
        get_logger("reconcile.x").error("refused", problem=text)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(("level", "shown"), [("debug", "abcd"), ("INFO", "bcd"), ("warning", "cd"), ("ERROR", "d")])
def test_the_level_is_for_all_loggers(level: str, shown: str) -> None:
    for log in (get_logger("reconcile.x"), structlog.stdlib.get_logger("service"), logging.getLogger("somebody")):
        with configured(as_json=True, level=level) as stream:
            log.debug("a")
            log.info("b")
            log.warning("c")
            log.error("d")
        assert "".join(event["event"] for event in events(stream)) == shown


def test_libraries_that_talk_are_heard_at_warning_or_when_somebody_debugs() -> None:
    for level, shown in (("INFO", ["late"]), ("DEBUG", ["running", "late"])):
        with configured(as_json=True, level=level) as stream:
            logging.getLogger("apscheduler.executors.default").info("running")
            logging.getLogger("apscheduler.executors.default").warning("late")
        assert [event["event"] for event in events(stream)] == shown


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"), configured(as_json=True, level="loud"):
        pass


def test_a_line_that_cannot_be_written_is_named_without_its_content() -> None:
    with configured(as_json=True, secrets=("hunter22",)) as stream:
        logging.getLogger("somebody").warning("%d", "hunter22")
    assert stream.getvalue() == "a log line of somebody cannot be written: TypeError\n"


def test_an_error_that_ends_a_thread_is_masked_too() -> None:
    def work() -> None:
        raise ValueError("no hunter22")

    with configured(as_json=True, secrets=("hunter22",)) as stream:
        thread = threading.Thread(target=work, name="pybit")
        thread.start()
        thread.join()
    (event,) = events(stream)
    assert event["event"] == "thread pybit ended with an error"
    assert "ValueError: no ****" in event["exception"]


PROGRAM = """
import logging, sys, warnings
from reconcile.logs import get_logger
if "configured" in sys.argv:
    from reconcile.service.logs import configure_logs
    configure_logs(as_json=True, level="INFO", secrets=[])
get_logger("reconcile.x").info("hello", a=1)
get_logger("reconcile.x").warning("stream lost", endpoint="/v5/private", attempt=2)
warnings.warn("old", DeprecationWarning, stacklevel=1)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "default", "-c", PROGRAM, *arguments],
        cwd=Path(reconcile.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_a_program_without_logging_sees_warnings_on_stderr_and_nothing_on_stdout() -> None:
    done = run()
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "stream lost endpoint='/v5/private' attempt=2"
    assert [line for line in lines if "hello" in line] == []


def test_a_configured_program_has_all_on_stderr() -> None:
    done = run("configured")
    assert done.stdout == ""
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["event"] for event in found[:2]] == ["hello", "stream lost"]
    assert found[2]["logger"] == "py.warnings"
