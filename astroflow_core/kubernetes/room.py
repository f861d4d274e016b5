"""Whether a person's quota has room for a cluster, and what that takes of it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.quantities import memory_of, parse_quantity, show_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.session import ClusterSize

_CORES = ("requests.cpu", "cpu", "limits.cpu")
_MEMORY = ("requests.memory", "memory", "limits.memory")


def check_room(
    quotas: Iterable[Object], wanted: ClusterSize, freed: ClusterSize | None, what: str
) -> None:
    """Refuse a cluster that is larger than what the quotas have left.

    Parameters
    ----------
    freed
        A cluster that runs yet and ends before the wanted one starts.
    what
        What its pods are called: ``executors`` or ``workers``.

    Raises
    ------
    SessionError
        Saying what is asked for, what is left of how much, and how many pods there is room for.
    """
    each, given_back = _of_pod(wanted), _of_pod(freed) if freed else {}
    for name, free, allowed in _left(quotas):
        left = free + (freed.pods if freed else 0) * given_back.get(name, 0)
        amount = each.get(name, 0)
        if amount and wanted.pods * amount > left:
            raise SessionError(
                f"{wanted.pods} {what} need {_show(name, wanted.pods * amount)}, and your "
                f"quota has {_share(name, left, allowed)} left: ask for at "
                f"most {max(0, int(left // amount))} of them, for smaller ones, or end "
                f"another cluster of yours"
            )


def price_of(quotas: Iterable[Object], wanted: ClusterSize) -> str:
    """Return what a cluster takes of what the quotas have left, or nothing without a quota."""
    each = _of_pod(wanted)
    tightest: dict[str, tuple[str, float]] = {}
    for name, left, _ in _left(quotas):
        if name in each and left < tightest.get(_unit(name), (name, inf))[1]:
            tightest[_unit(name)] = (name, left)
    return ", ".join(
        _share(name, wanted.pods * each[name], left) for name, left in tightest.values()
    )


def _of_pod(size: ClusterSize) -> dict[str, float]:
    """Return what one pod of a cluster takes of each resource that a quota may name."""
    cores, memory = dict.fromkeys(_CORES, size.cpu), dict.fromkeys(_MEMORY, float(size.pod_memory))
    return {"pods": 1.0, **cores, **memory}


def _left(quotas: Iterable[Object]) -> Iterator[tuple[str, float, float]]:
    """Yield each resource that the quotas name for all pods: what is left, what is allowed."""
    for quota in quotas:
        if "scopes" in quota["spec"] or "scopeSelector" in quota["spec"]:
            continue
        status: Mapping[str, Mapping[str, str]] = quota.get("status", {})
        used = status.get("used", {})
        for name, amount in status.get("hard", {}).items():
            allowed = float(parse_quantity(amount))
            yield name, allowed - float(parse_quantity(used.get(name, "0"))), allowed


def _share(name: str, part: float, whole: float) -> str:
    return f"{_amount(name, part)} of {_amount(name, whole)} {_unit(name)}"


def _show(name: str, amount: float) -> str:
    return f"{_amount(name, amount)} {_unit(name)}"


def _amount(name: str, amount: float) -> str:
    return show_memory(memory_of(str(int(amount)))) if name in _MEMORY else f"{amount:g}"


def _unit(name: str) -> str:
    if name in _MEMORY:
        return "of memory"
    return "CPUs" if name in _CORES else "pods"
