"""The file by which a bot finds its account on the local Bybit."""

import os
from pathlib import Path

from ledger.errors import ConfigurationError
from reconcile.paper.control import Control
from reconcile.paper.venue import Venue

_HEAD = "# An account on the local Bybit of `fifoledger paper`. It ends with it."


def write_settings(file: Path, venue: Venue, *, url: str, stream_url: str) -> None:
    """Opens an account with the usual balances and writes its settings, for this user's eyes only.

    Raises ConfigurationError if the file is there and was not written by this function.
    """
    if file.exists() and not file.read_text(encoding="utf-8").startswith(_HEAD):
        raise ConfigurationError(f"--settings: {file} is there already, and fifoledger paper has not written it")
    account = Control(venue).create_account()
    lines = [
        _HEAD,
        "BYBIT_ENVIRONMENT=paper",
        f"BYBIT_ENDPOINT={url}",
        f"BYBIT_STREAM_URL={stream_url}",
        f"BYBIT_API_KEY={account.api_key}",
        f"BYBIT_API_SECRET={account.api_secret}",
        f"PAPER_UID={account.uid}",
    ]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.write("\n".join(lines) + "\n")
