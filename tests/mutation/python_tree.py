"""A copy of the tree whose Python files can be changed without touching the original."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutation.mutant import ROOT, Mutant

_FOLDERS = ("ledger", "reconcile", "sql", "migrations", "tests", "docs")


class PythonTree:
    """The copy. Mutated files get times of change of their own, so that no compiled one is taken for them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._times = int((ROOT / "pyproject.toml").stat().st_mtime)
        root.mkdir()
        for name in _FOLDERS:
            shutil.copytree(ROOT / name, root / name)
        shutil.copy2(ROOT / "pyproject.toml", root)

    @contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """The mutant in place of the original for the length of a `with` block."""
        path = self.root / mutant.file
        self._write(path, mutant.mutated())
        try:
            yield
        finally:
            shutil.copy2(ROOT / mutant.file, path)

    @contextmanager
    def original(self, mutant: Mutant) -> Iterator[None]:
        """The file as it is, and then the mutant again."""
        path = self.root / mutant.file
        shutil.copy2(ROOT / mutant.file, path)
        yield
        self._write(path, mutant.mutated())

    def _write(self, path: Path, text: str) -> None:
        self._times += 1
        path.write_text(text, encoding="utf-8")
        os.utime(path, (self._times, self._times))
