"""The notebook's pod, and pods like it for Spark's executors and Dask's workers.

They are of the same image by its digest, on the same kind of nodes, with the same volumes at
the same paths, so that what works in the notebook works on them. They cannot write to these
volumes, and have neither a token nor the notebook's environment, which holds the person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.kubernetes.objects import Object, main_container, main_status
from astroflow_core.kubernetes.quantities import memory_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_core.kubernetes.api import Namespace

TEMPORARY = "/tmp"  # noqa: S108 (a volume of the pod's own)
SHARED_MODES = {"ReadOnlyMany", "ReadWriteMany"}
# Spread, so that the first node to come up is not filled before the others.
_LIKE_THE_NOTEBOOK = ("imagePullSecrets", "nodeSelector", "priorityClassName", "securityContext")
_TAINT_OF_NODE = "node.kubernetes.io/"


@dataclass(frozen=True, slots=True)
class Notebook:
    """The pod of this notebook as the cluster describes it; ``shared`` are claims to share.

    A claim of one node alone (ReadWriteOnce) would hold every executor to that node.
    """

    pod: Object
    shared: frozenset[str]

    @classmethod
    def of_this_process(cls, namespace: Namespace, environ: Mapping[str, str]) -> Notebook:
        """Ask the cluster for the pod in which this process runs."""
        pod = namespace.get("pods", environ["POD_NAME"])
        claims = namespace.find("persistentvolumeclaims")
        return cls(pod, frozenset(_shared(claims)))

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.pod["metadata"]["name"])

    @property
    def address(self) -> str:
        """The address at which other pods reach it."""
        return str(self.pod["status"]["podIP"])

    @property
    def image(self) -> str:
        """The image that runs, by digest, so that a new one of its name is not mixed in."""
        status = main_status(self.pod) or {}
        by_digest = str(status.get("imageID", ""))
        return by_digest if "@sha256:" in by_digest else str(main_container(self.pod)["image"])

    @property
    def memory(self) -> int | None:
        """How many bytes of memory it may use, None for no limit."""
        limits = main_container(self.pod).get("resources", {}).get("limits", {})
        return memory_of(limits["memory"]) if "memory" in limits else None

    @property
    def owner(self) -> Object:
        """The reference by which what it makes goes when it goes."""
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": self.name,
            "uid": self.pod["metadata"]["uid"],
        }


def worker_pod(notebook: Notebook, container: str, scratch: str) -> Object:
    """Return a pod for workers of the notebook: everything but its command and its sizes.

    Parameters
    ----------
    container
        The name of its container.
    scratch
        The most that it may write to its temporary folder, as Kubernetes writes it.
    """
    spec, own = notebook.pod["spec"], main_container(notebook.pod)
    volumes = [volume for volume in spec.get("volumes", []) if _is_shared(volume, notebook.shared)]
    names = {volume["name"] for volume in volumes}
    mounts = [mount for mount in own.get("volumeMounts", []) if mount["name"] in names]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {},
        "spec": {
            **{field: spec[field] for field in _LIKE_THE_NOTEBOOK if field in spec},
            "tolerations": [t for t in spec.get("tolerations", []) if not _is_of_node(t)],
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": container,
                    "image": notebook.image,
                    "securityContext": own.get("securityContext", {}),
                    # The only folder that they may write to: there Spark puts a person's files.
                    "workingDir": TEMPORARY,
                    "volumeMounts": [
                        *({**mount, "readOnly": True} for mount in mounts),
                        {"name": "temporary", "mountPath": TEMPORARY},
                    ],
                }
            ],
            "volumes": [*volumes, {"name": "temporary", "emptyDir": {"sizeLimit": scratch}}],
        },
    }


def _shared(claims: Iterable[Object]) -> list[str]:
    return [
        claim["metadata"]["name"]
        for claim in claims
        if SHARED_MODES & set(claim["spec"]["accessModes"])
    ]


def _is_shared(volume: Object, shared: frozenset[str]) -> bool:
    claim = volume.get("persistentVolumeClaim")
    return bool(claim and claim["claimName"] in shared)


def _is_of_node(toleration: Object) -> bool:
    """Tell whether Kubernetes itself added a toleration, as it does to every pod."""
    return str(toleration.get("key", "")).startswith(_TAINT_OF_NODE)
