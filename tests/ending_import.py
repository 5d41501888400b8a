"""`fifoledger` in a process of its own that is sent a signal: SIGNAL THREAD NUMBER ARGUMENT…

The signal comes at the NUMBER-th exchange with the server that threads of this name have.
"""

import os
import sys
import threading
from typing import Any

import psycopg

from ledger.cli import main
from reconcile.history import tasks


def run() -> None:
    signal_number, name, number = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    sys.argv = ["fifoledger", *sys.argv[4:]]
    tasks.FILLS_AT_ONCE = 20
    exchanges = 0
    wait = psycopg.Connection.wait

    def counted(self: Any, *args: Any, **more: Any) -> Any:
        nonlocal exchanges
        if threading.current_thread().name.startswith(name):
            exchanges += 1
            if exchanges == number:
                os.kill(os.getpid(), signal_number)
        return wait(self, *args, **more)

    psycopg.Connection.wait = counted  # type: ignore[method-assign]
    main()


if __name__ == "__main__":
    run()
