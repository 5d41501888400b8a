"""The power cut is one: what was synced is there after it, and without syncing what was acknowledged is gone."""

import pytest

from ledger import LedgerClient
from tests.faults.crowd.crowd import registered
from tests.faults.scenario import NotPossibleHereError
from tests.faults.servers.disk import power_cut_disk
from tests.faults.servers.power import cut
from tests.fills import SYMBOL, fill
from tests.simulation.servers import crashing_servers


@pytest.mark.parametrize(("fsync", "kept"), [("on", 1), ("off", 0)])
def test_without_fsync_a_power_cut_loses_what_was_acknowledged(fsync: str, kept: int) -> None:
    try:
        with power_cut_disk() as disk, crashing_servers(disk.place, {"fsync": fsync}) as servers:
            url = registered(servers.new_database())
            disk.write_all()
            with LedgerClient("bot", account="main", database_url=url) as client:
                client.record_fill(**fill("f1"))
                cut(disk, servers)
                assert client.get_position(SYMBOL).size == kept
    except NotPossibleHereError as reason:
        pytest.skip(str(reason))
