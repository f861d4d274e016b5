"""Profiles that a test adds to those of the deployed hub, as an admin does: in the ConfigMap."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inside.kube import soon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inside.hub.deployed import DeployedHub

SMALL = {
    "catalogues": ["gaia-dr3"],
    "cpu": {"guarantee": 0.05, "limit": 1},
    "memory": {"guarantee": "256m", "limit": "1g"},
    "home": {"size": "1Gi"},
}


def profile(slug: str, **fields: Any) -> dict[str, Any]:
    """Return a profile that asks for little but for ``fields``."""
    return {"slug": slug, "display_name": f"Test {slug}", **SMALL, **fields}


@contextmanager
def offered(hub: DeployedHub, *profiles: dict[str, Any]) -> Iterator[None]:
    """Offer profiles beside the deployed ones; withdraw them at the end."""
    files = {f"{profile['slug']}.yaml": json.dumps(profile) for profile in profiles}
    _write(hub, files)
    with hub.person("curator") as curator:
        wanted = [profile["display_name"] for profile in profiles]
        soon(lambda: _shows(curator.options_page().text, wanted), "the new profiles", 90)
    yield
    _write(hub, dict.fromkeys(files))


def _write(hub: DeployedHub, files: dict[str, Any]) -> None:
    hub.kube("patch", "configmap/profiles", "--patch", json.dumps({"data": files}))
    # A kubelet looks at a pod's config maps once a minute, or when the pod changes.
    stamp = f"astroflow.org/looked-at={time.time_ns()}"
    hub.kube("annotate", "pod", "--selector=app.kubernetes.io/component=hub", "--overwrite", stamp)


def _shows(page: str, names: list[str]) -> bool:
    return all(name in page for name in names)
