"""One call of pybit: in a thread, within the budget, tried again while that may help, its errors translated."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from weakref import WeakKeyDictionary

import requests
from pybit import unified_trading  # type: ignore[import-untyped]
from pybit.exceptions import FailedRequestError, InvalidRequestError  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_before_delay, wait_random_exponential

from reconcile.bybit.budget import AT_ONCE, Budget, budget_of
from reconcile.bybit.clock import ShiftedSignature, VenueClock
from reconcile.bybit.endpoints import TIME, Endpoint
from reconcile.bybit.settings import BybitSettings
from reconcile.bybit.times import from_ms
from reconcile.errors import ExchangeRefusedError, ExchangeUnavailableError, NotOfferedError
from reconcile.logs import get_logger

log = get_logger(__name__)

_CLOCK = 10002
_TOO_FAST = 10006
_ADDRESS_TOO_FAST = 10018
# 10000 server timeout, 10016 server error, 10019 restarting, 10429 system frequency protection.
_PASSING = frozenset({10000, 10016, 10019, 10429})
# Bad request, wrong key, no such path: the same request will be refused again.
_REFUSALS = frozenset({400, 401, 404, 405})
_NO_SUCH_PATH = frozenset({404, 405})
# 10001 bad parameters, 10005 the key may not, 10404 no such path: of these the venue may still have the other answers.
_NOT_OFFERED = frozenset({10001, 10005, 10404})
_PROMPT = timedelta(seconds=1)  # an answer that took longer says little about the time
_NO_CODE = -1  # pybit takes an empty set of codes to retry for "the default ones"


class _TryAgain(Exception):
    """The call failed in a way that may pass."""


class _Body(BaseModel):
    """The envelope of every answer; pybit reads one without a retCode as a success."""

    model_config = ConfigDict(extra="ignore")

    retCode: int
    time: int = Field(ge=10**12, lt=10**13)  # milliseconds since 1970
    result: dict[str, Any]


@dataclass(frozen=True)
class Span:
    """The range that a call is about, for the error that says what stayed uncovered."""

    since: datetime | None = None
    until: datetime | None = None


class Caller:
    """Asks Bybit's REST interface with one key. Safe to use from several tasks."""

    def __init__(self, settings: BybitSettings, clock: VenueClock) -> None:
        self._settings = settings
        self._clock = clock
        self._http = _client(settings, clock)
        self._budget: Budget = budget_of(str(self._http.endpoint), settings.api_key.get_secret_value())
        # A semaphore serves one event loop; blocking calls have a loop each.
        self._on_their_way: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self.requests = 0

    async def ask(self, endpoint: Endpoint, span: Span | None = None, **parameters: Any) -> dict[str, Any]:
        """The `result` of one answer with retCode 0.

        Raises ExchangeRefusedError when the venue refuses the request itself, ExchangeUnavailableError, with the span
        that stays uncovered, when it gives no readable answer within `patience`.
        """
        return (await self._answer(endpoint, span or Span(), parameters)).result

    async def synchronise(self) -> datetime:
        """The venue's time, asked now; the clock learns it. Raises as `ask` does."""
        return from_ms((await self._answer(TIME, Span(), {})).time)

    def budget(self) -> tuple[int, int] | None:
        """As `Budget.tightest`."""
        return self._budget.tightest()

    async def close(self) -> None:
        """Ends the connections."""
        await asyncio.to_thread(self._http.client.close)

    async def _answer(self, endpoint: Endpoint, span: Span, parameters: Mapping[str, Any]) -> _Body:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_TryAgain),
            wait=wait_random_exponential(multiplier=self._settings.first_wait, max=self._settings.longest_wait),
            stop=stop_before_delay(self._settings.patience),
            before_sleep=_log_retry(endpoint),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._once(endpoint, parameters, span)
        except _TryAgain as problem:
            raise _unavailable(endpoint, str(problem), span) from None
        raise AssertionError("tenacity ended without an answer or an error")

    async def _once(self, endpoint: Endpoint, parameters: Mapping[str, Any], span: Span) -> _Body:
        if not self._clock.known and endpoint is not TIME:
            await self._send(TIME, {}, Span())
        return await self._send(endpoint, parameters, span)

    async def _send(self, endpoint: Endpoint, parameters: Mapping[str, Any], span: Span) -> _Body:
        try:
            body, took, headers = await self._in_turn(endpoint, parameters, span)
        except InvalidRequestError as error:
            raise await self._refusal(endpoint, error) from None
        except FailedRequestError as error:
            raise self._failure(endpoint, error) from None
        except requests.RequestException as error:
            raise _TryAgain(f"no answer ({type(error).__name__})") from None
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            # pybit reads the body before it knows that it is an object with the fields of Bybit's envelope.
            raise _TryAgain(f"malformed answer ({type(error).__name__})") from None
        answer = _read(endpoint, parameters, body)
        if endpoint is TIME or not self._clock.known or took < _PROMPT:
            self._clock.learn(answer.time)
        self._budget.learn(endpoint.path, headers, answer.time)
        return answer

    async def _in_turn(self, endpoint: Endpoint, parameters: Mapping[str, Any], span: Span) -> Any:
        """What pybit answers. A request that waits for its turn counts as on its way: none can come in between."""
        longest = max(self._settings.patience, 1.0)
        async with self._on_their_way.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
            wait = self._budget.reserve(endpoint.path, longest)
            if wait > longest:
                raise _unavailable(endpoint, f"no request is allowed for another {wait:.0f} s", span)
            await asyncio.sleep(wait)
            self.requests += 1
            return await asyncio.to_thread(getattr(self._http, endpoint.method), **parameters)

    async def _refusal(self, endpoint: Endpoint, error: Any) -> Exception:
        code = error.status_code if isinstance(error.status_code, int) else None
        headers = error.resp_headers or {}
        if code == _CLOCK:
            if endpoint is not TIME:
                await self._send(TIME, {}, Span())
            return _TryAgain("the clock was outside the window (10002)")
        if code == _TOO_FAST:
            self._budget.refused(endpoint.path, headers, self._clock.now_ms())
            return _TryAgain("too many requests (10006)")
        if code == _ADDRESS_TOO_FAST:
            self._budget.forbidden(self._settings.forbidden_pause)
            return _TryAgain("too many requests from this address (10018)")
        message = self._masked(str(error.message))
        if code in _PASSING:
            return _TryAgain(f"{message} ({code})")
        kind = NotOfferedError if code in _NOT_OFFERED else ExchangeRefusedError
        return kind(endpoint.path, code, message)

    def _failure(self, endpoint: Endpoint, error: Any) -> Exception:
        status = error.status_code
        if status == 403:
            self._budget.forbidden(self._settings.forbidden_pause)
            return _TryAgain("this address is shut out (HTTP 403)")
        if status in _REFUSALS and error.resp_headers is not None:
            kind = NotOfferedError if status in _NO_SUCH_PATH else ExchangeRefusedError
            return kind(endpoint.path, status, f"HTTP {status}")
        if error.resp_headers is None:
            return _TryAgain("malformed answer (not JSON)")
        return _TryAgain(f"HTTP {status}")

    def _masked(self, text: str) -> str:
        for secret in self._settings.secrets:
            text = text.replace(secret, "***")
        return text[:200]


def _client(settings: BybitSettings, clock: VenueClock) -> Any:
    """The client, with pybit's own retries off: they sleep in the thread and know neither budget nor clock."""
    logger = logging.getLogger("pybit._http_manager")
    before = list(logger.handlers)
    http = unified_trading.HTTP(
        testnet=settings.environment == "testnet",
        demo=settings.environment == "demo",
        api_key=settings.api_key.get_secret_value(),
        api_secret=settings.api_secret.get_secret_value(),
        timeout=settings.timeout,
        recv_window=settings.receive_window,
        max_retries=1,
        retry_codes={_NO_CODE},
        return_response_headers=True,
    )
    for handler in set(logger.handlers) - set(before):
        logger.removeHandler(handler)  # where logs go is the program's matter
    if settings.endpoint:
        http.endpoint = str(settings.endpoint).rstrip("/")
    # Threads share the session, which is safe but for the cookies that it collects; signed requests need none.
    http.client.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    http.client.auth = ShiftedSignature(clock, settings.api_key, settings.api_secret)
    return http


def _read(endpoint: Endpoint, parameters: Mapping[str, Any], body: Any) -> _Body:
    try:
        answer = _Body.model_validate(body)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise _TryAgain(f"malformed answer ({fields or 'not an object'})") from None
    if answer.retCode != 0:
        raise _TryAgain(f"malformed answer (retCode {answer.retCode} as a success)")
    if endpoint.page and not isinstance(answer.result.get("list"), list):
        raise _TryAgain("malformed answer (no list)")
    if not isinstance(answer.result.get("nextPageCursor", ""), str | None):
        raise _TryAgain("malformed answer (the cursor is not a text)")
    asked = parameters.get("category")
    if asked and answer.result.get("category", asked) != asked:
        raise _TryAgain(f"malformed answer (not of category {asked})")
    return answer


def _unavailable(endpoint: Endpoint, problem: str, span: Span) -> ExchangeUnavailableError:
    return ExchangeUnavailableError(endpoint.path, problem, since=span.since, until=span.until)


def _log_retry(endpoint: Endpoint) -> Any:
    def write(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.warning("venue asked again", endpoint=endpoint.path, attempt=state.attempt_number, problem=str(error))

    return write
