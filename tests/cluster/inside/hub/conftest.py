"""One hub, as `deploy/overlays/local` makes it, for all tests of this folder."""

import os
from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub, deploy, remove

# The hub reads these: they are no modules to look for doctests in.
collect_ignore = ["overlay", "backup"]


@pytest.fixture(scope="session")
def hub(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedHub]:
    folder = tmp_path_factory.mktemp("overlay")
    hub = deploy(registry, folder)
    yield hub
    if not os.environ.get("KEEP"):
        remove(hub.kube, folder)
