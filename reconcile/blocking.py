"""Asynchronous work for programs without asyncio."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_blocking(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs it to its end in an event loop of its own, inside a running event loop or without one."""
    with ThreadPoolExecutor(1, thread_name_prefix="reconcile") as thread:
        return thread.submit(lambda: asyncio.run(work())).result()
