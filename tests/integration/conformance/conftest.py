from collections.abc import AsyncIterator

import pytest

from tests.integration.conformance.subjects import SUBJECTS, Subject


@pytest.fixture(params=sorted(SUBJECTS))
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """Every implementation in turn."""
    async with SUBJECTS[request.param]() as one:
        yield one
