"""`up` and `down`: the embedded servers."""

from rich.markup import escape

from ledger import embedded
from ledger.cli.masking import mask_database_url, mask_redis_url
from ledger.cli.options import Json
from ledger.cli.output import output, print_json, remark
from ledger.embedded import EmbeddedUnavailableError
from ledger.settings import load_settings


def up(as_json: Json = False) -> None:
    """Start the embedded PostgreSQL and cache, and bring the schema up to date.

    They run in the background until fifoledger down, are shared by all programs of this user, and keep their data in
    LEDGER_HOME (default: your user data directory), or, for root where the servers' user cannot enter that, in the
    directory that this command and fifoledger status show. Starting what runs already does nothing.

    Example:
      fifoledger up
    """
    from ledger.migrate import upgrade  # takes a fifth of a second

    settings = load_settings()
    if settings.database_url is not None:
        remark("note: LEDGER_DATABASE_URL is set, so bots and commands use that server and not the embedded one")
    servers = embedded.start(settings.home)
    migrated = upgrade(servers.database_url)
    data_dir = embedded.status(settings.home).data_dir
    if as_json:
        print_json(
            {
                "database_url": servers.database_url,
                "redis_url": servers.redis_url,
                "home": servers.home,
                "data_dir": data_dir,
                "postgres_version": servers.postgres_version,
                "redis_version": servers.redis_version,
                "migrated": migrated,
            }
        )
        return
    console = output()
    console.print(f"[green]up[/] PostgreSQL {servers.postgres_version} and Valkey {servers.redis_version}")
    console.print(f"   database  {escape(mask_database_url(servers.database_url))}", soft_wrap=True)
    console.print(f"   cache     {escape(mask_redis_url(servers.redis_url))}", soft_wrap=True)
    console.print(f"   home      {escape(str(servers.home))}", soft_wrap=True)
    console.print(f"   data      {escape(str(data_dir))}", soft_wrap=True)
    console.print("   schema    " + ("brought up to date" if migrated else "up to date"))


def down(as_json: Json = False) -> None:
    """Stop the embedded servers. Their data stays; nothing is lost.

    Stopping what does not run is no error. Servers named by LEDGER_DATABASE_URL are never touched.

    Example:
      fifoledger down
    """
    home = load_settings().home
    try:
        before = embedded.status(home)
    except EmbeddedUnavailableError:
        _print_nothing_to_stop(as_json)
        return
    ran = before.postgres_pid is not None or before.redis_pid is not None
    embedded.stop(home)
    if as_json:
        print_json({"home": before.home, "stopped": ran})
        return
    text = "[green]stopped[/]" if ran else "nothing was running"
    output().print(f"{text}; data stay in {escape(str(before.data_dir))}", soft_wrap=True)


def _print_nothing_to_stop(as_json: bool) -> None:
    """Without the extra nothing was ever started from this environment, which is no reason to install it."""
    if as_json:
        print_json({"home": None, "stopped": False})
        return
    output().print(
        "nothing to stop: the embedded servers (extra `embedded`) are not installed in this Python environment",
        soft_wrap=True,
    )
