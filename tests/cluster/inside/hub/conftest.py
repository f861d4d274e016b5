"""One hub, as `deploy/overlays/local` makes it, for all tests of this folder."""

import fcntl
from pathlib import Path

import pytest

from inside.hub.deployed import DeployedHub, deploy, find

# The hub reads these: they are no modules to look for doctests in.
collect_ignore = ["overlay", "backup"]


@pytest.fixture(scope="session")
def hub(registry: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> DeployedHub:
    """Return the hub, deployed by the first of the processes that share the tests."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with (shared / "hub.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "hub"
        return find(registry) if folder.exists() else _deploy(registry, folder)


def _deploy(registry: str, folder: Path) -> DeployedHub:
    folder.mkdir()
    return deploy(registry, folder)
