"""The control surface for other processes: POST /paper/<name of a Control method> with its arguments as JSON."""

from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ArgsKwargs, to_jsonable_python

from reconcile.paper.control import Control


def _actions(control: Control) -> dict[str, TypeAdapter[Any]]:
    names = [name for name in vars(Control) if not name.startswith("_")]
    return {name: TypeAdapter(getattr(control, name)) for name in names}


def add_control(app: web.Application, control: Control) -> None:
    """Adds the control surface. It asks for no key: whoever reaches the port may use it."""
    actions = _actions(control)

    async def act(request: web.Request) -> web.Response:
        action = actions.get(request.match_info["name"])
        if action is None:
            return web.json_response({"error": "no such action", "actions": sorted(actions)}, status=404)
        try:
            given = await request.json() if request.can_read_body else {}
            result = action.validate_python(ArgsKwargs((), given))
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            return web.json_response({"error": "; ".join(problems)}, status=400)
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"result": to_jsonable_python(result)})

    app.router.add_post("/paper/{name}", act)
