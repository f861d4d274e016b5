"""A server whose node is gone: nobody else would ever say that it ended."""

import pytest

from inside.hub.deployed import DeployedHub, end_told
from inside.hub.offered import offered, profile
from inside.kube import LEAVES_AT_ONCE
from sandbox.layout import NODES, Cluster
from sandbox.processes import kill_node

pytestmark = pytest.mark.alone

SECOND = NODES[1].name
ON_SECOND = profile(
    "on-second",
    node_selector={"kubernetes.io/hostname": SECOND},
    tolerations=LEAVES_AT_ONCE,
)


@pytest.mark.usefixtures("second_node_is_back")
def test_a_server_whose_node_is_lost_says_so(own_cluster: Cluster, hub: DeployedHub) -> None:
    with offered(hub, ON_SECOND), hub.person("castaway") as person:
        person.start("on-second")
        kill_node(own_cluster, NODES[1])
        assert f"its node {SECOND} was lost" in end_told(person)
