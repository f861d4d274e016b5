"""Kubernetes' quantities: cores and bytes."""

from __future__ import annotations

import re
from decimal import Decimal

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
