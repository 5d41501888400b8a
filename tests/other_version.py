"""Another version of this package, whose SQL differs, installed beside this one."""

import shutil
import subprocess
import sys
from pathlib import Path

import ledger
from ledger.queries import resource_root

_UPGRADE = "import sys; from ledger.migrate import upgrade; print(upgrade(sys.argv[1]))"


class OtherVersion:
    """A copy of the package and of its SQL in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        package = Path(ledger.__file__).parent
        shutil.copytree(package, folder / "ledger", ignore=shutil.ignore_patterns("__pycache__", "_sql", "_migrations"))
        for name in ("sql", "migrations"):
            shutil.copytree(resource_root(name), folder / name)

    def add(self, name: str, text: str) -> None:
        """Puts more at the end of a file of `sql/`; makes it if need be."""
        with (self._folder / "sql" / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def upgrade(self, database_url: str) -> bool:
        """Upgrades a database as that version does, in a process of its own. Answers whether there was work."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", _UPGRADE, database_url],
            env={"PYTHONPATH": str(self._folder)},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip() == "True"
