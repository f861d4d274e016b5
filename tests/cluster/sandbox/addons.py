"""What a cluster has beside its control plane: DNS, volumes, metrics, policies, Dask."""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from string import Template

from sandbox.errors import SandboxError
from sandbox.layout import DNS_ADDRESS, FOLDER, NODE_HOME, REGISTRY, REPOSITORY, Cluster
from sandbox.processes import enter_network, kubectl
from tools.images.buildah import Buildah

MANIFESTS = FOLDER / "manifests"
BUSYBOX = Path("/bin/busybox")
PROGRAMS = (
    *("pause", "coredns", "local-path-provisioner", "metrics-server", "busybox"),
    "versitygw",  # an object store for the tests of the backup
)
DEPLOYMENTS = {
    "kube-system": ("coredns",),
    "local-path-storage": ("local-path-provisioner",),
}


def push_images(cluster: Cluster) -> None:
    """Make an image of each program that runs in a pod, and push it."""
    pusher = Buildah(enter_network(cluster))
    for program in PROGRAMS:
        source = BUSYBOX if program == "busybox" else cluster.bin / program
        pusher.push(_build(source), f"{REGISTRY}/{program}")


def _build(program: Path) -> str:
    with tempfile.TemporaryDirectory() as context:
        folder = Path(context) / "bin"
        folder.mkdir()
        shutil.copy(program, folder)
        if program == BUSYBOX:
            (folder / "sh").symlink_to(program.name)
        return Buildah().build(Path(context), MANIFESTS / "Containerfile")


def install(cluster: Cluster) -> None:
    """Create every object of the add-ons."""
    definitions = [*_cilium_definitions(cluster), *_dask_definitions()]
    files = [f"--filename={path}" for path in definitions]
    kubectl(cluster, "create", *files)
    kubectl(cluster, "apply", "--filename=-", stdin=_manifests())
    kubectl(cluster, "apply", f"--kustomize={_dask_operator(cluster)}")


def await_ready(cluster: Cluster) -> None:
    """Wait until names resolve and volumes can be had.

    Metrics need half a minute to be measured, the Dask operator its image: both follow.
    """
    for namespace, names in DEPLOYMENTS.items():
        wait = ("wait", "--for=condition=Available", "--timeout=120s", f"--namespace={namespace}")
        kubectl(cluster, *wait, *(f"deployment/{name}" for name in names))


def _cilium_definitions(cluster: Cluster) -> list[Path]:
    """Return Cilium's CRDs, which its operator makes where there is one."""
    folder = cluster.bin / "cilium-crds"
    return sorted([*folder.glob("v2/*.yaml"), *folder.glob("v2alpha1/*.yaml")])


def _dask_definitions() -> list[Path]:
    package = importlib.util.find_spec("dask_kubernetes")
    if package is None or package.origin is None:
        raise SandboxError("dask-kubernetes is not installed; run `make setup-dev`")
    return sorted(Path(package.origin).parent.glob("operator/deployment/helm/*/crds/*.yaml"))


def _dask_operator(cluster: Cluster) -> Path:
    """Write the overlay of `deploy/dask-operator` for this cluster; return its folder."""
    folder = cluster.state / "dask-operator"
    folder.mkdir(exist_ok=True)
    values = {"registry": REGISTRY, "deploy": os.path.relpath(REPOSITORY / "deploy", folder)}
    template = Template((MANIFESTS / "dask-operator" / "kustomization.yaml").read_text())
    (folder / "kustomization.yaml").write_text(template.substitute(values))
    return folder


def _manifests() -> str:
    values = {"registry": REGISTRY, "dns": DNS_ADDRESS, "volumes": f"{NODE_HOME}/volumes"}
    texts = [path.read_text() for path in sorted(MANIFESTS.glob("*.yaml"))]
    return "---\n".join(Template(text).substitute(values) for text in texts)
