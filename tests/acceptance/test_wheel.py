"""Built, installed into a clean environment and used there, with no checkout beside it."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "reconcile")
SHIPPED = {"sql": "ledger/_sql", "migrations": "ledger/_migrations"}

# Two hundred megabytes of dependencies may have to be downloaded first.
pytestmark = pytest.mark.timeout(900)


def run(command: list[str | Path], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run the command; return what it printed, or fail with all of it."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Distributions:
    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Installation:
    venv: Path
    scratch: Path

    @property
    def home(self) -> Path:
        return self.scratch / "ledger"

    def environment(self) -> dict[str, str]:
        """A new user's environment: nothing of this process, so neither its paths nor its servers."""
        return {
            "PATH": f"{self.venv / 'bin'}{os.pathsep}{os.defpath}",
            "HOME": str(self.scratch),
            "LEDGER_HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }

    def run(self, program: str, *arguments: str) -> str:
        command: list[str | Path] = [self.venv / "bin" / program, *arguments]
        return run(command, cwd=self.scratch, env=self.environment())

    def server_processes(self) -> list[str]:
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                where = process.cwd()
            except psutil.Error:
                continue
            if str(self.scratch) in line or where.startswith(str(self.scratch)):
                found.append(line)
        return found


def pip(venv: Path) -> list[str | Path]:
    """This environment's pip for that one: it may be younger than the one in Python, and is then twice as fast."""
    return [sys.executable, "-m", "pip", "--python", venv / "bin" / "python"]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    out = tmp_path_factory.mktemp("dist")
    # Without --wheel the wheel is built from the sdist, so the sdist is proven complete as well.
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT], cwd=out)
    [sdist], [wheel] = out.glob("*.tar.gz"), out.glob("*.whl")
    return Distributions(sdist, wheel)


@pytest.fixture(scope="module")
def installation(distributions: Distributions) -> Iterator[Installation]:
    # Not below pytest's own directory: its length would leave no room for the name of a Unix socket, and
    # its mode no way in for the user that root's servers run as.
    scratch = Path(tempfile.mkdtemp(prefix="fl-wheel-"))
    scratch.chmod(0o755)
    venv = scratch / "venv"
    try:
        run([sys.executable, "-m", "venv", "--without-pip", venv], cwd=scratch)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        requirement = f"fifoledger[embedded] @ {distributions.wheel.as_uri()}"
        run([*pip(venv), "install", "--quiet", "--no-compile", requirement], cwd=scratch, env=environment)
        installed = Installation(venv, scratch)
        yield installed
        if installed.server_processes():
            installed.run("fifoledger", "down")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def files_below(directory: Path) -> set[PurePosixPath]:
    return {
        PurePosixPath(path.relative_to(directory).as_posix())
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def names_in(wheel: Path) -> set[PurePosixPath]:
    with zipfile.ZipFile(wheel) as archive:
        return {PurePosixPath(name) for name in archive.namelist()}


@pytest.mark.parametrize(("source", "target"), SHIPPED.items())
def test_the_wheel_carries_every_file_of(source: str, target: str, distributions: Distributions) -> None:
    expected = files_below(ROOT / source)
    carried = {name.relative_to(target) for name in names_in(distributions.wheel) if name.is_relative_to(target)}
    assert expected
    assert carried == expected


def test_the_wheel_carries_the_packages_typed_and_nothing_beside_it(distributions: Distributions) -> None:
    names = names_in(distributions.wheel)
    shipped = tuple(SHIPPED.values())
    for name in PACKAGES:
        package = {PurePosixPath(name) / found for found in files_below(ROOT / name)}
        assert PurePosixPath(name, "py.typed") in package
        assert package == {n for n in names if n.parts[0] == name and not str(n).startswith(shipped)}
    others = {name.parts[0] for name in names} - set(PACKAGES)
    assert [name for name in others if not name.endswith(".dist-info")] == []


def test_the_sdist_carries_what_the_tests_need(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {PurePosixPath(*PurePosixPath(member.name).parts[1:]) for member in archive.getmembers()}
    for directory in ("tests", "sql", "migrations", "docs"):
        missing = {PurePosixPath(directory) / name for name in files_below(ROOT / directory)} - names
        assert missing == set(), directory
    for name in ("LICENSE", "CHANGELOG.md", "docker-compose.yml", "Dockerfile", ".env.example", ".ci/run"):
        assert PurePosixPath(name) in names


def test_the_installed_package_is_the_one_that_runs(installation: Installation) -> None:
    where = installation.run("python", "-c", "import ledger; print(ledger.__file__)")
    assert Path(where.strip()).is_relative_to(installation.venv)
    checked = run([*pip(installation.venv), "check"], cwd=installation.scratch, env=installation.environment())
    assert "No broken requirements found" in checked


def test_help_needs_no_server(installation: Installation) -> None:
    text = installation.run("fifoledger", "--help")
    for command in ("demo", "up", "down", "status", "migrate", "verify"):
        assert command in text


def test_servers_start_migrate_demonstrate_verify_and_stop(installation: Installation) -> None:
    assert installation.server_processes() == []
    installation.run("fifoledger", "up")
    assert installation.server_processes()
    installation.run("fifoledger", "migrate")
    shown = installation.run("fifoledger", "demo")
    # The scale-in day's two trades, however the thousands are set apart.
    digits = re.sub(r"(?<=\d)[ ,_\u202f](?=\d{3})", "", shown)
    assert re.search(r"\b300000\b", digits)
    assert re.search(r"\b40000\b", digits)
    named = re.search(r"^ +\S*psql .*?\n$", shown, re.DOTALL | re.MULTILINE)
    assert named
    closing = shown[named.end() :].replace(str(installation.home), "/var/lib/ledger")
    assert max(map(len, closing.splitlines())) <= 80
    assert "ledger" in run(["bash", "-c", f"{named[0].strip()} --command='\\conninfo'"], cwd=installation.venv)
    installation.run("fifoledger", "verify")
    installation.run("fifoledger", "down")
    assert installation.server_processes() == []
