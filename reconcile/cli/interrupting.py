"""Ctrl-C, or SIGTERM from whoever runs us, ends an import in order: nothing is left behind that is not complete."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from ledger.cli.output import remark

_BY_SIGNAL = 128  # a shell's exit code of what a signal ended, without the signal's number


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends everything that Ctrl-C ends."""


@contextmanager
def interruptible(text: str) -> Iterator[None]:
    """Says `text` when the work is ended, and exits with 130 for SIGINT, 143 for SIGTERM. For the main thread."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as end:
        number = signal.SIGTERM if isinstance(end, _Terminated) else signal.SIGINT
        remark(text)
        raise typer.Exit(_BY_SIGNAL + number) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated
