"""Every point of every story: python -m tests.killing [--story NAME] [--points A-B]

A reconciliation is killed at each of its statements, before and after the server has done it, and run again; then the
ledger must be what it is without being disturbed.
"""

import argparse
import asyncio
import sys
import time

from ledger.embedded import scoped
from ledger.migrate import upgrade
from tests.killing.events import STORIES, Story
from tests.killing.points import kill_at, open_ground
from tests.servers import create_database, empty_redis_database


async def _run(story: Story, numbers: range | None) -> int:
    """Kills at all points of a story and tells what was wrong; answers at how many."""
    with scoped() as servers:
        upgrade(create_database(servers.database_url, "template"))
        redis_url = empty_redis_database(servers.redis_url)

        def make() -> str:
            return create_database(servers.database_url, f"{story.name}_before", "template")

        wrong, began = 0, time.monotonic()
        async with open_ground(story, make, servers.database_url, redis_url) as ground:
            points = [point for point in ground.points if numbers is None or point.number in numbers]
            for point in points:
                problems = await kill_at(ground, point)
                wrong += bool(problems)
                if problems:
                    when = "after" if point.answered else "before"
                    text = " ".join(ground.statements[point.number - 1].split())
                    print(
                        f"{story.name}, {when} statement {point.number} ({text[:100]}):",
                        *(problem[:2000] for problem in problems),
                        sep="\n    ",
                    )
        seconds = time.monotonic() - began
        print(
            f"{story.name}: {len(ground.statements)} statements, {len(points)} points, {wrong} wrong, {seconds:.0f} s"
        )
        return wrong


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> int:
    """The exit code is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    parser.add_argument("--story", choices=sorted(STORIES), help="one story; default: all")
    parser.add_argument("--points", type=_numbers, help="numbers of statements, such as 10-20; default: all")
    given = parser.parse_args()
    stories = [STORIES[given.story]] if given.story else list(STORIES.values())
    return 1 if sum([asyncio.run(_run(story, given.points)) for story in stories]) else 0


if __name__ == "__main__":
    sys.exit(main())
