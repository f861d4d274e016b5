"""Whether a person's quota has room for a cluster, before anything of it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.quantities import memory_of, parse_quantity, show_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_core.kubernetes.objects import Object

_CORES = ("requests.cpu", "cpu", "limits.cpu")
_MEMORY = ("requests.memory", "memory", "limits.memory")


def check_room(
    quotas: Iterable[Object], pods: int, cores: float, memory: int, what: str = "executors"
) -> None:
    """Refuse a cluster that is larger than what the quotas have left.

    Parameters
    ----------
    cores, memory
        What each pod is guaranteed: CPUs, and bytes with all that it needs beside its heap.

    Raises
    ------
    SessionError
        Saying what is asked for, what is left of how much, and how many pods there is room for.
    """
    asked = {"pods": 1.0, **dict.fromkeys(_CORES, cores), **dict.fromkeys(_MEMORY, float(memory))}
    for quota in quotas:
        if "scopes" in quota["spec"] or "scopeSelector" in quota["spec"]:
            continue
        for name, left, allowed in _left(quota):
            each = asked.get(name)
            if each and pods * each > left:
                raise SessionError(
                    f"{pods} {what} need {_show(name, pods * each)}, and your quota has "
                    f"{_show(name, left)} of {_show(name, allowed)} left: ask for at most "
                    f"{max(0, int(left // each))} of them, for smaller ones, or end another "
                    f"cluster of yours"
                )


def _left(quota: Object) -> list[tuple[str, float, float]]:
    """Return what is left of each resource, and how much is allowed."""
    status: Mapping[str, Mapping[str, str]] = quota.get("status", {})
    hard, used = status.get("hard", {}), status.get("used", {})
    amounts = {name: float(parse_quantity(amount)) for name, amount in hard.items()}
    return [
        (name, allowed - float(parse_quantity(used.get(name, "0"))), allowed)
        for name, allowed in amounts.items()
    ]


def _show(name: str, amount: float) -> str:
    if name in _MEMORY:
        return f"{show_memory(memory_of(str(int(amount))))} of memory"
    return f"{amount:g} {'CPUs' if name in _CORES else 'pods'}"
