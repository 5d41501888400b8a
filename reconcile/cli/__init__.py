"""The commands that this package adds to `fifoledger`, whose command line finds them as an entry point."""

from ledger.cli.lazy import LazyCommand

_EXCHANGE, _PAST = "The exchange", "The past"

COMMANDS = (
    LazyCommand("reconcile", "reconcile.cli.reconcile:reconcile", _EXCHANGE),
    LazyCommand("orders", "reconcile.cli.orders:orders", _EXCHANGE),
    LazyCommand("findings", "reconcile.cli.findings:app", _EXCHANGE),
    LazyCommand("coverage", "reconcile.cli.coverage:coverage", _EXCHANGE),
    LazyCommand("quarantine", "reconcile.cli.quarantine:app", _EXCHANGE),
    LazyCommand("accounts", "reconcile.cli.accounts:app", _EXCHANGE),
    LazyCommand("serve", "reconcile.cli.serve:serve", _EXCHANGE),
    LazyCommand("paper", "reconcile.cli.paper:paper", _EXCHANGE),
    LazyCommand("import", "reconcile.cli.importing:app", _PAST),
    LazyCommand("legacy", "reconcile.cli.legacy:app", _PAST),
)
