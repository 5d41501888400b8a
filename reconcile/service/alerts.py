"""Messages to people, by apprise: each matter once in a while, not too many an hour, and never in anybody's way."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from apprise import Apprise, AppriseAsset
from pydantic import SecretStr

from ledger.errors import ConfigurationError
from reconcile.service.channel import Alert, Channel
from reconcile.service.masking import Masker


@dataclass
class _Matter:
    told_at: float
    held_back: int = 0


class Alerts:
    """Tells people, on every channel that is set. Use it in an `async with` statement, or close it.

    Args:
        urls: channels in apprise's syntax. Without any, nothing is sent.
        repeat_after: seconds until a matter that goes on is told again.
        per_hour: messages an hour on each channel, 1 or more; what is held back is summed up in the next one.
        sent: called with an alert's kind and whether it was sent, for each channel and try.
        masker: hides secrets in titles and texts; None: one that knows no secret.

    Raises ConfigurationError naming, by its number, the first URL that apprise does not understand.
    """

    def __init__(
        self,
        urls: Sequence[SecretStr],
        *,
        repeat_after: float,
        per_hour: int,
        sent: Callable[[str, bool], None] | None = None,
        masker: Masker | None = None,
    ) -> None:
        self._repeat_after = repeat_after
        self._masker = masker or Masker()
        self._matters: dict[str, _Matter] = {}
        self._channels = [
            Channel(understood(url, number), per_hour=per_hour, sent=sent) for number, url in enumerate(urls, 1)
        ]

    async def tell(self, key: str, title: str, text: str, kind: str) -> None:
        """Tells of a matter, unless it was told within `repeat_after` seconds and not cleared since.

        Returns at once: sending, and trying again where that fails, goes on in the background. Never raises.

        Args:
            key: what makes it the same matter, e.g. "silent:main:lxalgo_001".
            title: one line.
            text: the rest; what is longer than a message may be is cut.
            kind: what sort of alert, for the metrics.
        """
        now = time.monotonic()
        matter = self._matters.get(key)
        if matter is not None and now - matter.told_at < self._repeat_after:
            matter.held_back += 1
            return
        if matter is not None and matter.held_back:
            text = f"{text}\n(This is told again; it came up {matter.held_back} times since.)"
        self._forget(now)
        self._matters[key] = _Matter(now)
        alert = Alert(self._masker.text(title), self._masker.text(text), kind)
        for channel in self._channels:
            channel.put(key, alert)

    def cleared(self, key: str) -> None:
        """The matter is over: should it come again, it is told at once."""
        self._matters.pop(key, None)

    async def close(self, patience: float = 10.0) -> None:
        """Sends what is held back, without regard to the hourly limit, and gives up after `patience` seconds."""
        await asyncio.gather(*(channel.close(patience) for channel in self._channels))

    def _forget(self, now: float) -> None:
        """Matters that did not come up for long, lest their number grow for ever."""
        oldest = now - 2 * self._repeat_after
        self._matters = {key: matter for key, matter in self._matters.items() if matter.told_at > oldest}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def understood(url: SecretStr, number: int) -> Apprise:
    """The one service that the URL names. Raises ConfigurationError naming its number, and nothing of the URL."""
    # No pictures from elsewhere; and no pool of threads, which would have to end before the program may.
    asset = AppriseAsset(
        app_id="fifoledger", app_desc="fifoledger", app_url="", image_url_mask="", image_url_logo="", async_mode=False
    )
    logger = logging.getLogger("apprise")  # it would log the URL, masked in part
    logger.addFilter(_nothing)
    try:
        with warnings.catch_warnings():
            # At its first use apprise loads all of its plugins, some by modules that Python is about to drop.
            warnings.simplefilter("ignore", DeprecationWarning)
            service = Apprise.instantiate(url.get_secret_value().strip(), asset=asset)
    finally:
        logger.removeFilter(_nothing)
    if service is None:
        raise ConfigurationError(f"alert URL number {number}: apprise does not understand it, or lacks what it needs")
    notifier = Apprise(asset=asset)
    notifier.add(service)
    return notifier


def _nothing(_: logging.LogRecord) -> bool:
    return False
