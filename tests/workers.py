"""What processes of their own do in tests. They are spawned, so each begins with nothing but its arguments."""

import os
from collections.abc import Mapping
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from ledger import LedgerClient


def record(options: Mapping[str, Any], fills: list[dict[str, Any]], settings: Mapping[str, str]) -> None:
    """Records fills, one by one."""
    os.environ.update(settings)
    with LedgerClient("bot", **options) as client:
        for given in fills:
            client.record_fill(**given)


def record_and_tell(options: Mapping[str, Any], fills: list[dict[str, Any]], told: "Synchronized[int]") -> None:
    """Records fills and says which book_seq was answered last, by anybody."""
    with LedgerClient("bot", **options) as client:
        for given in fills:
            seq = client.record_fill(**given).position.book_seq
            with told.get_lock():
                told.value = max(told.value, seq)
