"""One pipeline for every log line of the process, our own and those of libraries: masked, to stderr."""

import logging
import sys
import threading
from collections.abc import Collection, Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from reconcile.logs import unpack_fields
from reconcile.service.masking import Masker

_OF_MANY_LINES = ("exception", "stack")
# What these say at INFO is of use to nobody who does not look for a fault.
_NOISY = ("apprise", "apscheduler", "asyncio", "urllib3", "websocket")


def configure_logs(*, as_json: bool, level: str, secrets: Collection[str]) -> Masker:
    """Has the whole process log to stderr, one line an event, with times in UTC (ISO 8601).

    Secrets are hidden in messages, arguments, fields at any depth, exceptions and tracebacks: the given ones wherever
    they appear, others by their names (apiKey, sign, token, password …) and passwords of URLs by their place.

    Args:
        as_json: one JSON object a line; else text for people.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL, in any case.
        secrets: keys and passwords, and URLs that contain some.

    Returns:
        What hides them, for other places that show text.

    Raises ValueError if there is no such level.
    """
    masker = Masker(secrets)
    handler = _Handler(sys.stderr)
    handler.setFormatter(_formatter(masker, as_json=as_json))
    root = logging.getLogger()
    root.setLevel(level.upper())
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.NOTSET if root.level <= logging.DEBUG else logging.WARNING)
    logging.captureWarnings(True)
    threading.excepthook = _log_thread
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return masker


class _Handler(logging.StreamHandler[Any]):
    def handleError(self, record: logging.LogRecord) -> None:  # logging's name
        """Says which line is lost; the standard one would print its arguments as they are."""
        error = sys.exc_info()[1]
        if isinstance(error, BrokenPipeError):
            return
        try:
            self.stream.write(f"a log line of {record.name} cannot be written: {type(error).__name__}\n")
        except (OSError, ValueError):
            return


def _shared() -> Sequence[Processor]:
    return (
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        structlog.processors.StackInfoRenderer(),
    )


def _formatter(masker: Masker, *, as_json: bool) -> logging.Formatter:
    def mask(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {masker.text(str(name)): masker.named(str(name), value) for name, value in event.items()}

    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[unpack_fields, *_shared()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask,
            *(() if as_json else (_one_line,)),
            renderer,
        ],
    )


def _one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escapes what ends a line or steers a terminal, so that no text from outside can pass for a line of ours."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable() and name not in _OF_MANY_LINES:
            event[name] = repr(value)[1:-1]
    return event


def _log_thread(hook: threading.ExceptHookArgs) -> None:
    """A thread's uncaught exception: the standard hook would print it unmasked."""
    if hook.exc_type is SystemExit or hook.exc_value is None:
        return
    name = hook.thread.name if hook.thread else "?"
    logging.getLogger("threading").error(
        "thread %s ended with an error", name, exc_info=(hook.exc_type, hook.exc_value, hook.exc_traceback)
    )
