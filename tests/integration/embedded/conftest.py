import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.embedded import status, stop
from tests.integration.embedded.support import ROOT, User, child, processes_of


def open_directory() -> Path:
    """A directory that root's servers may pass through; pytest's own are closed to everybody else."""
    directory = Path(tempfile.mkdtemp(prefix="fl-test-")).resolve()
    if os.geteuid() == 0:
        directory.chmod(0o711)
    return directory


@pytest.fixture
def base() -> Iterator[Path]:
    """An empty directory; no process that has to do with it may outlive the test."""
    directory = open_directory()
    yield directory
    left = processes_of(directory)
    shutil.rmtree(directory)
    assert left == []


@pytest.fixture
def fresh_home(base: Path) -> Iterator[Path]:
    """A home that does not exist yet; its servers are stopped after the test."""
    path = base / "home"
    yield path
    stop(path)
    assert not status(path).running


@pytest.fixture(scope="session")
def used_directory() -> Iterator[Path]:
    """Where the home is that many tests use in turn: initdb takes longer than most of them."""
    directory = open_directory()
    yield directory
    left = processes_of(directory)
    shutil.rmtree(directory)
    assert left == []


@pytest.fixture
def home(used_directory: Path) -> Iterator[Path]:
    """A home with a database from earlier tests, perhaps, and no servers running."""
    path = used_directory / "home"
    yield path
    stop(path)
    assert not status(path).running


@pytest.fixture(scope="session")
def ordinary_user() -> Iterator[User]:
    """A user other than us; only root can act as one."""
    if os.geteuid() != 0:
        pytest.skip("only root can start processes as another user")
    entry = pwd.getpwnam("nobody")
    directory = open_directory()
    user = User(entry.pw_uid, entry.pw_gid, sys.executable)
    if not imports(user):
        # Root's Python is often closed to others: give them a copy of it, without its packages and tests.
        copy = directory / "python"
        library = f"python{sys.version_info.major}.{sys.version_info.minor}"
        skip = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*")
        shutil.copytree(Path(sys.base_prefix, "lib", library), copy / "lib" / library, ignore=skip, symlinks=True)
        (copy / "bin").mkdir()
        user = User(user.uid, user.gid, str(copy / "bin" / library))
        shutil.copy(Path(sys.base_prefix, "bin", library), user.python)
        for shared in Path(sys.base_prefix, "lib").glob("libpython*"):
            shutil.copy(shared, copy / "lib")
    if not imports(user):
        pytest.skip(f"user nobody can read neither {ROOT} nor the installed packages")
    yield user
    shutil.rmtree(directory)


def imports(user: User) -> bool:
    """Whether the user can run its Python with the packages that the servers need."""
    try:
        process = child("import ledger.embedded.lifecycle", user=user)
    except PermissionError:
        return False
    process.communicate()
    return process.returncode == 0
