"""kubectl in one namespace, as a person would use it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.shell import CommandError, await_until, run

Object = dict[str, Any]

# Tolerations of a pod that does not wait for a lost node to come back.
LEAVES_AT_ONCE = [
    {
        "key": f"node.kubernetes.io/{state}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 1,
    }
    for state in ("unreachable", "not-ready")
]


@dataclass(frozen=True)
class Kube:
    namespace: str
    image: str

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        return run("kubectl", f"--namespace={self.namespace}", *arguments, stdin=stdin)

    def create(self, *objects: Object) -> None:
        listing = {"apiVersion": "v1", "kind": "List", "items": objects}
        self("create", "--filename=-", stdin=json.dumps(listing))

    def get(self, target: str) -> Object:
        found: Object = json.loads(self("get", target, "--output=json"))
        return found

    def list(self, kind: str, selector: str = "", *options: str) -> list[Object]:
        found = json.loads(self("get", kind, f"--selector={selector}", *options, "--output=json"))
        return list(found["items"])

    def wait(self, target: str, condition: str, timeout: int = 180) -> None:
        self("wait", target, f"--for={condition}", f"--timeout={timeout}s")

    def start(self, *pods: Object) -> None:
        self.create(*pods)
        for pod in pods:
            self.wait(f"pod/{pod['metadata']['name']}", "condition=Ready")

    def python(self, pod: str, code: str) -> str:
        return self("exec", pod, "--", "python", "-c", code).strip()

    def can_fetch(self, pod: str, url: str) -> bool:
        code = f"import urllib.request as r; r.urlopen('{url}', timeout=2)"
        try:
            self.python(pod, code)
        except CommandError:
            return False
        return True

    def node_of(self, pod: str) -> str:
        return str(self.get(f"pod/{pod}")["spec"]["nodeName"])

    def script(self, name: str, *files: Path) -> Object:
        data = {file.name: file.read_text() for file in files}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name},
            "data": data,
        }

    def pod(self, name: str, *command: str, **spec: Any) -> Object:
        """Return a pod of our image that the restricted level of Pod Security admits."""
        container = {
            "name": "main",
            "image": self.image,
            "imagePullPolicy": "Always",
            "args": [*(command or ("sleep", "infinity"))],
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
            "volumeMounts": [
                {"name": "home", "mountPath": "/home/jovyan"},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                *spec.pop("mounts", []),
            ],
            **spec.pop("container", {}),
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name, **spec.pop("labels", {})}},
            "spec": {
                "securityContext": {
                    "runAsNonRoot": True,
                    "fsGroup": 1000,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "terminationGracePeriodSeconds": 0,
                "containers": [container],
                "volumes": [
                    spec.pop("home", {"name": "home", "emptyDir": {}}),
                    {"name": "tmp", "emptyDir": {}},
                    *spec.pop("volumes", []),
                ],
                **spec,
            },
        }

    def service(self, name: str, port: int) -> Object:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": port}]},
        }


def soon(check: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Fail unless `check` says yes within `seconds`."""
    await_until(check, what, seconds)
