"""Runs every check at once, and turns what the API refuses into a finding as well."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException, VersionApi

from astroflow_core.errors import AstroFlowError
from astroflow_hub.doctor.catalogues import check_catalogues
from astroflow_hub.doctor.dask import check_dask
from astroflow_hub.doctor.finding import Finding, problem
from astroflow_hub.doctor.images import check_images
from astroflow_hub.doctor.network import check_network
from astroflow_hub.doctor.nodes import check_nodes
from astroflow_hub.doctor.permissions import check_permissions, may
from astroflow_hub.doctor.storage import check_storage
from astroflow_hub.kubernetes.connection import connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.hub import Hub

    Check = Callable[[ApiClient, Hub], Awaitable[list[Finding]]]

CHECKS: dict[str, Check] = {
    "permissions": check_permissions,
    "storage": check_storage,
    "nodes": check_nodes,
    "dask": check_dask,
    "catalogues": check_catalogues,
    "images": check_images,
    "network": check_network,
}
# These try something in a namespace that is removed afterwards.
TRYING = frozenset({"catalogues", "images", "network"})


async def examine(hub: Hub) -> list[Finding]:
    """Return what all checks found, in the order of `CHECKS`.

    Raises
    ------
    AstroFlowError
        When there is no cluster, or it does not answer.
    """
    async with connect() as api:
        await _greet(api)
        may_try = await may(api, "", "namespaces", "delete")
        checks = (_run(n, api, hub) if may_try or n not in TRYING else _skip(n) for n in CHECKS)
        found = await asyncio.gather(*checks)
    return [finding for findings in found for finding in findings]


async def _greet(api: ApiClient) -> None:
    try:
        await VersionApi(api).get_code()
    except (ClientError, TimeoutError, ApiException) as error:
        host = api.configuration.host
        raise AstroFlowError(
            f"the cluster at {host} does not answer ({error}); check KUBECONFIG and the network"
        ) from error


async def _skip(name: str) -> list[Finding]:
    says = "not tried: this account may not delete the namespace that it takes"
    cure = "use an administrator's kubeconfig to have it tried"
    return [Finding("skipped", name, "the cluster", says, cure)]


async def _run(name: str, api: ApiClient, hub: Hub) -> list[Finding]:
    try:
        return await CHECKS[name](api, hub)
    except ApiException as error:
        cure = "run the doctor as an administrator of the cluster, or mend what the message says"
        return [problem(name, "could not be checked", _message(error), cure)]


def _message(error: ApiException) -> str:
    """Return the API's own sentence where it gave one."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"
