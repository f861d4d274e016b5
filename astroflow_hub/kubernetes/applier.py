"""The one place that talks to the API server: makes objects what they should be."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyterhub.utils import exponential_backoff
from kubernetes_asyncio import client
from kubernetes_asyncio.client.rest import ApiException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_hub.kubernetes.namespace import Object

FIELD_MANAGER = "astroflow"
_APPLY = "application/apply-patch+yaml"
# Of each kind: the API group's class, and what its methods call it.
_KINDS = {
    "ConfigMap": ("CoreV1Api", "namespaced_config_map"),
    "EndpointSlice": ("DiscoveryV1Api", "namespaced_endpoint_slice"),
    "LimitRange": ("CoreV1Api", "namespaced_limit_range"),
    "Namespace": ("CoreV1Api", "namespace"),
    "NetworkPolicy": ("NetworkingV1Api", "namespaced_network_policy"),
    "Node": ("CoreV1Api", "node"),
    "PersistentVolume": ("CoreV1Api", "persistent_volume"),
    "PersistentVolumeClaim": ("CoreV1Api", "namespaced_persistent_volume_claim"),
    "Pod": ("CoreV1Api", "namespaced_pod"),
    "ResourceQuota": ("CoreV1Api", "namespaced_resource_quota"),
    "Role": ("RbacAuthorizationV1Api", "namespaced_role"),
    "RoleBinding": ("RbacAuthorizationV1Api", "namespaced_role_binding"),
    "Service": ("CoreV1Api", "namespaced_service"),
    "ServiceAccount": ("CoreV1Api", "namespaced_service_account"),
    "StorageClass": ("StorageV1Api", "storage_class"),
}


class Applier:
    """Reads, makes and deletes objects, as plain dictionaries."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api

    async def apply(self, body: Object) -> Object:
        """Make an object what it should be, whoever changed it; return it (server-side apply)."""
        metadata = body["metadata"]
        return await self._call(
            "patch",
            body["kind"],
            name=metadata["name"],
            body=body,
            field_manager=FIELD_MANAGER,
            force=True,
            _content_type=_APPLY,
            **_where(metadata.get("namespace")),
        )

    async def apply_all(self, objects: Iterable[Object]) -> None:
        """Make each object what it should be."""
        await asyncio.gather(*map(self.apply, objects))

    async def apply_soon(self, body: Object, patience: float = 10) -> None:
        """Apply what refers to an object made just now, which the API server may not see yet.

        Raises
        ------
        TimeoutError
            When it still does not ``patience`` seconds later.
        """

        async def applied() -> bool:
            try:
                await self.apply(body)
            except ApiException as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                return False
            return True

        message = f"{body['kind']} {body['metadata']['name']} refers to something that is not there"
        await exponential_backoff(applied, message, start_wait=0.05, max_wait=1, timeout=patience)

    async def create(self, body: Object) -> bool:
        """Make an object; return whether its name was free."""
        where = _where(body["metadata"].get("namespace"))
        try:
            await self._call("create", body["kind"], body=body, **where)
        except ApiException as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    async def read(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return an object, or None where there is none so called."""
        try:
            return await self._call("read", kind, name=name, **_where(namespace))
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    async def list(
        self, kind: str, namespace: str | None = None, labels: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Return the objects of a kind that carry ``labels``."""
        selector = ",".join(f"{name}={value}" for name, value in (labels or {}).items())
        found = await self._call("list", kind, label_selector=selector, **_where(namespace))
        return list(found["items"])

    async def delete(
        self, kind: str, name: str, namespace: str | None = None, patience: float = 60
    ) -> None:
        """Delete an object, and wait until it is gone.

        Raises
        ------
        TimeoutError
            When it is still there ``patience`` seconds later.
        """
        try:
            await self._call("delete", kind, name=name, **_where(namespace))
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

        async def is_gone() -> bool:
            return await self.read(kind, name, namespace) is None

        message = f"{kind} {name} is still there"
        await exponential_backoff(is_gone, message, max_wait=1, timeout=patience)

    async def delete_all(self, kind: str, namespace: str) -> None:
        """Delete every object of a kind in a namespace."""
        await self._call("delete_collection", kind, namespace=namespace)

    async def delete_dask_clusters(self, namespace: str) -> None:
        """Delete every Dask cluster, before the operator makes its pods again."""
        try:
            await client.CustomObjectsApi(self._api).delete_collection_namespaced_custom_object(
                "kubernetes.dask.org", "v1", namespace, "daskclusters"
            )
        except ApiException as error:
            # Without the operator the cluster knows no such kind.
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def _call(self, verb: str, kind: str, **arguments: Any) -> Object:
        group, noun = _KINDS[kind]
        method = getattr(getattr(client, group)(self._api), f"{verb}_{noun}")
        found: Object = self._api.sanitize_for_serialization(await method(**arguments))
        return found


def _where(namespace: str | None) -> dict[str, str]:
    return {} if namespace is None else {"namespace": namespace}
