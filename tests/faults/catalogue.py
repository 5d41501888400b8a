"""All scenarios, by name, in the order in which they run.

One more needs a function, a line here, and a line in the table of docs/reliability.md.
"""

from collections.abc import Mapping

from tests.faults import clocks, soak
from tests.faults.boundaries import scenarios as boundaries
from tests.faults.reconciliation import scenarios as reconciliation
from tests.faults.scenario import Scenario
from tests.faults.servers import cache, failover, network, pooler, postgres, power, slow

SCENARIOS: Mapping[str, Scenario] = {
    "writes": boundaries.writes,
    "imports": boundaries.imports,
    "migrations": boundaries.migrations,
    "reconciliations": reconciliation.reconciliations,
    "concurrency": postgres.concurrency,
    "crashes": postgres.crashes,
    "connection_limit": postgres.connection_limit,
    "disk_full": postgres.disk_full,
    "slow_disk": slow.slow_disk,
    "power_cut": power.power_cut,
    "failover": failover.failover,
    "pooler": pooler.pooler,
    "cache": cache.cache,
    "network": network.network,
    "times": clocks.times,
    "clock_jumps": clocks.clock_jumps,
    "soak": soak.soak,
}
