"""A node that exists in the API alone: its pods are said to run, and none does.

The scheduler, quotas, policies and volumes are the cluster's own. What a kubelet and a volume
provisioner would do is done here, in the API. All pods are said to have the address of one real
pod, which answers the hub's question whether a server is up.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client import ApiException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

NODE = "pretended"
TAINT = {"key": "astroflow.org/pretended", "value": "yes", "effect": "NoSchedule"}
STORAGE_CLASS = "pretended"
PROFILE = {
    "slug": "pretended",
    "display_name": "A pod that is only said to run",
    "catalogues": ["gaia-dr3"],
    "image": "pretended",
    "home": {"size": "16Mi", "storage_class": STORAGE_CLASS},
    "node_selector": {"kubernetes.io/hostname": NODE},
    "tolerations": [{"key": TAINT["key"], "operator": "Exists"}],
}
_ROOM = {"cpu": "10000", "memory": "100Ti", "pods": "100000", "ephemeral-storage": "100Ti"}
_HEARTBEAT = 10  # seconds


@contextmanager
def pretended_node(address: str) -> Iterator[None]:
    """Have the node, and play its kubelet, for as long as the context lasts."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    task = asyncio.run_coroutine_threadsafe(_play(address), loop)
    try:
        yield
    finally:
        task.cancel()
        asyncio.run_coroutine_threadsafe(_remove(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _play(address: str) -> None:
    async with _connected() as api:
        core = client.CoreV1Api(api)
        await _create(core.create_node(_node()))
        await _create(client.StorageV1Api(api).create_storage_class(_storage_class()))
        await asyncio.gather(_beat(core), _run_pods(core, address), _make_volumes(core))


async def _remove() -> None:
    async with _connected() as api:
        core = client.CoreV1Api(api)
        await core.delete_node(NODE)
        await client.StorageV1Api(api).delete_storage_class(STORAGE_CLASS)


@asynccontextmanager
async def _connected() -> AsyncIterator[client.ApiClient]:
    configuration = client.Configuration()
    await config.load_kube_config(client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield api


async def _create(call: Any) -> None:
    try:
        await call
    except ApiException as error:
        if error.status != 409:  # noqa: PLR2004 (there already)
            raise


def _node() -> Any:
    metadata = {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}}
    return {"metadata": metadata, "spec": {"taints": [TAINT]}}


def _storage_class() -> Any:
    return {
        "metadata": {"name": STORAGE_CLASS},
        "provisioner": f"astroflow.org/{STORAGE_CLASS}",
        "volumeBindingMode": "Immediate",
        "reclaimPolicy": "Delete",
    }


async def _beat(core: client.CoreV1Api) -> None:
    while True:
        now = datetime.now(UTC).isoformat()
        ready = {"type": "Ready", "status": "True", "reason": "Pretended"}
        condition = {**ready, "lastHeartbeatTime": now, "lastTransitionTime": now}
        status = {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [condition]}
        await core.patch_node_status(NODE, {"status": status})
        await asyncio.sleep(_HEARTBEAT)


async def _run_pods(core: client.CoreV1Api, address: str) -> None:
    """Say of each pod of the node that it runs, and remove those that are to go."""
    here = f"spec.nodeName={NODE}"
    async for event in _watch(core.list_pod_for_all_namespaces, field_selector=here):
        pod = event["object"]
        name, namespace = pod.metadata.name, pod.metadata.namespace
        if event["type"] == "DELETED":
            continue
        if pod.metadata.deletion_timestamp:
            await core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)
        elif pod.status.phase == "Pending":
            status = {"status": _running(pod, address)}
            await core.patch_namespaced_pod_status(name, namespace, status)


def _running(pod: Any, address: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    statuses = [
        {
            "name": container.name,
            "image": container.image,
            "imageID": container.image,
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": now}},
        }
        for container in pod.spec.containers
    ]
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}],
        "containerStatuses": statuses,
    }


async def _make_volumes(core: client.CoreV1Api) -> None:
    listing = core.list_persistent_volume_claim_for_all_namespaces
    async for event in _watch(listing):
        claim = event["object"]
        is_ours = claim.spec.storage_class_name == STORAGE_CLASS
        if is_ours and claim.status.phase == "Pending" and event["type"] == "ADDED":
            await _create(core.create_persistent_volume(_volume(claim)))


def _volume(claim: Any) -> Any:
    return {
        "metadata": {"name": f"{STORAGE_CLASS}-{claim.metadata.uid}"},
        "spec": {
            "accessModes": claim.spec.access_modes,
            "capacity": {"storage": claim.spec.resources.requests["storage"]},
            "claimRef": {"namespace": claim.metadata.namespace, "name": claim.metadata.name},
            "hostPath": {"path": "/nonexistent"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
        },
    }


async def _watch(listing: Any, **options: Any) -> AsyncIterator[Any]:
    while True:
        async with watch.Watch().stream(listing, **options) as events:
            async for event in events:
                yield event
