"""How much a person's pods may ask for: quota and limit range of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroflow_core.session import memory_bytes
from astroflow_hub.kubernetes.namespace import build

if TYPE_CHECKING:
    from astroflow_core.profile import Profile
    from astroflow_hub.kubernetes.namespace import Object

MIB = 2**20
# Room for the pod of a Dask scheduler, and for a Spark driver's helpers.
SPARE_CORES = 1
SPARE_MEMORY = 2048 * MIB
SPARE_PODS = 4
NO_LIMIT_CORES = 1  # of a notebook whose profile names none
NO_LIMIT_MEMORY = 2048 * MIB
SYSTEM_PRIORITIES = ("system-cluster-critical", "system-node-critical")


def build_quota(namespace: str, profile: Profile, volumes: int) -> list[Object]:
    """Return quota and limit range of a person who starts ``profile``.

    ``volumes`` is the number of catalogue volumes, whose claims count as well.
    """
    return [
        _quota(namespace, "person", _total(profile, volumes)),
        # Who may make pods could else push everybody's off the nodes.
        _quota(
            namespace,
            "no-system-priority",
            {"pods": "0"},
            scopeSelector={
                "matchExpressions": [
                    {
                        "scopeName": "PriorityClass",
                        "operator": "In",
                        "values": [*SYSTEM_PRIORITIES],
                    }
                ]
            },
        ),
        build("v1", "LimitRange", namespace, "person", spec={"limits": [_of_container(profile)]}),
    ]


def _quota(namespace: str, name: str, hard: dict[str, str], **scope: Any) -> Object:
    return build("v1", "ResourceQuota", namespace, name, spec={"hard": hard, **scope})


def _total(profile: Profile, volumes: int) -> dict[str, str]:
    spark, dask = profile.spark, profile.dask
    cores = _cores(profile) + spark.pods * spark.cpu + dask.pods * dask.cpu + SPARE_CORES
    memory = _memory(profile) + sum(c.pods * c.pod_memory for c in (spark, dask)) + SPARE_MEMORY
    quota = profile.quota
    cores = quota.cpu or cores
    memory = memory_bytes(quota.memory) if quota.memory else memory
    return {
        "pods": str(quota.pods or 1 + spark.pods + dask.pods + SPARE_PODS),
        "requests.cpu": f"{cores:g}",
        "requests.memory": _mebibytes(memory),
        "limits.memory": _mebibytes(memory),
        # The home, the catalogues, and one a pod of Spark for what it spills.
        "persistentvolumeclaims": str(1 + volumes + spark.pods),
        "services": "20",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def _of_container(profile: Profile) -> dict[str, Any]:
    """Return the limits of one container, and what one that names none is given."""
    spark, dask = profile.spark, profile.dask
    cores = max(_cores(profile), spark.cores, dask.cores, NO_LIMIT_CORES)
    memory = max(_memory(profile), spark.pod_memory, dask.pod_memory, NO_LIMIT_MEMORY)
    return {
        "type": "Container",
        "max": {"cpu": f"{cores:g}", "memory": _mebibytes(memory)},
        # Without this the most would be everybody's limit, and Spark's executors name none.
        # A notebook that is guaranteed memory without a limit must fit.
        "default": {
            "cpu": f"{cores:g}",
            "memory": _mebibytes(max(_memory(profile), NO_LIMIT_MEMORY)),
        },
        "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
    }


def _cores(profile: Profile) -> float:
    return profile.cpu.limit or profile.cpu.guarantee or NO_LIMIT_CORES


def _memory(profile: Profile) -> int:
    named = profile.memory.limit or profile.memory.guarantee
    return memory_bytes(named) if named else NO_LIMIT_MEMORY


def _mebibytes(memory: int) -> str:
    return f"{-(-memory // MIB)}Mi"
