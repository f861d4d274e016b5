"""Check: the storage classes of people's homes exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubernetes_asyncio.client import StorageV1Api

from astroflow_hub.doctor.finding import Finding, good, problem

if TYPE_CHECKING:
    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.hub import Hub

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


async def check_storage(api: ApiClient, hub: Hub) -> list[Finding]:
    """Look for every class that a profile names, and for a default where one names none."""
    listing = await StorageV1Api(api).list_storage_class()
    annotations = {item.metadata.name: item.metadata.annotations or {} for item in listing.items}
    defaults = [name for name, notes in annotations.items() if notes.get(_DEFAULT) == "true"]
    named: dict[str | None, str] = {}
    for variant in hub.variants():
        named.setdefault(variant.profile.home.storage_class, variant.title)
    return [
        _of_default(title, defaults) if name is None else _of_class(name, title, [*annotations])
        for name, title in named.items()
    ]


def _of_default(title: str, defaults: list[str]) -> Finding:
    if defaults:
        return good("storage", "default class", f"{', '.join(defaults)} (used by {title})")
    cure = "name one in home.storage_class, or mark a class as default"
    return problem("storage", "default class", f"{title} needs it and there is none", cure)


def _of_class(name: str, title: str, known: list[str]) -> Finding:
    if name in known:
        return good("storage", name, f"exists (used by {title})")
    there = ", ".join(sorted(known)) or "none"
    cure = f"make it, or name one of those in home.storage_class: {there}"
    return problem("storage", name, f"{title} names it and there is no such class", cure)
