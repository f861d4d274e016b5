"""Kubernetes' quantities as numbers, and as a person reads them."""

from __future__ import annotations

import re
from decimal import Decimal

GIB = 2**30
MIB = 2**20
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def parse_quantity(text: str) -> Decimal:
    """Return a quantity as the API writes it as a number of cores or bytes.

    >>> parse_quantity("1500m"), parse_quantity("2Ki"), parse_quantity("1e3")
    (Decimal('1.500'), Decimal('2048'), Decimal('1000'))
    """
    match = re.fullmatch(r"([0-9.]+)(?:e([0-9]+)|([KMGTPE]i)|([numkMGTPE]?))", text)
    if match is None:
        raise ValueError(f"{text!r} is no quantity")
    number, exponent, binary, decimal = match.groups()
    if binary:
        return Decimal(number) * Decimal(2) ** _BINARY[binary]
    return Decimal(f"{number}e{exponent or _DECIMAL[decimal]}") + 0


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

    >>> show_memory(1610612736), show_memory(268435456), show_memory(1120 * 2**30)
    ('1.5 GiB', '256 MiB', '1.09 TiB')
    """
    if memory >= 1000 * GIB:
        return f"{memory / GIB / 1024:.3g} TiB"
    return f"{memory / GIB:.3g} GiB" if memory >= GIB else f"{memory / MIB:.3g} MiB"
