"""Reconciliations that are killed at each of their statements, as a scenario."""

import asyncio
from functools import partial

from tests.faults.boundaries.points import crash
from tests.faults.reconciliation.events import STORIES, Story
from tests.faults.reconciliation.points import Ground, Point, kill_at, open_ground
from tests.faults.scenario import Run


def reconciliations(run: Run) -> None:
    """Each story at each statement in each way, and run again: the ledger is what it is without being disturbed."""
    told = run.random.choice(list(STORIES))
    for story in STORIES.values():
        asyncio.run(_story(run, story, at_the_end=story.name == told))


async def _story(run: Run, story: Story, *, at_the_end: bool) -> None:
    async with open_ground(story, run.servers.new_database, run.servers.admin_url, run.servers.redis_url) as ground:
        run.counts["statements"] += len(ground.statements)
        killed = [Point(p.number, p.answered, way) for way in ("client", "backend", "server") for p in ground.points]
        for point in _sample(run, ground, killed, at_the_end=at_the_end) if run.quick else run.of_part(killed):
            await _kill(run, story, ground, point)


def _sample(run: Run, ground: Ground, points: list[Point], *, at_the_end: bool) -> list[Point]:
    """One of them; and at the end those where all is booked and nothing is told, or told and the answer lost."""
    drawn = run.random.choice(points)
    if not at_the_end:
        return [drawn]
    told = next(number for number, text in enumerate(ground.statements, 1) if "save_run" in text)
    return [Point(told, answered=False), Point(told, answered=True, way="backend"), drawn]


async def _kill(run: Run, story: Story, ground: Ground, point: Point) -> None:
    run.counts[f"{point.way} killed"] += 1
    try:
        problems = await kill_at(ground, point, partial(crash, run.servers))
    except TimeoutError as error:
        problems = [str(error)]
    where = f"{story.name}, {point.way} killed {ground.text_at(point)}"
    run.problems += [f"{where}: {problem[:1000]}" for problem in problems]
