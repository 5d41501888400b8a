import re
from collections.abc import Mapping
from pathlib import Path

from ledger.embedded.errors import EmbeddedStartError
from ledger.embedded.files import write_atomic
from ledger.embedded.layout import Layout
from ledger.embedded.model import Profile

_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

# Statements that fail may hold passwords, so the log names the error without them.
_USUAL = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "log_min_error_statement": "panic",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def write_config(layout: Layout, profile: Profile) -> Path:
    """Write `postgresql.conf` and `pg_hba.conf` beside the data directory, anew at every start.

    What an administrator sets with ALTER SYSTEM is kept in the data directory and wins.

    Raises:
        EmbeddedStartError: a setting has an impossible name or value.
    """
    hba = layout.place / "pg_hba.conf"
    # Only the socket, which only its owner can reach; there is no line for any network.
    write_atomic(hba, "local all all trust\n", account=layout.account)
    settings = _USUAL | ({} if profile.durable else _NOT_DURABLE) | dict(profile.settings)
    settings |= {"unix_socket_directories": _quoted_name(layout.sockets), "hba_file": str(hba)}
    # initdb's own file first: it has found out what this machine's shared memory allows.
    lines = [f"include_if_exists = {_quoted(str(layout.postgres_data / 'postgresql.conf'))}"]
    lines += setting_lines(settings)
    path = layout.place / "postgresql.conf"
    write_atomic(path, "\n".join(lines) + "\n", account=layout.account)
    return path


def setting_lines(settings: Mapping[str, str]) -> list[str]:
    """Settings as lines of `postgresql.conf`.

    Raises:
        EmbeddedStartError: a setting has an impossible name or value.
    """
    for name in settings:
        if not _SETTING_NAME.fullmatch(name):
            raise EmbeddedStartError(f"{name!r} is not the name of a PostgreSQL setting")
    return [f"{name} = {_quoted(value)}" for name, value in settings.items()]


def _quoted_name(path: Path) -> str:
    # A list of directories: double quotes keep commas and blanks within one name.
    return '"' + str(path).replace('"', '""') + '"'


def _quoted(value: str) -> str:
    if "\n" in value or "\0" in value:
        raise EmbeddedStartError(f"a PostgreSQL setting cannot hold a line break: {value!r}")
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
