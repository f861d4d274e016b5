"""The hub as an admin deploys it: `deploy/overlays/local` with images of the tests' registry."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from string import Template

import httpx

from inside.kube import Kube
from sandbox.layout import NODE_HOME, NODES, REPOSITORY
from tools.person import Person
from tools.shell import CommandError, await_until, run

LOCAL = REPOSITORY / "deploy" / "overlays" / "local"
KEYCLOAK = REPOSITORY / "deploy" / "keycloak"
NAMESPACE = "astroflow"
OURS = "app.kubernetes.io/managed-by=astroflow"
WORKLOADS = ("statefulset/database", "deployment/proxy", "deployment/hub")
NODE_PORT = 30080
# Each node's own in a cluster of ours, and gone with it.
CATALOGUES = NODE_HOME / "catalogues"
OVERLAY = Path(__file__).parent / "overlay"
KEYCLOAK_OVERLAY = Path(__file__).parents[1] / "keycloak" / "overlay"


@dataclass(frozen=True)
class DeployedHub:
    """A hub in the cluster: how people reach it, and kubectl in its namespace."""

    url: str
    password: str
    kube: Kube

    def person(self, name: str) -> Person:
        """Return somebody who has logged in."""
        person = Person(self.url, name)
        person.log_in(self.password).raise_for_status()
        return person

    def namespace_of(self, name: str) -> Kube:
        """Return kubectl in the namespace that holds the server of the person ``name``."""
        selector = f"{OURS},app.kubernetes.io/component=notebook"
        pods = self.kube.list("pods", selector, "--all-namespaces")
        found = {
            pod["metadata"]["namespace"]
            for pod in pods
            if pod["metadata"]["annotations"]["hub.jupyter.org/username"] == name
        }
        return Kube(found.pop(), self.kube.image)

    def kill(self, component: str) -> None:
        """Kill the pods of a component at once, as a crash would, and wait for their successors."""
        selector = f"--selector=app.kubernetes.io/component={component}"
        self.kube("delete", "pod", selector, "--force", "--grace-period=0")
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until every part of the platform is ready and a page is served."""
        for workload in WORKLOADS:
            self.kube("rollout", "status", workload, "--timeout=300s")
        await_until(self._serves, f"a page of the hub at {self.url}")

    def _serves(self) -> bool:
        with Person(self.url, "nobody") as nobody:
            return nobody.is_served()


def end_told(person: Person) -> str:
    """Return the options page once the hub has seen that the server ended."""
    await_until(lambda: _has_ended(person), "the end of the server", 240)
    return person.options_page().text


def _has_ended(person: Person) -> bool:
    try:
        return not person.has_server()
    except httpx.TransportError:  # the proxy may lose a connection with the server
        return False


def deploy(registry: str, folder: Path) -> DeployedHub:
    """Deploy the hub with the registry's images and wait for it; ``folder`` is for its overlay."""
    _write_tests_overlay(LOCAL, registry, folder)
    return _apply(registry, folder)


def deploy_with_keycloak(registry: str, folder: Path) -> DeployedHub:
    """Deploy the hub with Keycloak, or bring Keycloak to the hub that is there."""
    (folder / "hub").mkdir()
    _write_tests_overlay(KEYCLOAK, registry, folder / "hub")
    address = _node_address(_kube(registry))
    write_overlay(KEYCLOAK_OVERLAY, folder, registry=registry, address=address)
    hub = _apply(registry, folder)
    for workload in ("statefulset/keycloak-database", "deployment/keycloak"):
        hub.kube("rollout", "status", workload, "--timeout=300s")
    return hub


def _write_tests_overlay(base: Path, registry: str, folder: Path) -> None:
    places = {"catalogues": str(CATALOGUES), "node": NODES[0].name}
    write_overlay(OVERLAY, folder, base=os.path.relpath(base, folder), registry=registry, **places)


def _apply(registry: str, folder: Path) -> DeployedHub:
    kube = _kube(registry)
    is_new = not _is_deployed(kube)
    run("kubectl", "apply", "--kustomize", folder)
    if not is_new:  # the images may be others under the same name
        kube("rollout", "restart", *WORKLOADS)
    kube("rollout", "status", "daemonset/sample", "--namespace=astroflow-sample", "--timeout=300s")
    hub = find(registry)
    hub.await_ready()
    return hub


def find(registry: str) -> DeployedHub:
    """Return the hub that is deployed."""
    kube = _kube(registry)
    return DeployedHub(f"http://{_node_address(kube)}:{NODE_PORT}", _password(kube), kube)


def remove() -> None:
    """Remove the hub, where it is deployed, and all that it made for people."""
    run("kubectl", "delete", "--kustomize", LOCAL, "--wait=false", "--ignore-not-found")
    people = ("namespaces,persistentvolumes", f"--selector={OURS}")
    run("kubectl", "delete", *people, "--wait=false")


def write_overlay(templates: Path, folder: Path, **values: str) -> None:
    """Write an overlay as an admin would, into ``folder``."""
    for template in templates.iterdir():
        text = Template(template.read_text()).substitute(values)
        (folder / template.name).write_text(text)


def _kube(registry: str) -> Kube:
    return Kube(NAMESPACE, f"{registry}/astroflow:dev")


def _is_deployed(kube: Kube) -> bool:
    try:
        kube("get", "deployment/hub")
    except CommandError:
        return False
    return True


def _password(kube: Kube) -> str:
    kube.wait("secret/login", "create")
    return base64.b64decode(kube.get("secret/login")["data"]["password"]).decode()


def _node_address(kube: Kube) -> str:
    addresses = kube.list("nodes")[0]["status"]["addresses"]
    return next(str(a["address"]) for a in addresses if a["type"] == "InternalIP")
