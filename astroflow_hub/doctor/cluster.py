"""The doctor's own objects in a cluster: one namespace for what it tries, always removed."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

Found = TypeVar("Found")

NOT_FOUND = 404
_POLL = 0.5  # seconds
_LONGEST_POD = 900  # seconds; a pod ends even where nobody is left to delete it


class Scratch:
    """A namespace of the doctor's own, for pods that try something."""

    def __init__(self, api: ApiClient, namespace: str) -> None:
        self.api = api
        self.core = CoreV1Api(api)
        self.namespace = namespace

    async def start(self, name: str, spec: Mapping[str, Any]) -> None:
        """Create a pod called ``name``; its label ``app`` has the same value."""
        metadata = {"name": name, "labels": {"app": name}}
        body: Any = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        await self.core.create_namespaced_pod(self.namespace, body)

    async def await_pod(
        self, name: str, look: Callable[[Any], Found | None], patience: float
    ) -> Found | None:
        """Return what ``look`` finds in the pod; None where it finds nothing in time."""
        return await poll(
            lambda: self.core.read_namespaced_pod(name, self.namespace), look, patience
        )

    async def why_not_started(self, name: str) -> str:
        """Return in words what keeps a pod from running: the last warning about it."""
        about = f"involvedObject.name={name},type=Warning"
        listing = await self.core.list_namespaced_event(self.namespace, field_selector=about)
        messages = [" ".join(event.message.split()) for event in listing.items]
        return messages[-1] if messages else "its pod did not start in time, and nobody says why"


@asynccontextmanager
async def scratch_namespace(api: ApiClient) -> AsyncIterator[Scratch]:
    """Make a namespace under the restricted level of Pod Security, and remove it in any case."""
    core, name = CoreV1Api(api), f"astroflow-doctor-{secrets.token_hex(4)}"
    labels = {
        "app.kubernetes.io/managed-by": "astroflow",
        "app.kubernetes.io/component": "doctor",
        "pod-security.kubernetes.io/enforce": "restricted",
    }
    body: Any = {"metadata": {"name": name, "labels": labels}}
    try:
        await core.create_namespace(body)
        await _await_account(core, name)
        yield Scratch(api, name)
    finally:
        await _remove(core, name)


async def _await_account(core: CoreV1Api, namespace: str) -> None:
    """Wait for the namespace's default account, without which it takes no pod."""

    def is_there(listing: Any) -> bool | None:
        return any(account.metadata.name == "default" for account in listing.items) or None

    await poll(lambda: core.list_namespaced_service_account(namespace), is_there, patience=30)


async def _remove(core: CoreV1Api, namespace: str) -> None:
    try:
        await core.delete_namespace(namespace)
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise


async def poll(
    read: Callable[[], Awaitable[Any]], look: Callable[[Any], Found | None], patience: float
) -> Found | None:
    """Read again and again until ``look`` finds something, for ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (found := look(await read())) is not None:
            return found
        await asyncio.sleep(_POLL)
    return None


def pod_spec(main: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the spec of a small pod that the restricted level admits."""
    return {
        "containers": [main],
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "activeDeadlineSeconds": _LONGEST_POD,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **more,
    }


def container(name: str, image: str, command: Sequence[str]) -> dict[str, Any]:
    """Return a container of `pod_spec` that asks for next to nothing."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "Always",
        "command": [*command],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "200m", "memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
