"""A home: kept, found again under another name, and no trap when it is full."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube
from sandbox.layout import NODE_HOME
from tools.person import Person

NOTICE = "HOME-IS-FULL.md"
FILL = """
with open("/home/jovyan/data", "wb") as file:
    try:
        while True:
            file.write(bytes(4096))
            file.flush()
    except OSError as error:
        print(error.strerror)
"""
# A disk of 32 MiB in a file, which pods of its node use as a local volume.
DISK = NODE_HOME / "small-home"
MAKE_DISK = """
set -eu
truncate -s 32M /node/disk
/sbin/mkfs.ext4 -q -F /node/disk
mkdir -p /node/home
mount -o loop /node/disk /node/home
chmod 777 /node/home
rm -rf /node/home/lost+found
touch /node/ready
exec sleep infinity
"""


def rename(hub: DeployedHub, name: str, new_name: str) -> None:
    """Rename an account by the hub's REST API; a name that is taken is freed first."""
    token = {"Authorization": "token registrar-of-the-tests"}
    with httpx.Client(base_url=f"{hub.url}/hub/api/users/", headers=token) as api:
        api.delete(new_name)
        api.patch(name, json={"name": new_name}).raise_for_status()


def test_a_home_is_kept_when_the_server_stops(hub: DeployedHub) -> None:
    with hub.person("keeper") as person:
        person.start("gaia-dr3")
        person.write("notes.txt", "kept")
        person.stop()
        person.start("gaia-dr3")
        assert person.read("notes.txt")["content"] == "kept"
        person.stop()


def test_a_renamed_account_keeps_its_home(hub: DeployedHub) -> None:
    with hub.person("novice") as person:
        person.start("gaia-dr3")
        namespace = hub.namespace_of("novice").namespace
        person.write("notes.txt", "kept")
        person.stop()
    rename(hub, "novice", "novice-alias")
    with hub.person("novice-alias") as person:
        person.start("gaia-dr3")
        assert hub.namespace_of("novice-alias").namespace == namespace
        assert person.read("notes.txt")["content"] == "kept"
        # Its address still holds the first name, so long as the hub runs.
        person.hub_api("DELETE", "users/novice-alias/server").raise_for_status()


@pytest.fixture(scope="module")
def small_class(hub: DeployedHub) -> Iterator[DeployedHub]:
    """Give the hub's cluster a storage class, small, of one volume: a small disk on a node."""
    node_name = str(hub.kube.list("nodes")[0]["metadata"]["name"])
    kube = Kube("small-disk", hub.kube.image)
    level = "pod-security.kubernetes.io/enforce=privileged"
    kube("create", "namespace", kube.namespace)
    kube("label", "namespace", kube.namespace, level)
    kube.wait("serviceaccount/default", "create")
    kube.create(*_class_and_volume(node_name), _disk_maker(kube, node_name))
    kube.wait("pod/disk", "condition=Ready")
    yield hub
    kube("exec", "disk", "--", "umount", "/node/home")
    kube("delete", "storageclass/small", "persistentvolume/small-home", "--wait=false")
    kube("delete", "namespace", kube.namespace, "--wait=false")


@pytest.fixture(scope="module")
def hoarder(small_class: DeployedHub) -> Iterator[Person]:
    """Somebody who filled their home to the last byte, and started again."""
    small = profile("small", home={"size": "32Mi", "storage_class": "small"})
    with offered(small_class, small), small_class.person("hoarder") as person:
        person.start("small")
        with person.kernel() as kernel:
            assert kernel.run(FILL).text == "No space left on device\n"
        person.stop()
        person.start("small")
        yield person
        person.stop()


def test_a_full_home_still_lets_one_in(hoarder: Person) -> None:
    assert "jupyter-config-data" in hoarder.http.get(f"{hoarder.home}lab").text


def test_a_full_home_still_runs_a_kernel(hoarder: Person) -> None:
    with hoarder.kernel() as kernel:
        assert kernel.run("print(6 * 7)").text == "42\n"


def test_jupyterlab_opens_a_note_that_says_what_is_full(hoarder: Person) -> None:
    page = hoarder.http.get(hoarder.home)
    assert page.url.path.endswith(f"/lab/tree/{NOTICE}")


def test_a_file_in_the_home_says_how_to_free_it(hoarder: Person) -> None:
    note = hoarder.read(NOTICE)["content"]
    assert "Your home is full" in note
    assert "du -ah ~" in note


def test_when_there_is_room_again_the_note_is_gone(hoarder: Person) -> None:
    hoarder.api("DELETE", "contents/data")
    hoarder.stop()
    hoarder.start("small")
    hoarder.write("saved.txt", "saved")
    assert NOTICE not in hoarder.files()


def _class_and_volume(node: str) -> list[dict[str, Any]]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "small"},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "small-home"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "capacity": {"storage": "32Mi"},
                "storageClassName": "small",
                "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": str(DISK / "home")},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            },
        },
    ]


def _disk_maker(kube: Kube, node: str) -> dict[str, Any]:
    folder = {"name": "node", "hostPath": {"path": str(DISK), "type": "DirectoryOrCreate"}}
    pod = kube.pod(
        "disk",
        *("sh", "-c", MAKE_DISK),
        nodeName=node,
        volumes=[folder],
        mounts=[{"name": "node", "mountPath": "/node", "mountPropagation": "Bidirectional"}],
        container={
            "securityContext": {"privileged": True, "runAsUser": 0},
            "readinessProbe": {"exec": {"command": ["test", "-e", "/node/ready"]}},
        },
    )
    pod["spec"]["securityContext"] = {}
    found: dict[str, Any] = json.loads(json.dumps(pod))
    return found
