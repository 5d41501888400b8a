"""The HTTP side: one pipeline for every endpoint."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from reconcile.paper.auth import authenticate
from reconcile.paper.clock import wall_ms
from reconcile.paper.faults import HttpFault
from reconcile.paper.limits import Allowance
from reconcile.paper.params import Params
from reconcile.paper.refusal import Refusal, parameter_error
from reconcile.paper.routes import Caller, Json, Private, Public, account, market, position, trade
from reconcile.paper.venue import Venue

ENDPOINTS: dict[str, Public | Private] = {
    **market.ENDPOINTS,
    **trade.ENDPOINTS,
    **position.ENDPOINTS,
    **account.ENDPOINTS,
}
# A client sleeps until the moment of the reset header by its own clock; it must not be past when it arrives.
_RESET_MARGIN = 100
_BEFORE = frozenset({"status", "ret_code", "timeout", "disconnect"})


class V5:
    """Answers /v5/… requests for a venue."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request: IP limit, faults, signature, rate limit, rules, answer."""
        query = request.raw_path.partition("?")[2]
        body = await request.read()
        with self.venue.lock:
            self.venue.catch_up()
            if self.venue.limits.banned(request.remote or "", self.venue.clock.elapsed()):
                return web.Response(status=403, text="access too frequent")
            fault = self.venue.faults.take_http(request.path, paged="cursor=" in query)
        if fault is not None and fault.kind in _BEFORE and not fault.after:
            return await self._break(request, fault)
        answer, headers = self._answer(request, query, body, fault)
        if fault is None:
            return web.json_response(answer, headers=headers)
        if fault.kind in _BEFORE:
            return await self._break(request, fault)
        return _spoilt(answer, headers, fault, query)

    def _answer(
        self, request: web.Request, query: str, body: bytes, fault: HttpFault | None
    ) -> tuple[Json, dict[str, str]]:
        headers: dict[str, str] = {}
        with self.venue.lock:
            try:
                result = self._result(request, query, body, fault, headers)
            except Refusal as refusal:
                return self._envelope(refusal.code, refusal.message, {}), headers
            return self._envelope(0, "OK", result), headers

    def _result(
        self, request: web.Request, query: str, body: bytes, fault: HttpFault | None, headers: dict[str, str]
    ) -> Json:
        endpoint = ENDPOINTS[request.path]
        given = _body(body) if request.method == "POST" else dict(parse_qsl(query))
        params = Params(given, fault.rows if fault is not None and fault.kind == "overlap" else 0)
        if isinstance(endpoint, Public):
            return endpoint.answer(self.venue, params)
        payload = body if request.method == "POST" else query.encode()
        caller = Caller(*authenticate(self.venue, request.headers, payload))
        allowance = self.venue.limits.allow(
            caller.account.uid, request.path, params.text("category"), self.venue.clock.elapsed()
        )
        headers.update(_limit_headers(allowance))
        if allowance.refused:
            raise Refusal(10006, "Too many visits. Exceeded the API Rate Limit.")
        if endpoint.post and not caller.key.trade:
            raise Refusal(10005, "Permission denied, please check your API key permissions.")
        return endpoint.answer(self.venue, caller, params)

    def _envelope(self, code: int, message: str, result: Json) -> Json:
        now = self.venue.clock.shown()
        return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now}

    async def _break(self, request: web.Request, fault: HttpFault) -> web.StreamResponse:
        if fault.kind == "ret_code":
            headers = _limit_headers(Allowance(1, 0, 0, refused=True))
            return web.json_response(self._envelope(fault.code, fault.message, {}), headers=headers)
        if fault.kind == "status":
            return web.Response(status=fault.code, text=fault.message)
        if fault.kind == "timeout":
            await asyncio.sleep(fault.seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


def _body(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise parameter_error("request body is not a JSON object")
    return given


def _limit_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "X-Bapi-Limit": str(allowance.limit),
        "X-Bapi-Limit-Status": str(allowance.left),
        "X-Bapi-Limit-Reset-Timestamp": str(wall_ms() + int(allowance.wait) + _RESET_MARGIN),
    }


def _spoilt(answer: Json, headers: dict[str, str], fault: HttpFault, query: str) -> web.Response:
    rows = answer["result"].get("list", [])
    if fault.kind == "duplicate" and rows:
        rows.extend(rows[-fault.rows :])
    if fault.kind == "repeat_cursor" and answer["retCode"] == 0:
        sent = next((part[7:] for part in query.split("&") if part.startswith("cursor=")), "")
        answer["result"]["nextPageCursor"] = sent or answer["result"].get("nextPageCursor", "")
    text = json.dumps(answer)
    if fault.kind == "truncated":
        text = text[: len(text) // 2]
    elif fault.kind == "malformed":
        text = "<html>upstream error</html>"
    return web.Response(text=text, content_type="application/json", headers=headers)


def add_routes(app: web.Application, venue: Venue) -> None:
    """Adds every endpoint to the application."""
    answer = V5(venue).answer
    for path, endpoint in ENDPOINTS.items():
        posted = isinstance(endpoint, Private) and endpoint.post
        app.router.add_route("POST" if posted else "GET", path, answer)
