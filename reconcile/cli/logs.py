"""Where log lines go while a command runs: never among its answer."""

import structlog


def log_to_stderr() -> None:
    """Hands log lines to `logging`, which shows warnings on stderr unless it is configured otherwise."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.processors.format_exc_info,
                structlog.processors.KeyValueRenderer(key_order=["event"]),
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )
