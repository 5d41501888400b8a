"""Health, status and metrics over HTTP: reading only, and only for this machine unless told otherwise."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from ledger.errors import ConfigurationError
from reconcile.service.masking import Masker
from reconcile.service.metrics import Metrics
from reconcile.service.status import ServiceStatus

_SHUTDOWN = 1.0  # seconds that an answer under way is given
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(status: ServiceStatus, metrics: Metrics, masker: Masker | None = None) -> web.Application:
    """The aiohttp application: /healthz, /readyz, /status and /metrics.

    Args:
        status: read at each request.
        metrics: rendered at each request.
        masker: hides secrets in what jobs and reconciliations left as reasons; None: one that knows no secret.
    """
    masked = masker or Masker()

    async def healthz(_: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        reasons = status.not_ready()
        document = {"ready": not reasons, "not_ready": masked.value(reasons)}
        return _json(document, 503 if reasons else 200)

    async def whole_status(_: web.Request) -> web.Response:
        return _json(masked.value(status.document()))

    async def exposition(_: web.Request) -> web.Response:
        body, content_type = metrics.render()
        return web.Response(body=body, headers={**_HEADERS, "Content-Type": content_type})

    app = web.Application(middlewares=[_errors_as_json])
    for path, handler in {
        "/healthz": healthz,
        "/readyz": readyz,
        "/status": whole_status,
        "/metrics": exposition,
    }.items():
        app.router.add_get(path, handler)  # HEAD, too
    return app


@asynccontextmanager
async def serving(
    host: str, port: int, status: ServiceStatus, metrics: Metrics, masker: Masker | None = None
) -> AsyncIterator[int]:
    """Listens while the block runs, and yields the port (given 0: one that was free).

    Raises ConfigurationError if the address cannot be listened on.
    """
    runner = web.AppRunner(make_app(status, metrics, masker), access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigurationError(
                f"SERVICE_HOST, SERVICE_PORT: cannot listen on {host} port {port}: {error.strerror or error}"
            ) from None
        bound: int = runner.addresses[0][1]
        yield bound
    finally:
        await runner.cleanup()


def _json(document: Any, status: int = 200) -> web.Response:
    return web.json_response(document, status=status, headers=_HEADERS, dumps=_dumps)


def _dumps(document: Any) -> str:
    return json.dumps(document, allow_nan=False)


@web.middleware
async def _errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        answer = _json({"error": error.reason}, error.status)
        if isinstance(error, web.HTTPMethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return answer
