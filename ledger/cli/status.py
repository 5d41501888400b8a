"""`status`: what runs, and what is in it."""

from typing import Any

import typer
from pydantic import SecretStr
from redis.exceptions import RedisError
from rich.markup import escape
from rich.text import Text

from ledger import embedded
from ledger.cache.audit import CacheAuditor
from ledger.cli.exits import ExitCode, exit_code
from ledger.cli.masking import mask_database_url, mask_redis_url
from ledger.cli.opening import database, require_answer, url_of
from ledger.cli.options import Json
from ledger.cli.output import cell, output, print_json
from ledger.database import Query
from ledger.embedded import EmbeddedUnavailableError, ServerStatus
from ledger.errors import LedgerError, PermissionDeniedError, SchemaError
from ledger.settings import Settings, load_settings

_PLACES = {"home": "home", "data": "data_dir", "logs": "log_dir"}


def status(as_json: Json = False) -> None:
    """Show which servers are used, whether they answer, and what the ledger holds. Starts nothing.

    Ends with exit code 0 if the database answers and its schema is this version's, 3 if the schema is missing or
    another or the extra for embedded servers is not installed, 4 if the database does not run or does not answer.

    Example:
      fifoledger status --json
    """
    settings = load_settings()
    code, report = _report(settings)
    if as_json:
        print_json(report)
    else:
        _print(report)
    raise typer.Exit(code)


def _report(settings: Settings) -> tuple[ExitCode, dict[str, Any]]:
    servers, missing = None, None
    if settings.database_url is None:
        try:
            servers = embedded.status(settings.home)
            settings = _with_running(settings, servers)
        except EmbeddedUnavailableError as error:
            missing = error
    code, found = _database_report(settings, missing)
    return code, {
        "ok": code is ExitCode.OK,
        "database": found,
        "cache": _cache_report(settings),
        "embedded": _embedded_report(servers) if servers else None,
    }


def _with_running(settings: Settings, servers: ServerStatus) -> Settings:
    found: dict[str, Any] = {}
    if servers.database_url is not None:
        found["database_url"] = SecretStr(servers.database_url)
    if servers.redis_url is not None and settings.redis_url is None:
        found["redis_url"] = SecretStr(servers.redis_url)
    return settings.model_copy(update=found)


def _database_report(settings: Settings, missing: EmbeddedUnavailableError | None) -> tuple[ExitCode, dict[str, Any]]:
    if missing is not None:  # then `fifoledger up` would be no help
        problem = f"LEDGER_DATABASE_URL is not set, and {missing}"
        return exit_code(missing), {"url": None, "answers": False, "problem": problem}
    if settings.database_url is None:
        problem = "LEDGER_DATABASE_URL is not set and the embedded servers do not run; fifoledger up starts them"
        return ExitCode.UNAVAILABLE, {"url": None, "answers": False, "problem": problem}
    url = url_of(settings)
    report: dict[str, Any] = {"url": mask_database_url(url), "answers": False, "problem": None}
    try:
        require_answer(settings)
        report["answers"] = True
        with database(settings) as opened:
            report |= opened.query(Query("server_overview"))[0]
            _check_schema(url, report)
            report["ledger"] = opened.query(Query("report_overview"))[0]
    except LedgerError as error:
        report["problem"] = str(error)
        return exit_code(error), report
    return ExitCode.OK, report


def _check_schema(url: str, report: dict[str, Any]) -> None:
    from ledger.migrate import current_revision, head_revision, is_current  # takes a fifth of a second

    report |= {"revision": None, "newest_revision": head_revision()}
    try:
        report["revision"] = current_revision(url)
        current = is_current(url)
    except PermissionDeniedError:
        return  # a bot's login need not see it; whether the ledger answers is asked next
    if not current:
        found = "missing" if report["revision"] is None else "another version's"
        raise SchemaError(f"the schema is {found}: run fifoledger migrate")


def _cache_report(settings: Settings) -> dict[str, Any]:
    if settings.redis_url is None:
        return {"url": None, "answers": False, "version": None, "problem": None}
    report: dict[str, Any] = {
        "url": mask_redis_url(settings.redis_url.get_secret_value()),
        "answers": False,
        "version": None,
        "problem": None,
    }
    try:
        auditor = CacheAuditor(settings)
    except ValueError:
        return report | {"problem": "LEDGER_REDIS_URL is not a redis://, rediss:// or unix:// URL"}
    try:
        return report | {"answers": True, "version": auditor.server_version()}
    except (RedisError, OSError) as error:
        return report | {"problem": f"Redis did not answer ({type(error).__name__}); positions come from PostgreSQL"}
    finally:
        auditor.close()


def _embedded_report(servers: ServerStatus) -> dict[str, Any]:
    return {
        "home": servers.home,
        "data_dir": servers.data_dir,
        "log_dir": servers.log_dir,
        "postgres_pid": servers.postgres_pid,
        "postgres_version": servers.postgres_version,
        "redis_pid": servers.redis_pid,
        "redis_version": servers.redis_version,
    }


def _print(report: dict[str, Any]) -> None:
    console, lines = output(), _lines(report)
    indent = max(len(name) for name, _ in lines)
    for name, value in lines:
        line = Text(f"{name:<{indent}}  ", style="bold", end="")
        console.print(line, value, sep="", soft_wrap=True)  # paths and URLs stay whole, to be copied


def _lines(report: dict[str, Any]) -> list[tuple[str, Any]]:
    found, cache, servers = report["database"], report["cache"], report["embedded"]
    lines: list[tuple[str, Any]] = [
        ("database", _state(found)),
    ]
    if found["url"]:
        lines.append(("", cell(found["url"])))
    if "version" in found:
        lines.append(
            ("", f"PostgreSQL {found['version']}, {found['size_bytes'] / 2**20:,.1f} MiB, as {found['login']}")
        )
    if "revision" in found:
        lines.append(("schema", f"{found['revision'] or 'not seen'} (newest: {found['newest_revision']})"))
    lines.append(("cache", _state(cache) if cache["url"] else "does not run" if servers else "not used"))
    if cache["url"]:
        lines.append(("", cell(cache["url"])))
    if servers:
        lines.append(("embedded", f"PostgreSQL {_process(servers['postgres_pid'])}"))
        lines.append(("", f"Valkey {_process(servers['redis_pid'])}"))
        lines += [(name, cell(servers[key])) for name, key in _PLACES.items()]
    for name, value in found.get("ledger", {}).items():
        if name.endswith("_time"):
            lines.append((f"{name.replace('_', ' ')} (UTC)", cell(value, "time")))
        else:
            lines.append((name.replace("_", " "), cell(value, "count")))
    return lines


def _state(part: dict[str, Any]) -> str:
    if part["problem"]:
        return f"[red]{escape(part['problem'])}[/]"
    return "[green]answers[/]"


def _process(pid: int | None) -> str:
    return f"runs, process {pid}" if pid else "does not run"
