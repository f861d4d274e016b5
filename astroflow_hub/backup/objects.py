"""The objects that lend a home to a pod of the backup: pure builders.

A home's claim is in its person's namespace, and so would be whatever mounts it there: the keys
of the object store as well, which the person could read. So the backup takes the home's volume
under a second name, in a namespace that is closed to everybody, and lets go of it afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = dict[str, Any]

HOME_PATH = "/home/jovyan"
REPOSITORY_SECRET = "repository"  # noqa: S105 (the secret's name)
# What belongs to the volume's first name, and not to the storage behind it.
_OF_THE_CLAIM = ("claimRef", "storageClassName", "persistentVolumeReclaimPolicy")


@dataclass(frozen=True, slots=True)
class Home:
    """A person's home: whose it is, and the volume that holds it."""

    uuid: str
    person: str
    volume: Mapping[str, Any]  # the spec of the PersistentVolume
    node: str | None = None  # where a pod has it mounted now

    @property
    def name(self) -> str:
        """The name of all that the backup makes for this home."""
        return f"backup-{self.uuid}"


def build_volume(home: Home, namespace: str) -> tuple[Object, Object]:
    """Return the home's volume under a second name, and the claim that takes it."""
    spec = {key: value for key, value in home.volume.items() if key not in _OF_THE_CLAIM}
    volume = _object(
        "PersistentVolume",
        None,
        home.name,
        {
            **spec,
            "claimRef": {"namespace": namespace, "name": home.name},
            "storageClassName": "",
            # The storage is the person's: it stays, whatever becomes of this name.
            "persistentVolumeReclaimPolicy": "Retain",
        },
    )
    claim = _object(
        "PersistentVolumeClaim",
        namespace,
        home.name,
        {
            "accessModes": spec["accessModes"],
            "resources": {"requests": spec["capacity"]},
            "storageClassName": "",
            "volumeName": home.name,
        },
    )
    return volume, claim


def build_pod(
    home: Home, namespace: str, image: str, command: Sequence[str], *, read_only: bool
) -> Object:
    """Return the pod that runs ``command`` in the home, with the repository's keys."""
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # A volume for one node at a time is where its person's pod is.
        "nodeSelector": {"kubernetes.io/hostname": home.node} if home.node else {},
        "containers": [_container(image, command, read_only=read_only)],
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": home.name}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    return _object("Pod", namespace, home.name, spec)


def _object(kind: str, namespace: str | None, name: str, spec: Object) -> Object:
    where = {"namespace": namespace} if namespace else {}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **where}, "spec": spec}


def _container(image: str, command: Sequence[str], *, read_only: bool) -> Object:
    return {
        "name": "restic",
        "image": image,
        "args": [*command],
        "workingDir": HOME_PATH,
        "env": [{"name": "RESTIC_CACHE_DIR", "value": "/tmp/restic"}],  # noqa: S108
        "envFrom": [{"secretRef": {"name": REPOSITORY_SECRET}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"memory": "1Gi"},
        },
        "volumeMounts": [
            {"name": "home", "mountPath": HOME_PATH, "readOnly": read_only},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def backup_command(home: Home) -> list[str]:
    """Return the command that makes a snapshot of the home it runs in, unless that is empty."""
    options = ["--host", home.uuid, "--tag", home.person, "--exclude-caches"]
    # An empty one is no failure: somebody's first start went wrong.
    unless_empty = 'if [ -z "$(ls -A)" ]; then echo "the home is empty"; else exec "$@"; fi'
    return ["sh", "-c", unless_empty, "sh", "restic", "backup", *options, "."]


def restore_command(home: Home, snapshot: str, folder: str) -> list[str]:
    """Return the command that writes a snapshot into ``folder`` of the home it runs in."""
    return ["restic", "restore", snapshot, "--host", home.uuid, "--target", folder]


def list_command(home: Home) -> list[str]:
    """Return the command that lists the snapshots of the home."""
    return ["restic", "snapshots", "--host", home.uuid]
