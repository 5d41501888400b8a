"""The service needs libraries that a bot does without."""

from importlib.util import find_spec

from ledger.errors import ConfigurationError

_MODULES = ("apprise", "prometheus_client")


def require_extra() -> None:
    """Raises ConfigurationError saying what to install, if the extra `service` is missing."""
    if missing := [name for name in _MODULES if find_spec(name) is None]:
        raise ConfigurationError(
            f"the service needs {' and '.join(missing)}; install its extra: pip install 'fifoledger[service]'"
        )
