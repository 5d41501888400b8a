"""What `fifoledger demo` shows: a trading day, bad luck, and real executions, on real servers."""

from ledger.demo.run import run

__all__ = ["run"]
