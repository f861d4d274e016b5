"""Check: the cluster knows the Dask operator's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubernetes_asyncio.client import ApiException, CustomObjectsApi

from astroflow_hub.doctor.cluster import NOT_FOUND
from astroflow_hub.doctor.finding import Finding, good, problem

if TYPE_CHECKING:
    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.hub import Hub

GROUP, VERSION = "kubernetes.dask.org", "v1"
KINDS = ("daskautoscalers", "daskclusters", "daskjobs", "daskworkergroups")
_CURE = "install the Dask operator: its Helm chart is in the Python package dask-kubernetes"


async def check_dask(api: ApiClient, _: Hub) -> list[Finding]:
    """Ask the API, which tells anybody, which of the operator's kinds it serves."""
    try:
        served = await CustomObjectsApi(api).get_api_resources(GROUP, VERSION)
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise
        return [problem("dask", f"{GROUP}/{VERSION}", "the cluster does not know it", _CURE)]
    known = {resource.name for resource in served.resources}
    return [_of_kind(kind, kind in known) for kind in KINDS]


def _of_kind(kind: str, is_there: bool) -> Finding:  # noqa: FBT001
    subject = f"{kind}.{GROUP}"
    if is_there:
        return good("dask", subject, "the cluster knows it")
    return problem("dask", subject, "the cluster does not know it", _CURE)
