"""The size of a Spark session: what is asked for, and what one machine can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from astroflow_core.errors import SessionError
from astroflow_core.machine import fit
from astroflow_core.model import problems
from astroflow_core.session import ClusterSize, memory_bytes

if TYPE_CHECKING:
    from astroflow_core.machine import Machine

# The other half is for Python's workers, for what toPandas() brings and for the machine.
_SHARE = 0.5
# Below this a JVM spends its time collecting garbage, and Spark refuses under 471 MiB.
_LEAST = "768m"


def resized(size: ClusterSize, **asked: int | str | None) -> ClusterSize:
    """Return ``size`` with the numbers that are asked for; None keeps what there was.

    Raises
    ------
    SessionError
        When a number is not positive, or a memory is no size.
    """
    changes = {name: value for name, value in asked.items() if value is not None}
    try:
        return ClusterSize.model_validate(size.model_dump() | changes)
    except ValidationError as error:
        raise SessionError(f"no such Spark cluster: {'; '.join(problems(error))}") from error


def fit_to_machine(size: ClusterSize, machine: Machine) -> ClusterSize:
    """Return ``size`` as one pod with at most the machine's cores and half of its memory.

    All that is asked for in several pods is given to the one: on one machine Spark runs in
    one JVM.
    """
    given = fit(size, machine, pods=1, share=_SHARE)
    if memory_bytes(given.memory) < memory_bytes(_LEAST):
        return given.model_copy(update={"memory": _LEAST})
    return given
