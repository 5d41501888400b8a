"""Connection strings: any that libpq takes, and SQLAlchemy's spelling of them."""

import re

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.errors import ConfigurationError


def to_conninfo(database_url: str) -> str:
    """The libpq connection string for `database_url`; `postgresql+psycopg://` is accepted too."""
    plain = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", database_url.strip())
    try:
        if "\0" in plain:  # libpq would read no further
            raise ValueError
        parts = conninfo_to_dict(plain)
    except (ProgrammingError, ValueError):  # what is no text has surrogates, which cannot be encoded
        raise ConfigurationError("LEDGER_DATABASE_URL is not a connection string that libpq understands") from None
    if "@" in str(parts.get("host", "")):  # libpq would show that part of the password in its errors
        raise ConfigurationError("LEDGER_DATABASE_URL: an @ in the password must be written as %40")
    parts.setdefault("application_name", "fifoledger")
    return make_conninfo("", **parts)
