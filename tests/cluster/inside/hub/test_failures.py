"""A server that cannot start, or that died: one sentence says why, and soon."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from inside.hub.deployed import DeployedHub, end_told
from inside.hub.offered import offered, profile
from sandbox.layout import REGISTRY
from tools.person import Person, PersonError

IMAGES = os.environ.get("ASTROFLOW_REGISTRY", REGISTRY)
SOON = 90  # seconds; far from start_timeout, which is ten minutes
REFUSED = {
    "too-large": (
        profile("too-large", cpu={"guarantee": 64}, quota={"cpu": 100}),
        "the profile asks for 64 CPUs, more than any node has: the largest offers",
    ),
    "too-much-memory": (
        profile("too-much-memory", memory={"guarantee": "900g"}),
        "the profile asks for 900 GiB of memory, more than any node has",
    ),
    "no-such-image": (
        profile("no-such-image", image=f"{IMAGES}/no-such-image:1"),
        f"the image {IMAGES}/no-such-image:1 is not found in its registry",
    ),
    "beyond-quota": (
        profile("beyond-quota", quota={"memory": "512m"}),
        "your quota is reached: this server asks for limits.memory=1 GiB, you use",
    ),
    "no-such-class": (
        profile("no-such-class", home={"storage_class": "no-such-class"}),
        "the storage class 'no-such-class' of your home does not exist; the cluster has",
    ),
    "no-such-catalogue": (
        profile("no-such-catalogue", catalogues=["gaia-dr9"]),
        "the volume of the catalogue 'gaia-dr9' is missing",
    ),
    "unknown-volume": (
        profile("unknown-volume", catalogues=["unknown"]),
        "the volume of the catalogue 'unknown' is missing: the cluster has no PersistentVolume",
    ),
    "gone-from-node": (
        profile("gone-from-node", catalogues=["gone"]),
        "the volume of the catalogue 'gone' is missing or cannot be mounted",
    ),
    "empty-catalogue": (
        profile("empty-catalogue", catalogues=["empty"]),
        "no catalogue in /mnt/empty: catalogue.yaml is missing",
    ),
    "by-tag": (
        profile("by-tag", image=f"{IMAGES}/astroflow:dev"),
        f"the image {IMAGES}/astroflow:dev is named by a tag",
    ),
    "no-such-node": (
        profile("no-such-node", node_selector={"pool": "gold"}),
        "no node has the labels that the profile asks for",
    ),
}

FILL_TEMPORARY = """
import os
os.posix_fallocate(os.open("/tmp/large", os.O_CREAT | os.O_WRONLY), 0, 1100 * 2**20)
"""
TIGHT = profile("tight", memory={"guarantee": "200m", "limit": "300m"})
STEPS = [
    "Preparing your namespace",
    "Connecting your home and the catalogues",
    "Looking for a node with room for your server",
    "A node has room for your server",
    "The image is on the node",
    "Starting JupyterLab",
]


@pytest.fixture(scope="module", autouse=True)
def crammer(hub: DeployedHub) -> Iterator[Person]:
    """Somebody who fills their temporary folder; kubelets measure those every minute or two."""
    refused = (profile for profile, _ in REFUSED.values())
    with offered(hub, TIGHT, *refused), hub.person("crammer") as person:
        person.start("tight")
        with person.kernel() as kernel:
            assert kernel.run(FILL_TEMPORARY).error is None
        yield person


@pytest.mark.parametrize("slug", REFUSED)
def test_a_server_that_cannot_start_says_why_and_soon(hub: DeployedHub, slug: str) -> None:
    began = time.monotonic()
    with (
        hub.person(f"hapless-{slug}") as person,
        pytest.raises(PersonError) as refused,
    ):
        person.start(slug)
    assert REFUSED[slug][1] in str(refused.value)
    assert time.monotonic() - began < SOON


@pytest.fixture
def victim(hub: DeployedHub) -> Iterator[Person]:
    """Somebody whose server runs, and will not for long."""
    with hub.person("victim") as person:
        person.start("tight")
        yield person


def test_a_server_out_of_memory_says_so(victim: Person) -> None:
    with suppress(httpx.HTTPError):
        victim.write("large", 200_000_000 * "x")
    assert "it ran out of memory, of which it has 300 MiB" in end_told(victim)


def test_a_server_whose_pod_is_removed_says_so(hub: DeployedHub, victim: Person) -> None:
    kube = hub.namespace_of("victim")
    kube("delete", "pod", "--selector=app.kubernetes.io/component=notebook", "--wait=false")
    assert "its pod was removed from the cluster" in end_told(victim)


def test_progress_shows_real_steps(hub: DeployedHub) -> None:
    with hub.person("patience") as person:
        person.choose("tight")
        shown = [step["message"] for step in person.progress()]
        person.hub_api("DELETE", "users/patience/server").raise_for_status()
    assert [step for step in shown if step in STEPS] == STEPS


def test_a_server_that_filled_its_temporary_folder_says_so(crammer: Person) -> None:
    assert "it was evicted from its node: Usage of EmptyDir volume" in end_told(crammer)
