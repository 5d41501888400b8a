"""Alerts as they arrive at a real server, sent by apprise."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from ledger.errors import ConfigurationError
from reconcile.service.alerts import Alerts, understood
from reconcile.service.channel import Alert, Channel
from reconcile.service.masking import Masker
from tests.free_port import free_port

HOOK = "hook-5f0c1d2e3b4a"
SECONDS = 20.0


@dataclass
class Receiver:
    """A server that people would look at."""

    port: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    requests: int = 0
    come: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> SecretStr:
        return SecretStr(f"json://127.0.0.1:{self.port}/{HOOK}")

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        if self.status == 200:
            self.messages.append(await request.json())
        async with self.come:
            self.come.notify_all()
        return web.Response(status=self.status)

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS), self.come:
            await self.come.wait_for(what)


@asynccontextmanager
async def receiving(port: int = 0, handler: Any = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(port)
    app = web.Application()
    app.router.add_post(f"/{HOOK}", handler or receiver.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


def alerts(*urls: SecretStr, repeat_after: float = 3600, per_hour: int = 100, **more: Any) -> Alerts:
    return Alerts(urls, repeat_after=repeat_after, per_hour=per_hour, **more)


def channel(receiver: Receiver, **options: Any) -> Channel:
    return Channel(understood(receiver.url, 1), **options)


async def test_an_alert_arrives_with_title_text_and_as_a_warning(receiver: Receiver) -> None:
    async with alerts(receiver.url) as told:
        await told.tell("a", "main: 2 findings", "unexplained <BTCUSDT> *1*\nline two", "findings")
        await receiver.until(lambda: len(receiver.messages) == 1)
    (message,) = receiver.messages
    assert (message["title"], message["type"]) == ("main: 2 findings", "warning")
    assert message["message"] == "unexplained <BTCUSDT> *1*\nline two"


async def test_a_matter_is_told_once(receiver: Receiver) -> None:
    async with alerts(receiver.url) as told:
        for _ in range(5):
            await told.tell("a", "one", "text", "findings")
        await receiver.until(lambda: len(receiver.messages) == 1)
        await told.tell("a", "one", "text", "findings")
        await told.tell("b", "other", "text", "findings")
        await receiver.until(lambda: len(receiver.messages) == 2)
    assert receiver.titles == ["one", "other"]


async def test_a_matter_that_goes_on_is_told_again_after_a_while(receiver: Receiver) -> None:
    async with alerts(receiver.url, repeat_after=0.5) as told:
        began = time.monotonic()
        while len(receiver.messages) < 2 and time.monotonic() - began < SECONDS:
            await told.tell("a", "one", "text", "findings")
            await asyncio.sleep(0.05)
        assert time.monotonic() - began >= 0.5
    first, second = receiver.messages[:2]
    assert first["message"] == "text"
    assert "told again; it came up" in second["message"]


async def test_a_matter_that_was_cleared_is_told_at_once(receiver: Receiver) -> None:
    async with alerts(receiver.url) as told:
        await told.tell("a", "one", "text", "silent_bot")
        await receiver.until(lambda: len(receiver.messages) == 1)
        told.cleared("a")
        told.cleared("never told")
        await told.tell("a", "one", "text", "silent_bot")
        await receiver.until(lambda: len(receiver.messages) == 2)
    assert receiver.titles == ["one", "one"]


async def test_what_is_over_the_limit_is_held_back_and_summed_up_at_the_end(receiver: Receiver) -> None:
    async with alerts(receiver.url, per_hour=2) as told:
        for number in range(2):
            await told.tell(f"first {number}", f"first {number}", "text", "findings")
            await receiver.until(lambda: len(receiver.messages) > number)  # noqa: B023  # awaited here
        for number in range(40):
            await told.tell(f"more {number}", f"more {number}", "text", "findings")
        await asyncio.sleep(0.3)
        assert receiver.titles == ["first 0", "first 1"]
    assert receiver.titles == ["first 0", "first 1", "40 alerts"]
    summary = receiver.messages[2]["message"]
    assert "- more 0: text" in summary
    assert summary.endswith("and 25 more")
    assert len(summary) <= 1600


async def test_what_is_held_back_goes_as_soon_as_a_message_may(receiver: Receiver) -> None:
    sending = channel(receiver, per_hour=1, window=1.0)
    began = time.monotonic()
    sending.put("a", Alert("first", "text", "findings"))
    await receiver.until(lambda: len(receiver.messages) == 1)
    for key in "bc":
        sending.put(key, Alert(key, "text", "findings"))
    await receiver.until(lambda: len(receiver.messages) == 2)
    assert time.monotonic() - began >= 1
    await sending.close(1)
    assert receiver.titles == ["first", "2 alerts"]


async def test_a_flood_is_bounded_and_counted(receiver: Receiver) -> None:
    sending = channel(receiver, per_hour=5)
    for number in range(1000):
        sending.put(str(number), Alert("title " + "x" * 500, "text " * 500, "findings"))
    await receiver.until(lambda: len(receiver.messages) == 1)
    await sending.close(1)
    (message,) = receiver.messages
    assert message["title"] == "1000 alerts"
    assert message["message"].endswith("and 985 more")
    assert len(message["message"]) <= 1600


async def test_a_long_text_is_cut(receiver: Receiver) -> None:
    async with alerts(receiver.url) as told:
        await told.tell("a", "t" * 500, "x" * 10_000, "findings")
        await receiver.until(lambda: len(receiver.messages) == 1)
    (message,) = receiver.messages
    assert len(message["title"]) == 120
    assert len(message["message"]) == 1500
    assert message["message"].endswith("…")


async def test_a_server_that_is_down_gets_it_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    told: list[tuple[str, bool]] = []
    gone = Receiver(port)
    failed = asyncio.Event()

    def sent(kind: str, ok: bool) -> None:
        told.append((kind, ok))
        failed.set()

    sending = channel(gone, per_hour=1, pause=0.2, sent=sent)
    sending.put("a", Alert("one", "text", "silent_bot"))
    await asyncio.wait_for(failed.wait(), SECONDS)
    async with receiving(port) as back:
        await back.until(lambda: len(back.messages) == 1)
        await sending.close(5)
    assert back.titles == ["one"]
    assert told[0] == ("silent_bot", False)
    assert told[-1] == ("silent_bot", True)
    assert [record for record in caplog.records if record.message.startswith("alert not sent")]
    assert HOOK not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("reconcile"))


async def test_a_refusal_is_tried_again_with_longer_and_longer_pauses(receiver: Receiver) -> None:
    receiver.status = 500
    sending = channel(receiver, per_hour=100, pause=0.1)
    sending.put("a", Alert("one", "text", "findings"))
    began = time.monotonic()
    await receiver.until(lambda: receiver.requests == 4)
    assert time.monotonic() - began >= 0.1 + 0.2 + 0.4
    receiver.status = 200
    await receiver.until(lambda: len(receiver.messages) == 1)
    await sending.close(5)


async def test_the_end_tries_once_and_does_not_wait_for_a_server_that_is_down() -> None:
    told = alerts(SecretStr(f"json://127.0.0.1:{free_port()}/{HOOK}"))
    await told.tell("a", "one", "text", "findings")
    began = time.monotonic()
    await told.close()
    assert time.monotonic() - began < 8


async def test_a_server_that_trickles_holds_up_nobody(receiver: Receiver) -> None:
    release = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while not release.is_set():
            await response.write(b"x")
            await asyncio.sleep(0.2)
        return response

    async with receiving(handler=trickle) as slow:
        told = alerts(slow.url, receiver.url)
        began = time.monotonic()
        for number in range(3):
            await told.tell(str(number), f"title {number}", "text", "findings")
        assert time.monotonic() - began < 0.5
        # The other channel is not held up.
        await receiver.until(lambda: bool(receiver.messages))
        began = time.monotonic()
        await told.close(patience=1)
        assert time.monotonic() - began < 5
        release.set()


async def test_every_channel_is_told(receiver: Receiver) -> None:
    async with receiving() as other:
        async with alerts(receiver.url, other.url) as told:
            await told.tell("a", "one", "text", "findings")
        assert receiver.titles == other.titles == ["one"]


async def test_without_channels_nothing_happens() -> None:
    async with alerts() as told:
        await told.tell("a", "one", "text", "findings")


async def test_after_the_end_nothing_is_sent(receiver: Receiver) -> None:
    told = alerts(receiver.url)
    await told.close()
    await told.tell("a", "one", "text", "findings")
    await asyncio.sleep(0.2)
    assert receiver.messages == []


async def test_metrics_are_told_of_each_alert(receiver: Receiver) -> None:
    counted: list[tuple[str, bool]] = []
    async with alerts(receiver.url, sent=lambda kind, ok: counted.append((kind, ok))) as told:
        await told.tell("a", "one", "text", "findings")
        await told.tell("b", "two", "text", "silent_bot")
    assert sorted(counted) == [("findings", True), ("silent_bot", True)]


async def test_no_secret_leaves_in_a_message(receiver: Receiver) -> None:
    async with alerts(receiver.url, masker=Masker(["hunter22"])) as told:
        await told.tell("a", "refused hunter22", "redis://:word@cache/0 api_key=abc", "job_failed")
    (message,) = receiver.messages
    assert message["title"] == "refused ****"
    assert message["message"] == "redis://:****@cache/0 api_key=****"


@pytest.mark.parametrize(
    "url", ["tgram://hunter22-not-a-token", "nothing://hunter22", "hunter22", "slack://hunter22", "mailto://"]
)
def test_a_url_that_nobody_understands_is_named_by_its_number(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigurationError, match="number 2") as caught:
        alerts(SecretStr("json://127.0.0.1:1/x"), SecretStr(url))
    assert "hunter22" not in str(caught.value)
    assert "hunter22" not in caplog.text
    assert "hunter22" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "url",
    [
        "tgram://123456789:AAEabcdefghijklmnopqrstuvwxyz012345/-1001234567890/",
        "discord://417421629812345678/JHMHI8qBe7bk2ZwO5U711o3dV_jsabcdefghijklmnopqrstuvwxyz01234",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
        "mailtos://bob:apppassword@example.com?to=me@example.com",
    ],
)
def test_the_services_that_the_manual_names_are_understood(url: str) -> None:
    alerts(SecretStr(url))
