"""Statement boundaries as scenarios: one for each kind of write."""

from alembic.config import Config
from alembic.script import ScriptDirectory

from ledger.queries import resource_root
from tests.faults.boundaries.points import Ground, Point, kill_at, open_ground
from tests.faults.boundaries.subjects import Subject, import_subject, migration_subject, write_subject
from tests.faults.boundaries.writes import WRITES
from tests.faults.scenario import Run

_SAMPLE = 1  # points of each subject in the quick form


def writes(run: Run) -> None:
    """Each kind of write of a bot."""
    for name in run.random.sample(sorted(WRITES), 4) if run.quick else WRITES:
        _kill_everywhere(run, write_subject(name))


def imports(run: Run) -> None:
    """An import."""
    _kill_everywhere(run, import_subject(run.seed))


def migrations(run: Run) -> None:
    """From nothing, and from each older version, to today's."""
    scripts = [*ScriptDirectory.from_config(_config()).walk_revisions()]
    revisions = ["base", *(script.revision for script in reversed(scripts[1:]))]
    for revision in run.random.sample(revisions, 1) if run.quick else revisions:
        _kill_everywhere(run, migration_subject(revision))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_root("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def _kill_everywhere(run: Run, subject: Subject) -> None:
    with open_ground(subject, run.servers) as ground:
        run.counts["statements"] += len(ground.statements)
        run.counts["changes of rows"] += ground.changes
        for point in run.random.sample(ground.points, _SAMPLE) if run.quick else run.of_part(ground.points):
            _kill(run, ground, point)


def _kill(run: Run, ground: Ground, point: Point) -> None:
    run.counts[f"{point.way} killed"] += 1
    where = f"{ground.subject.name}, {point.way} killed {ground.text_at(point)}"
    try:
        problems = kill_at(ground, point)
    except (AssertionError, TimeoutError) as error:
        problems = [str(error)]
    run.problems += [f"{where}: {problem[:1000]}" for problem in problems]
