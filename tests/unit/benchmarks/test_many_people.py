"""What the benchmark of many people says and pretends; it runs on a cluster."""

from types import SimpleNamespace

from astroflow_core.profile import Profile
from benchmarks.many_people import SMALL, Result
from benchmarks.many_people_node import NODE, PROFILE, _running, _volume

POD = SimpleNamespace(
    spec=SimpleNamespace(containers=[SimpleNamespace(name="notebook", image="astroflow")])
)
CLAIM = SimpleNamespace(
    metadata=SimpleNamespace(uid="4711", namespace="astroflow-ada", name="home"),
    spec=SimpleNamespace(
        access_modes=["ReadWriteOnce"],
        resources=SimpleNamespace(requests={"storage": "16Mi"}),
    ),
)


def test_a_result_is_told_with_its_costs() -> None:
    result = Result("spawns", 12.4, (1.0, 2.5, 9.0), {"hub: CPU s": 3.1})
    assert str(result) == (
        "spawns: 3 in 12 s; each 2.50 s (median), 9.00 s (slowest)\n    hub: CPU s: 3.1"
    )


def test_profiles_of_the_crowd_are_valid_and_only_one_goes_to_the_pretended_node() -> None:
    assert Profile.model_validate(SMALL).node_selector == {}
    assert set(Profile.model_validate(PROFILE).node_selector.values()) == {NODE}


def test_a_pretended_pod_is_ready_at_the_address_given() -> None:
    status = _running(POD, "192.0.2.7")
    assert (status["phase"], status["podIP"]) == ("Running", "192.0.2.7")
    assert [(c["name"], c["ready"]) for c in status["containerStatuses"]] == [("notebook", True)]


def test_a_pretended_volume_is_for_its_claim_alone() -> None:
    spec = _volume(CLAIM)["spec"]
    assert spec["claimRef"] == {"namespace": "astroflow-ada", "name": "home"}
    assert spec["capacity"] == {"storage": "16Mi"}
