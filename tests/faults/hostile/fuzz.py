"""Coverage-guided fuzzing of the borders: `python -m tests.faults.hostile.fuzz [TARGET …] --seconds N --seed N`.

Needs the extra `fuzz` (Atheris). Each target runs in a process of its own, which ends at the first defect; what showed
it is kept, and the command that shows it again is printed. Ends with 1 if there was any.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.hostile.catalogue import TARGETS
from tests.faults.hostile.target import Target
from tests.servers import Servers, running_servers

_LONGEST_INPUT = 1 << 14  # bytes
_HANG = 20  # seconds for one input
_MEMORY = 3000  # megabytes


def main() -> int:
    """Runs the targets that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hostile.fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="; ".join(f"{t.name}: {t.about}" for t in TARGETS.values())
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (1)")
    parser.add_argument("--replay", type=Path, help="a file that showed a defect: tries it alone")
    parser.add_argument(
        "--found", type=Path, default=Path(tempfile.gettempdir()), help="folder for what shows a defect"
    )
    given = parser.parse_args()
    unknown = set(given.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"{min(unknown)} is none of {', '.join(TARGETS)}")
    chosen = [target for name, target in TARGETS.items() if name in given.targets or not given.targets]
    if given.replay and len(chosen) != 1:
        parser.error("--replay needs the one target that the file is for")
    with running_servers(None, None) as servers:
        failed = [t.name for t in chosen if not _fuzzed(t, servers, given)]
    print(f"{len(chosen) - len(failed)} of {len(chosen)} targets without a defect" + "".join(f", {n}" for n in failed))
    return 1 if failed else 0


def _fuzzed(target: Target, servers: Servers, given: argparse.Namespace) -> bool:
    """Whether nothing was found."""
    prefix = given.found / f"fifoledger-{target.name}-"
    limits = [
        f"-timeout={_HANG}",
        f"-rss_limit_mb={_MEMORY}",
        f"-max_len={_LONGEST_INPUT}",
        f"-artifact_prefix={prefix}",
    ]
    with tempfile.TemporaryDirectory(prefix="fifoledger_fuzz_") as grown:
        folders = [grown] + ([str(target.corpus[0].parent)] if target.corpus else [])
        if target.values is not None:
            _seed(Path(grown), given.seed)
            limits.append("-len_control=0")
        what = (
            [str(given.replay)]
            if given.replay
            else [f"-max_total_time={given.seconds}", f"-seed={given.seed}", *folders]
        )
        ended = subprocess.run(
            [sys.executable, "-m", "tests.faults.hostile.fuzzed", target.name, servers.admin_url, servers.redis_url,
             *limits, "-print_final_stats=1", *what],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        inputs = len(list(Path(grown).iterdir()))
    if ended.returncode == 0:
        print(
            f"{target.name:<10} {_tried(ended.stderr)} inputs tried, {inputs} kept for new coverage: no defect",
            flush=True,
        )
        return True
    artifact = next(
        (line.split()[-1] for line in ended.stderr.splitlines() if "Test unit written to" in line), "(none)"
    )
    print(ended.stdout[-4000:], ended.stderr[-6000:], sep="\n")
    print(f"{target.name}: ended with {ended.returncode}")
    print(
        f"{target.name}: a defect. Again: python -m tests.faults.hostile.fuzz {target.name} --replay {artifact}",
        flush=True,
    )
    return False


def _seed(folder: Path, seed: int) -> None:
    """Something to begin with that is long enough to make a value of."""
    chance = random.Random(seed)
    for number, size in enumerate((64, 256, 1024, 4096) * 4):
        (folder / f"seed{number}").write_bytes(chance.randbytes(size))


def _tried(log: str) -> str:
    found = [line.split()[-1] for line in log.splitlines() if line.startswith("stat::number_of_executed_units")]
    return found[0] if found else "?"


if __name__ == "__main__":
    sys.exit(main())
