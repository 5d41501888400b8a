"""One way to reach people: what waits for it goes as one message as soon as one may go."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from apprise import Apprise, NotifyFormat, NotifyType

from reconcile.logs import get_logger

log = get_logger(__name__)

_PATIENCE = 20.0  # seconds for one message
_LONGEST_PAUSE = 600.0  # seconds after a message that failed
_MOST_WAITING = 200  # alerts; more are counted only
_MOST_SHOWN = 15  # alerts in one message
_LONGEST_TEXT = 1500  # characters; Discord takes 2000
_LONGEST_TITLE = 120


@dataclass(frozen=True)
class Alert:
    """A title of one line, a text, and what sort of alert it is."""

    title: str
    text: str
    kind: str


class Channel:
    """Sends to one service, in the background, from the event loop that puts alerts in.

    Args:
        notifier: an Apprise with this service alone.
        per_hour: messages that may go within a window, 1 or more.
        sent: called with an alert's kind and whether it was sent, for each try.
        window: seconds in which `per_hour` messages may go.
        pause: seconds after the first message that failed; doubled for each that follows, up to ten minutes.
    """

    def __init__(
        self,
        notifier: Apprise,
        *,
        per_hour: int,
        sent: Callable[[str, bool], None] | None = None,
        window: float = 3600.0,
        pause: float = 5.0,
    ) -> None:
        self._notifier = notifier
        self._name = str(notifier[0].service_name)
        self._sent = sent
        self._window = window
        self._first_pause = pause
        self._sent_at: deque[float] = deque(maxlen=per_hour)
        self._waiting: dict[str, Alert] = {}
        self._uncounted = 0
        self._failures = 0
        self._not_before = 0.0
        self._closing = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._hangs = False

    def put(self, key: str, alert: Alert) -> None:
        """Takes an alert; one of the same key that has not gone yet is replaced."""
        if self._closing.is_set():
            return
        if len(self._waiting) >= _MOST_WAITING and key not in self._waiting:
            self._uncounted += 1
        else:
            self._waiting[key] = alert
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._empty())

    async def close(self, patience: float) -> None:
        """Tries once to send all that waits, and gives up after `patience` seconds."""
        self._closing.set()
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=patience)
            self._work.cancel()
        if self._waiting:
            log.warning("alerts not sent", channel=self._name, alerts=len(self._waiting) + self._uncounted)

    async def _empty(self) -> None:
        while self._waiting:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._pause())
            last = self._closing.is_set()
            await self._send()
            if last and self._failures:
                return

    def _pause(self) -> float:
        """Seconds until a message may go."""
        may_go = self._not_before
        if len(self._sent_at) == self._sent_at.maxlen:
            may_go = max(may_go, self._sent_at[0] + self._window)
        return max(may_go - time.monotonic(), 0.0)

    async def _send(self) -> None:
        alerts, self._waiting = self._waiting, {}
        uncounted, self._uncounted = self._uncounted, 0
        try:
            ok = await self._deliver(*_message(list(alerts.values()), uncounted))
        except BaseException:
            self._waiting = alerts | self._waiting
            raise
        if self._sent is not None:
            for alert in alerts.values():
                self._sent(alert.kind, ok)
        now = time.monotonic()
        if ok:
            self._failures = 0
            self._sent_at.append(now)
            return
        self._waiting = alerts | self._waiting
        self._uncounted += uncounted
        self._failures += 1
        pause = min(self._first_pause * 2 ** (self._failures - 1), _LONGEST_PAUSE)
        self._not_before = now + pause
        log.warning("alert not sent", channel=self._name, alerts=len(alerts), failures=self._failures, again_in=pause)

    async def _deliver(self, title: str, text: str) -> bool:
        """Sends in a thread that nobody has to wait for: a server may trickle its answer for ever."""
        if self._hangs:
            return False
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def work() -> None:
            ok = False
            try:
                ok = bool(
                    self._notifier.notify(
                        body=text, title=title, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT
                    )
                )
            except Exception as error:  # a plugin's fault must not end the channel
                log.warning("alert failed", channel=self._name, problem=type(error).__name__)
            self._hangs = False
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_settle, answer, ok)

        self._hangs = True
        threading.Thread(target=work, name=f"alert-{self._name}", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, _PATIENCE)
        except TimeoutError:
            return False


def _settle(answer: asyncio.Future[bool], ok: bool) -> None:
    if not answer.done():
        answer.set_result(ok)


def _message(alerts: list[Alert], uncounted: int) -> tuple[str, str]:
    """Title and text; several alerts become one summary."""
    if len(alerts) == 1 and not uncounted:
        return _cut(alerts[0].title, _LONGEST_TITLE), _cut(alerts[0].text, _LONGEST_TEXT)
    share = _LONGEST_TEXT // min(len(alerts), _MOST_SHOWN)
    shown = [_cut(f"{alert.title}: {' '.join(alert.text.split())}", share - 3) for alert in alerts[:_MOST_SHOWN]]
    more = len(alerts) - len(shown) + uncounted
    lines = [f"- {line}" for line in shown] + ([f"and {more} more"] if more else [])
    return f"{len(alerts) + uncounted} alerts", "\n".join(lines)


def _cut(text: str, length: int) -> str:
    text = text.strip()
    return text if len(text) <= length else text[: length - 1] + "…"
