"""Server: everything a session is given, as a profile and its choices write it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from astroflow_core.idle import IdleTimes
from astroflow_core.model import Model
from astroflow_core.session import ClusterSize, memory_bytes

# What the hub itself writes into a session's environment; a profile cannot.
RESERVED_PREFIXES = ("ASTROFLOW_", "JUPYTERHUB_", "JPY_")


def _check_memory(size: str) -> str:
    memory_bytes(size)
    return size


def _check_variable(name: str) -> str:
    if name.startswith(RESERVED_PREFIXES):
        raise ValueError(f"{name} is set by the hub; a profile cannot set it")
    return name


MemorySize = Annotated[str, AfterValidator(_check_memory)]
VolumeSize = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}[KMGT]i$")]
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Variable = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_check_variable)
]


class Cpu(Model):
    """Cores of the notebook's server: what it always has, and the most it may use."""

    guarantee: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    limit: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _guarantee_fits_the_limit(self) -> Cpu:
        if self.guarantee and self.limit and self.guarantee > self.limit:
            raise ValueError(f"guarantee {self.guarantee} is more than limit {self.limit}")
        return self


class Memory(Model):
    """Memory of the notebook's server: what it always has, and the most it may use."""

    guarantee: MemorySize | None = None
    limit: MemorySize | None = None

    @model_validator(mode="after")
    def _guarantee_fits_the_limit(self) -> Memory:
        if (
            self.guarantee
            and self.limit
            and memory_bytes(self.guarantee) > memory_bytes(self.limit)
        ):
            raise ValueError(f"guarantee {self.guarantee} is more than limit {self.limit}")
        return self


class HomeVolume(Model):
    """The volume of a person's home; ``storage_class`` None is the cluster's default one."""

    size: VolumeSize = "30Gi"
    storage_class: ObjectName | None = None


class Toleration(Model):
    """A taint of nodes that the notebook's pod does not mind, as Kubernetes describes it."""

    key: str | None = Field(default=None, min_length=1)
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    tolerationSeconds: int | None = Field(default=None, ge=0)  # noqa: N815 - Kubernetes' name

    @model_validator(mode="after")
    def _names_what_it_tolerates(self) -> Toleration:
        if self.operator == "Equal" and self.key is None:
            raise ValueError("key is missing; only the operator Exists can do without")
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("value goes with the operator Equal only")
        if self.tolerationSeconds is not None and self.effect != "NoExecute":
            raise ValueError("tolerationSeconds goes with the effect NoExecute only")
        return self


class Quota(Model):
    """The most that all pods of a person may ask for together; what is None is derived."""

    cpu: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    memory: MemorySize | None = None
    pods: int | None = Field(default=None, gt=0)


class Server(Model):
    """What a session is given.

    ``image``, ``home``, ``quota``, ``node_selector`` and ``tolerations`` are for Kubernetes
    only.
    """

    catalogues: tuple[FolderName, ...] = ()
    default_database: str | None = None
    spark: ClusterSize = ClusterSize()
    dask: ClusterSize = ClusterSize()
    environment: dict[Variable, str] = Field(default_factory=dict)
    idle: IdleTimes = IdleTimes()
    image: str | None = Field(default=None, min_length=1)
    cpu: Cpu = Cpu()
    memory: Memory = Memory()
    home: HomeVolume = HomeVolume()
    quota: Quota = Quota()
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
