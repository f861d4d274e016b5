"""Kubernetes' quantities as numbers, and as a person reads them."""

from __future__ import annotations

from astroflow_hub.doctor.quantity import parse_quantity

GIB = 2**30
MIB = 2**20


def cores_of(quantity: str) -> float:
    """Return the cores of a quantity.

    >>> cores_of("250m")
    0.25
    """
    return float(parse_quantity(quantity))


def memory_of(quantity: str) -> int:
    """Return the bytes of a quantity.

    >>> memory_of("2Gi")
    2147483648
    """
    return int(parse_quantity(quantity))


def show_cores(cores: float) -> str:
    """Return cores as a person reads them.

    >>> show_cores(8.0), show_cores(1)
    ('8 CPUs', '1 CPU')
    """
    return f"{cores:g} CPU{'' if cores == 1 else 's'}"


def show_memory(memory: int) -> str:
    """Return bytes as a person reads them.

    >>> show_memory(1610612736), show_memory(268435456)
    ('1.5 GiB', '256 MiB')
    """
    return f"{memory / GIB:.3g} GiB" if memory >= GIB else f"{memory / MIB:.3g} MiB"
