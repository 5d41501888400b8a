"""Loggers of this package: Python's own `logging`, with an event's fields beside its text.

A program that configures no logging sees warnings on stderr and nothing on stdout, whatever structlog is set to.
"""

import logging
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_EVENT, _FIELDS = "ledger_event", "ledger_fields"
_OWN = ("exc_info", "stack_info", "stacklevel")


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes an event and its fields: `log.warning("stream lost", endpoint=…, since=…)`."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, structlog.contextvars.merge_contextvars, _to_record],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    return logger


def _to_record(_: WrappedLogger, __: str, event: EventDict) -> tuple[tuple[str, str], dict[str, Any]]:
    """One text for whoever formats messages, and event and fields apart for whoever asks the record for them."""
    arguments = {name: event.pop(name) for name in _OWN if name in event}
    positional = event.pop("positional_args", ())
    text = str(event.pop("event", ""))
    if positional:
        text = text % positional
    fields = dict(event)
    shown = " ".join([text, *(f"{name}={value!r}" for name, value in fields.items())])
    return ("%s", shown), {**arguments, "extra": {_EVENT: text, _FIELDS: fields}}


def unpack_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor, first of a ProcessorFormatter's foreign chain: restores the event and its fields."""
    record = event["_record"]
    if hasattr(record, _FIELDS):
        event["event"] = getattr(record, _EVENT)
        event.update({name: value for name, value in getattr(record, _FIELDS).items() if name not in event})
    return event
