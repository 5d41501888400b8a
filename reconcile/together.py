"""Questions that do not depend on each other, asked at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")


@overload
async def together(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B], /) -> tuple[A, B]: ...


@overload
async def together(*asked: Coroutine[Any, Any, A]) -> tuple[A, ...]: ...


async def together(*asked: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """Their answers, in the order of the questions.

    If some fail, the error of the first of them in that order is raised, when all have ended: the same failures are
    the same error, and nothing goes on behind the caller's back.
    """
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return tuple(answers)
