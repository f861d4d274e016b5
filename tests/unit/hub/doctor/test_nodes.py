"""A truth table of which pods can ever run where."""

from typing import Any

import pytest

from astroflow_core.profile import Profile
from astroflow_hub.doctor.hub import Account, Hub
from astroflow_hub.doctor.nodes import Node, Room, Taint, misfits

GIB = 2**30
BIG = Node("big", Room(16, 64 * GIB), {"kind": "cpu"})
SMALL = Node("small", Room(2, 8 * GIB), {"kind": "cpu"})
GPU = Node("gpu", Room(16, 64 * GIB), {"kind": "gpu"}, (Taint("gpu", "yes", "NoSchedule"),))
TOLERATES_GPU = [{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}]
SIZES = {
    "display_name": "Size",
    "choices": {
        "small": {"display_name": "Small", "cpu": {"guarantee": 1}},
        "large": {"display_name": "Large", "cpu": {"guarantee": 8}},
    },
}


def hub(**fields: Any) -> Hub:
    profile = Profile.model_validate(
        {"slug": "stars", "display_name": "Stars", "catalogues": ["gaia"], **fields}
    )
    return Hub(Account("astroflow", "hub"), (profile,), "registry/astroflow:1")


def problems(fields: dict[str, Any], *nodes: Node) -> list[str]:
    return [f.says for v in hub(**fields).variants() for f in misfits(v, list(nodes))]


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        ({}, [SMALL]),
        ({"cpu": {"guarantee": 2}, "memory": {"guarantee": "8g"}}, [SMALL]),
        ({"cpu": {"guarantee": 1, "limit": 100}}, [SMALL]),
        ({"cpu": {"guarantee": 8}}, [SMALL, BIG]),
        ({"spark": {"cores": 16, "memory": "64g"}}, [BIG]),
        ({"tolerations": TOLERATES_GPU}, [GPU]),
        ({"tolerations": [{"operator": "Exists"}]}, [GPU]),
        ({"tolerations": [{"key": "gpu", "operator": "Exists"}]}, [GPU]),
    ],
)
def test_what_fits_is_no_problem(fields: dict[str, Any], nodes: list[Node]) -> None:
    assert problems(fields, *nodes) == []


@pytest.mark.parametrize(
    ("fields", "nodes", "says"),
    [
        (
            {"cpu": {"guarantee": 3}},
            [SMALL],
            "asks for 3 cores and 0.0 GiB; the largest node, small, has 2 cores and 8.0 GiB",
        ),
        ({"cpu": {"limit": 3}}, [SMALL], "its notebook asks for 3 cores"),
        ({"memory": {"limit": "9g"}}, [SMALL], "its notebook asks for 0 cores and 9.0 GiB"),
        ({"spark": {"cores": 5}}, [SMALL], "its Spark executor asks for 5 cores and 1.0 GiB"),
        ({"dask": {"memory": "70g"}}, [BIG], "its Dask worker asks for 1 cores and 70.0 GiB"),
        ({"options": {"size": SIZES}}, [SMALL], "its notebook asks for 8 cores"),
        ({"cpu": {"guarantee": 8}, "node_selector": {"kind": "cpu"}}, [GPU, SMALL], "small, has 2"),
    ],
)
def test_what_no_node_can_hold_is_told(
    fields: dict[str, Any], nodes: list[Node], says: str
) -> None:
    (found,) = problems(fields, *nodes)
    assert says in found


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "every node has a taint that it does not tolerate"),
        ({"tolerations": [{"key": "gpu", "value": "no"}]}, "every node has a taint"),
        ({"node_selector": {"kind": "fpga"}, "tolerations": TOLERATES_GPU}, "kind=fpga"),
    ],
)
def test_a_node_that_lets_no_pod_in_is_none(fields: dict[str, Any], says: str) -> None:
    found = problems(fields, GPU)
    assert len(found) == len(["notebook", "executor", "worker"])
    assert says in found[0]
