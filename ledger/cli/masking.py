"""URLs without their secrets. What is shown is chosen, not what is hidden, so that nothing slips through."""

import re
from urllib.parse import parse_qsl, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ledger.database.url import to_conninfo
from ledger.errors import ConfigurationError

_SHOWN = ("sslmode", "target_session_attrs")
HIDDEN = "****"
# Of what names, hosts, ports and paths are made; with anything else, part of an address may be what should be hidden.
_PLAIN = re.compile(r"[\w.,:/@~%\[\]+-]*")


def mask_database_url(url: str) -> str:
    """Login, host, port and database of a libpq URL or connection string."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(to_conninfo(url)).items()}
    except (ConfigurationError, ProgrammingError):
        return HIDDEN
    host = parts.get("host") or parts.get("hostaddr") or ""
    if not all(_PLAIN.fullmatch(parts.get(name, "")) for name in ("host", "hostaddr", "port", "dbname", "user")):
        return HIDDEN
    if "@" in host[1:]:  # an @ of the password that was not written as %40
        return HIDDEN
    port = f":{parts['port']}" if "port" in parts else ""
    login = parts.get("user", "") + (f":{HIDDEN}" if "password" in parts else "")
    shown = {name: parts[name] for name in _SHOWN if name in parts}
    if host.startswith(("/", "@")):  # a socket's folder has no place before the slash
        shown = {"host": host, **shown}
        host = ""
        if port:
            shown["port"] = port[1:]
            port = ""
    options = "&".join(f"{name}={value}" for name, value in shown.items())
    at = "@" if login else ""
    return f"postgresql://{login}{at}{host}{port}/{parts.get('dbname', '')}{'?' + options if options else ''}"


def mask_redis_url(url: str) -> str:
    """Login, host, port and database of a Redis URL."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return HIDDEN
    if parts.scheme not in {"redis", "rediss", "unix"} or not _PLAIN.fullmatch(f"{parts.hostname or ''}{parts.path}"):
        return HIDDEN
    login = (parts.username or "") + (f":{HIDDEN}" if parts.password else "")
    options = [f"db={value}" for name, value in parse_qsl(parts.query) if name == "db"]
    at = "@" if login else ""
    return f"{parts.scheme}://{login}{at}{parts.hostname or ''}{port}{parts.path}{'?' + options[0] if options else ''}"
