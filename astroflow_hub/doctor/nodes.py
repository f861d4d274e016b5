"""Check: every pod of a profile fits some node when that node is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubernetes_asyncio.client import CoreV1Api

from astroflow_core.kubernetes.quantities import parse_quantity
from astroflow_core.session import memory_bytes
from astroflow_hub.doctor.finding import Finding, good, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubernetes_asyncio.client import ApiClient

    from astroflow_core.profile import Profile
    from astroflow_core.server import Toleration
    from astroflow_core.session import ClusterSize
    from astroflow_hub.doctor.hub import Hub, Variant

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Room:
    """Cores and bytes of memory: asked for by a pod, or offered by a node."""

    cores: float
    memory: int

    def __str__(self) -> str:
        return f"{self.cores:g} cores and {self.memory / _GIB:.1f} GiB"

    def holds(self, other: Room) -> bool:
        """Tell whether ``other`` fits in."""
        return other.cores <= self.cores and other.memory <= self.memory


@dataclass(frozen=True, slots=True)
class Taint:
    """A mark of a node that keeps pods away."""

    key: str
    value: str | None
    effect: str

    def is_tolerated_by(self, toleration: Toleration) -> bool:
        """Tell whether a pod with ``toleration`` may come nevertheless."""
        same_key = toleration.key in (None, self.key)
        same_value = toleration.operator == "Exists" or (toleration.value or "") == (
            self.value or ""
        )
        return same_key and same_value and toleration.effect in (None, self.effect)


@dataclass(frozen=True, slots=True)
class Node:
    """A node that takes pods: what it offers to all of them together."""

    name: str
    room: Room
    labels: Mapping[str, str]
    taints: tuple[Taint, ...] = ()

    def takes(self, profile: Profile) -> bool:
        """Tell whether the node's labels and taints let the profile's pods in."""
        tolerated = (any(map(taint.is_tolerated_by, profile.tolerations)) for taint in self.taints)
        return profile.node_selector.items() <= self.labels.items() and all(tolerated)


async def check_nodes(api: ApiClient, hub: Hub) -> list[Finding]:
    """Compare the largest choices of each profile with the nodes."""
    listing = await CoreV1Api(api).list_node()
    nodes = [_node(item) for item in listing.items if not item.spec.unschedulable]
    return [finding for slug in _slugs(hub) for finding in _of_profile(slug, hub, nodes)]


def _slugs(hub: Hub) -> list[str]:
    return [profile.slug for profile in hub.profiles]


def _of_profile(slug: str, hub: Hub, nodes: list[Node]) -> list[Finding]:
    variants = [variant for variant in hub.variants() if variant.profile.slug == slug]
    found = {p.says: p for v in variants for p in misfits(v, nodes)}
    return [*found.values()] or [good("nodes", slug, "every pod of it fits a node")]


def misfits(variant: Variant, nodes: list[Node]) -> Iterator[Finding]:
    """Return a problem for each kind of pod of ``variant`` that no node can ever hold."""
    suitable = [node for node in nodes if node.takes(variant.profile)]
    for kind, room in _pods(variant.profile):
        if any(node.room.holds(room) for node in suitable):
            continue
        if suitable:
            most = max(suitable, key=lambda node: (node.room.cores, node.room.memory))
            says = f"its {kind} asks for {room}; the largest node, {most.name}, has {most.room}"
        else:
            says = f"no node takes its {kind}: {_wish(variant.profile)}"
        cure = "make the choice smaller, or add such a node"
        yield problem("nodes", variant.title, says, cure)


def _wish(profile: Profile) -> str:
    labels = ", ".join(f"{k}={v}" for k, v in profile.node_selector.items())
    return f"it selects {labels}" if labels else "every node has a taint that it does not tolerate"


def _pods(profile: Profile) -> list[tuple[str, Room]]:
    return [
        ("notebook", _notebook(profile)),
        ("Spark executor", _member(profile.spark)),
        ("Dask worker", _member(profile.dask)),
    ]


def _notebook(profile: Profile) -> Room:
    # Where only a limit is given, Kubernetes takes it for the request as well.
    cores = profile.cpu.guarantee or profile.cpu.limit or 0
    memory = profile.memory.guarantee or profile.memory.limit
    return Room(cores, memory_bytes(memory) if memory else 0)


def _member(size: ClusterSize) -> Room:
    return Room(size.cores, memory_bytes(size.memory))


def _node(item: Any) -> Node:
    offered = item.status.allocatable
    room = Room(float(parse_quantity(offered["cpu"])), int(parse_quantity(offered["memory"])))
    taints = (Taint(t.key, t.value, t.effect) for t in item.spec.taints or [])
    hard = tuple(taint for taint in taints if taint.effect != "PreferNoSchedule")
    return Node(item.metadata.name, room, item.metadata.labels or {}, hard)
