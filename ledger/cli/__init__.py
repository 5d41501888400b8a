"""The command line: `fifoledger`."""

from ledger.cli.app import app, main

__all__ = ["app", "main"]
