"""Processes that begin at once: forked from one that has already imported what they need."""

import multiprocessing
from multiprocessing.context import ForkServerContext

_FORKS = multiprocessing.get_context("forkserver")
_imported: list[str] = []


def forks(*modules: str) -> ForkServerContext:
    """Where to begin such processes. There is one server for all who ask, so it imports the modules of them all."""
    _imported.extend(modules)
    _FORKS.set_forkserver_preload(_imported)
    return _FORKS
