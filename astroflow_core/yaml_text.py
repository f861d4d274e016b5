"""Read YAML that others wrote: no text can exhaust the reader, and no key is lost unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

try:  # libyaml, where PyYAML has it, reads a release's columns eight times as fast
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHARACTERS = 2**20
MAX_DEPTH = 64
MAX_NODES = 100_000


class _UniqueKeysLoader(SafeLoader):
    """Refuses a key that stands twice; YAML's last one would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 (PyYAML's)
        seen = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"the key {key.value!r} stands twice{_place(key)}")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        return super().construct_mapping(node, deep=deep)


def load_yaml(text: str) -> Any:
    """Return what ``text`` holds.

    Raises
    ------
    yaml.YAMLError
        When it is no YAML, a key stands twice in one mapping, or it is longer, deeper or,
        with its aliases written out, larger than anything a person writes.
    """
    if len(text) > MAX_CHARACTERS:
        raise yaml.YAMLError(f"longer than {MAX_CHARACTERS} characters")
    try:
        _check_size(yaml.parse(text, SafeLoader))
    except yaml.MarkedYAMLError:  # of the library, not of our count
        # libyaml reads ahead and may meet a limit of its own first; in Python ours comes first.
        _check_size(yaml.parse(text, yaml.SafeLoader))
        raise
    return yaml.load(text, _UniqueKeysLoader)  # noqa: S506 (it is a SafeLoader)


def _check_size(events: Iterable[yaml.Event]) -> None:
    """Refuse what would grow beyond bounds, before anything of it is built."""
    sizes: dict[str, int] = {}  # of the nodes that an alias may repeat
    inside: list[tuple[str | None, int]] = []  # anchor of each open collection, nodes before it
    nodes = 0
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = inside.pop()
            sizes |= {anchor: nodes - before} if anchor else {}
        elif isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.AliasEvent) and event.anchor in {name for name, _ in inside}:
                raise yaml.YAMLError(f"{event.anchor!r} holds itself{_place(event)}")
            nodes += sizes.get(event.anchor or "", 1) if isinstance(event, yaml.AliasEvent) else 1
            if isinstance(event, yaml.CollectionStartEvent):
                inside.append((event.anchor, nodes - 1))
        if nodes > MAX_NODES or len(inside) > MAX_DEPTH:
            raise yaml.YAMLError(
                f"larger than {MAX_NODES} values or deeper than {MAX_DEPTH} levels, "
                f"its aliases written out{_place(event)}"
            )


def _place(found: yaml.Node | yaml.Event) -> str:
    return f" (line {found.start_mark.line + 1})" if found.start_mark else ""
