"""What a Spark plan reads: its scans, their files and columns, and the ids that a filter leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np

from astroflow_core.cost import Read
from astroflow_core.index import SOURCE_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from astroflow_core.healpix import IdRanges

    Ranges = list[tuple[int, int]]  # half-open, ascending, none touching another

_SCAN = "Scan parquet"
_ALIGNED = "BatchScan aligned "  # of a join without a shuffle; then come the folders
_LIMITS = frozenset({"CollectLimit", "GlobalLimit", "LocalLimit"})
_IDS = np.iinfo(np.int64)
_ALL: Ranges = [(int(_IDS.min), int(_IDS.max))]
_COMPARED: dict[str, Callable[[int], Ranges]] = {
    "EqualTo": lambda value: [(value, value + 1)],
    "GreaterThan": lambda value: [(value + 1, _ALL[0][1])],
    "GreaterThanOrEqual": lambda value: [(value, _ALL[0][1])],
    "LessThan": lambda value: [(_ALL[0][0], value)],
    "LessThanOrEqual": lambda value: [(_ALL[0][0], value + 1)],
}
_MIRRORED = {
    "EqualTo": "EqualTo",
    "GreaterThan": "LessThan",
    "GreaterThanOrEqual": "LessThanOrEqual",
    "LessThan": "GreaterThan",
    "LessThanOrEqual": "GreaterThanOrEqual",
}


def reads_of(plan: Any, name_of: Callable[[Path], str]) -> list[Read]:
    """Return the scans of files in an executed plan, those of its subqueries among them.

    Parameters
    ----------
    plan
        Spark's physical plan, a Java object.
    name_of
        Gives the name of the table in a folder.
    """
    named = ((node, node.nodeName()) for node in _nodes(plan))
    return [
        _read(node, name_of) if name.startswith(_SCAN) else _read_aligned(node, name, name_of)
        for node, name in named
        if name.startswith((_SCAN, _ALIGNED))
    ]


def is_limited(plan: Any) -> bool:
    """Whether a plan may stop before it has read all that it names."""
    return any(node.nodeName() in _LIMITS for node in _nodes(plan))


def _nodes(plan: Any) -> Iterator[Any]:
    # Spark hides the plan that it goes on improving while it runs.
    if plan.nodeName() == "AdaptiveSparkPlan":
        yield from _nodes(plan.initialPlan())
        return
    yield plan
    for inner in (plan.children(), plan.subqueries()):
        for place in range(inner.size()):
            yield from _nodes(inner.apply(place))


def _read(scan: Any, name_of: Callable[[Path], str]) -> Read:
    files = tuple(map(path_of, scan.relation().location().inputFiles()))
    columns = tuple(scan.requiredSchema().fieldNames())
    filters = scan.dataFilters()
    kept = _ALL
    for place in range(filters.size()):
        kept = intersection(kept, ids_in(json.loads(filters.apply(place).toJSON())))
    return Read(_name(scan, files, name_of), files, columns, ids=_as_array(kept))


def _read_aligned(scan: Any, name: str, name_of: Callable[[Path], str]) -> Read:
    roots = [path_of(uri) for uri in name.removeprefix(_ALIGNED).split(", ")]
    files = [path for root in roots for path in (sorted(root.glob("*.parquet")) or [root])]
    output = scan.output()
    columns = tuple(output.apply(place).name() for place in range(output.size()))
    return Read(name_of(files[0].parent), tuple(files), columns)


def _name(scan: Any, files: tuple[Path, ...], name_of: Callable[[Path], str]) -> str:
    identifier = scan.tableIdentifier()
    if identifier.isDefined():
        return f"{identifier.get().database().get()}.{identifier.get().table()}"
    return name_of(files[0].parent if files else Path())


def path_of(uri: str) -> Path:
    """Return the path of a ``file:`` address as Spark writes it."""
    return Path(unquote(urlsplit(uri).path))


def _as_array(ranges: Ranges) -> IdRanges | None:
    return None if ranges == _ALL else np.array(ranges, np.int64).reshape(-1, 2)


def ids_in(expression: list[dict[str, Any]]) -> Ranges:
    """Return every ``source_id`` that may meet a condition, given as Spark's JSON of its tree."""
    return _ids(iter(expression))[0]


def _ids(nodes: Iterator[dict[str, Any]]) -> tuple[Ranges, dict[str, Any]]:
    """Take one tree from ``nodes``, which stand in the order of a walk; return its ids and root."""
    node = next(nodes)
    kind = node["class"].rpartition(".")[2]
    children = [_ids(nodes) for _ in range(node["num-children"])]
    ranges = [ids for ids, _ in children]
    if kind == "And":
        return intersection(*ranges), node
    if kind == "Or":
        return union(ranges[0] + ranges[1]), node
    if kind in _COMPARED:
        return _compared(kind, *(root for _, root in children)), node
    if kind == "In" and _is_id(children[0][1]):
        values = [_whole(root) for _, root in children[1:]]
        return (
            _ALL if None in values else union([(v, v + 1) for v in values if v is not None]),
            node,
        )
    return _ALL, node


def _compared(kind: str, left: dict[str, Any], right: dict[str, Any]) -> Ranges:
    if _is_id(right):
        kind, left, right = _MIRRORED[kind], right, left
    value = _whole(right)
    if not _is_id(left) or value is None:
        return _ALL
    return intersection(_ALL, _COMPARED[kind](value))


def _is_id(node: dict[str, Any]) -> bool:
    return bool(node["class"].endswith(".AttributeReference") and node["name"] == SOURCE_ID)


def _whole(node: dict[str, Any]) -> int | None:
    is_whole = node["class"].endswith(".Literal") and node["dataType"] == "long"
    return int(node["value"]) if is_whole and node["value"] is not None else None


def union(ranges: Ranges) -> Ranges:
    """Return the ids of any of ``ranges``, in order.

    >>> union([(5, 9), (1, 3), (2, 4)])
    [(1, 4), (5, 9)]
    """
    joined: Ranges = []
    for start, stop in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def intersection(left: Ranges, right: Ranges) -> Ranges:
    """Return the ids of both.

    >>> intersection([(1, 4), (5, 9)], [(3, 7)])
    [(3, 4), (5, 7)]
    """
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right]
    return union([(start, stop) for start, stop in both if start < stop])
