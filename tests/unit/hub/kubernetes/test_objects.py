"""The objects that a person is given, as golden files."""

from collections.abc import Callable
from typing import Any

import pytest

from astroflow_core.profile import Profile
from astroflow_core.server import Memory, Quota
from astroflow_hub.kubernetes.namespace import build_access, build_namespace
from astroflow_hub.kubernetes.person import Person
from astroflow_hub.kubernetes.policies import Network, api_servers, build_policies
from astroflow_hub.kubernetes.quota import build_quota
from astroflow_hub.kubernetes.volumes import build_catalogue, build_home

Golden = Callable[[str, Any], None]
SPACE = "astroflow-hypatia"
SLICES: list[dict[str, Any]] = [
    {
        "endpoints": [{"addresses": ["192.0.2.7"]}, {"addresses": ["2001:db8::7"]}],
        "ports": [{"port": 6443}],
    },
    {"endpoints": None, "ports": None},
]


@pytest.fixture
def network() -> Network:
    return Network(
        hub_namespace="astroflow",
        hub_pods={"app.kubernetes.io/component": "hub"},
        proxy_pods={"app.kubernetes.io/component": "proxy"},
        notebook_pods={"app.kubernetes.io/component": "notebook"},
        notebook_port=8888,
        api_servers=api_servers(SLICES),
    )


def test_namespace(golden: Golden, hypatia: Person) -> None:
    golden("namespace", build_namespace(SPACE, hypatia, "restricted"))


def test_access(golden: Golden) -> None:
    golden("access", build_access(SPACE))


def test_policies(golden: Golden, network: Network) -> None:
    golden("policies", build_policies(SPACE, network))


def test_quota(golden: Golden, profile: Profile) -> None:
    golden("quota", build_quota(SPACE, profile, volumes=2))


def test_home(golden: Golden, hypatia: Person) -> None:
    golden("home", build_home(SPACE, hypatia, "30Gi", "fast"))


def test_home_of_the_default_storage_class_names_none(hypatia: Person) -> None:
    assert "storageClassName" not in build_home(SPACE, hypatia, "30Gi", None)["spec"]


def test_catalogue(golden: Golden) -> None:
    source = {"nfs": {"server": "nfs.example.org", "path": "/gaia-dr3"}, "mountOptions": ["hard"]}
    golden("catalogue", build_catalogue(SPACE, "gaia-dr3", source))


def test_api_servers_are_found_in_every_slice() -> None:
    assert api_servers(SLICES) == (("192.0.2.7", 6443), ("2001:db8::7", 6443))


def test_memory_that_is_guaranteed_without_a_limit_fits_the_default(profile: Profile) -> None:
    greedy = profile.model_copy(update={"memory": Memory(guarantee="900g")})
    (limits,) = build_quota(SPACE, greedy, volumes=1)[-1]["spec"]["limits"]
    assert limits["default"]["memory"] == limits["max"]["memory"] == f"{900 * 1024}Mi"


def test_quota_of_the_profile_replaces_what_is_derived(profile: Profile) -> None:
    stated = profile.model_copy(update={"quota": Quota(cpu=3, memory="5g", pods=7)})
    hard = build_quota(SPACE, stated, volumes=1)[0]["spec"]["hard"]
    assert (hard["requests.cpu"], hard["limits.memory"], hard["pods"]) == ("3", "5120Mi", "7")
