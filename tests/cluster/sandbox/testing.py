"""Runs the tests: those of the machine beside it, all others in the cluster's world."""

import os
import subprocess
import sys
from collections.abc import Sequence

from sandbox.cluster import down, up
from sandbox.errors import SandboxError
from sandbox.images import make_images, make_keycloak
from sandbox.layout import FOLDER, Cluster
from sandbox.processes import enter
from sandbox.programs import build_programs
from tools.shell import Argument, progress, say

NOTHING_CHOSEN = 5  # pytest's exit code when -k leaves no test
# Most tests wait more than they compute; those that lose what others use come after them.
TOGETHER = ("-m", "not alone", "-n", "3", "--dist", "loadfile")
ALONE = ("-m", "alone")


def is_external() -> bool:
    """Tell whether a person asks for a cluster of their own."""
    return bool(os.environ.get("KUBECONFIG"))


def run_tests(cluster: Cluster, arguments: Sequence[str]) -> None:
    """Run every test of this folder, passing `arguments` to pytest.

    Raises
    ------
    ToolError
        When a test fails, or the cluster or an image cannot be made.
    """
    if is_external():
        _test_external(cluster, arguments)
        return
    build_programs()  # for minutes the first time, longer than a test waits for a start
    _pytest([], "machine", arguments)
    try:
        up(cluster)
        make_images(cluster, [])
        make_keycloak(cluster)
        _test_inside(enter(cluster), arguments)
    finally:
        if os.environ.get("KEEP"):
            say("the cluster is left up; look inside with `make cluster-shell`")
        else:
            down(cluster)


def _test_external(cluster: Cluster, arguments: Sequence[str]) -> None:
    if not os.environ.get("ASTROFLOW_REGISTRY"):
        raise SandboxError(
            "KUBECONFIG is set: set ASTROFLOW_REGISTRY to a registry that this machine can push"
            " to and that cluster can pull from, such as localhost:5001 of a kind cluster"
        )
    say(f"using the cluster of {os.environ['KUBECONFIG']}")
    make_images(cluster, [])
    make_keycloak(cluster)
    _test_inside([], arguments)


def _test_inside(within: Sequence[Argument], arguments: Sequence[str]) -> None:
    _pytest(within, "inside", [*TOGETHER, *arguments], KEEP="1")
    _pytest(within, "inside", [*ALONE, *arguments])


def _pytest(
    within: Sequence[Argument], folder: str, arguments: Sequence[str], **environment: str
) -> None:
    tests = [sys.executable, "-m", "pytest", FOLDER / folder, "--verbose", *arguments]
    with progress(f"testing {folder}"):
        command = [*map(str, within), *map(str, tests)]
        done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    if done.returncode not in (0, NOTHING_CHOSEN):
        raise SandboxError(f"tests failed in tests/cluster/{folder}")
