"""Runs buildah in namespaces of its own, so that a kill leaves no mount behind."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.shell import Argument, run

# Mount points are counted in the run folder: it must go when the mounts go.
_IN_OWN_NAMESPACE = """
mkdir -p "$0/run" && mount -t tmpfs tmpfs "$0/run" &&
exec buildah --root "$0/storage" --runroot "$0/run" --storage-driver overlay "$@"
"""


def cache_folder() -> Path:
    """Return what checkouts share: image layers, downloads, programs."""
    chosen = os.environ.get("ASTROFLOW_CLUSTER_CACHE", "~/.cache/astroflow-cluster")
    return Path(chosen).expanduser()


@dataclass(frozen=True, slots=True)
class Buildah:
    """Buildah on the layers that all checkouts of this machine share.

    Parameters
    ----------
    within
        The command that enters a network, for pushing; empty for the machine's own.
    """

    within: Sequence[Argument] = ()

    def build(
        self,
        context: Path,
        containerfile: Path,
        arguments: Mapping[str, str] | None = None,
        options: Sequence[Argument] = (),
    ) -> str:
        """Build an image and return its id."""
        with tempfile.NamedTemporaryFile(mode="r") as identity:
            chosen = [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
            self(
                *("bud", "--layers", "--isolation=chroot", "--network=host"),
                *("--format=oci", f"--iidfile={identity.name}", f"--file={containerfile}"),
                *chosen,
                *options,
                context,
            )
            return identity.read().strip().removeprefix("sha256:")

    def push(self, image: str, target: str) -> None:
        """Push `image` to a registry, where `target` names it.

        A registry of this machine or of our own cluster speaks plain HTTP, and
        packing for it takes longer than the copy.
        """
        near = [] if self._is_far(target) else ["--tls-verify=false", "--disable-compression"]
        self("push", *near, image, f"docker://{target}")

    @staticmethod
    def _is_far(target: str) -> bool:
        return not target.startswith(("localhost", "127.", "198.18."))

    def run_in(self, image: str, *command: str) -> str:
        """Run a command in a throw-away container of `image`, as its user."""
        container = Buildah()("from", "--pull-never", image).strip()
        try:
            return self("run", "--isolation=chroot", container, "--", *command)
        finally:
            Buildah()("rm", container)

    def __call__(self, *arguments: Argument) -> str:
        """Run one command of buildah and return what it printed."""
        own = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        shell = ("sh", "-c", _IN_OWN_NAMESPACE, cache_folder() / "images")
        return run(*self.within, *own, *shell, *arguments)
