"""Running: what a person has at work now, and how many cores it asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# By the kind of a process or pod: what a person calls many of them.
_NAMES = {"server": "your server", "spark": "Spark", "dask": "Dask", "other": "other pods"}


@dataclass(frozen=True, slots=True)
class Running:
    """A process or pod of a person: of ``server``, ``spark``, ``dask``, or ``other``.

    ``cores`` is what it asks for, whatever it uses; ``since`` when it started, with time zone.
    """

    kind: str
    cores: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """All that a person runs of one kind."""

    name: str
    pieces: int
    cores: float
    since: datetime


def shares(running: Iterable[Running]) -> list[Share]:
    """Return what runs by its kind: the server, then clusters."""
    found = list(running)
    pieces = Counter(one.kind for one in found)
    return [
        Share(
            name=name,
            pieces=pieces[kind],
            cores=sum(one.cores for one in found if one.kind == kind),
            since=min(one.since for one in found if one.kind == kind),
        )
        for kind, name in _NAMES.items()
        if kind in pieces
    ]
