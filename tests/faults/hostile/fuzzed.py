"""The process that fuzzes one target: arguments are its name, the servers' URLs, and libFuzzer's own."""

import sys
from collections.abc import Callable
from typing import Any, cast

import atheris


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    name, database_url, redis_url, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["ledger", "reconcile"]):
        from tests.faults.hostile.catalogue import TARGETS
    from hypothesis import HealthCheck, Phase, given, settings

    from tests.faults.hostile.target import Check
    from tests.servers import Servers

    def one_input(check: Check) -> Callable[[bytes], Any]:
        """Bytes as they are, or as what Hypothesis makes of them."""
        if target.values is None:
            return check

        @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        @given(target.values)
        def example(value: Any) -> None:
            check(value)

        return cast("Callable[[bytes], Any]", cast(Any, example).hypothesis.fuzz_one_input)

    target = TARGETS[name]
    with target.opened(Servers(database_url, redis_url)) as check:
        atheris.Setup([sys.argv[0], *options], one_input(check))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
