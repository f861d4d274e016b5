"""Several people at once; `benchmarks/many_people.py` has fifty, and a thousand."""

import pytest

from benchmarks.many_people import real_servers
from inside.hub.deployed import DeployedHub

PEOPLE = 8
AT_ONCE = 4


@pytest.mark.timeout(600)
def test_everybody_gets_a_server_and_nobody_anothers(hub: DeployedHub) -> None:
    result = real_servers(hub, PEOPLE, AT_ONCE, "gaia-dr3")
    assert len(result.each) == PEOPLE
