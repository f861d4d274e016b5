"""The cluster that a command works on: of KUBECONFIG or ~/.kube/config, else of its own pod."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kubernetes_asyncio import config
from kubernetes_asyncio.client import ApiClient, ApiException, Configuration

from astroflow_core.errors import AstroFlowError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEFAULT_KUBECONFIG = Path("~/.kube/config")
POD_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def is_in_pod() -> bool:
    """Tell whether this runs as a pod's own service account."""
    return _kubeconfig() is None and POD_TOKEN.is_file()


def _kubeconfig() -> str | None:
    if named := os.environ.get("KUBECONFIG"):
        return named
    path = DEFAULT_KUBECONFIG.expanduser()
    return str(path) if path.is_file() else None


@asynccontextmanager
async def connect() -> AsyncIterator[ApiClient]:
    """Open the API of the cluster of KUBECONFIG or ~/.kube/config, else of the pod we are in.

    Raises
    ------
    AstroFlowError
        When there is no cluster to talk to, its credentials cannot be read, or it refuses.
    """
    configuration = Configuration()
    path = _kubeconfig()
    try:
        if path is None:
            config.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(path, client_configuration=configuration)
    except (config.ConfigException, OSError) as error:
        where = path or "no kubeconfig, and not in a pod"
        raise AstroFlowError(
            f"no cluster to look at ({where}: {error}); set KUBECONFIG, or run it in the hub's pod"
        ) from error
    async with ApiClient(configuration) as api:
        try:
            yield api
        except ApiException as error:
            raise AstroFlowError(f"the cluster refuses: {error.reason} ({error.status})") from error
