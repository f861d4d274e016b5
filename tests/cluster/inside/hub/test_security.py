"""Person A against person B and the platform: each attempt is refused, its control is not."""

import json
import re
import socket
import subprocess
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inside.hub.attempt import REASONS, Attempt, Object, Side, fill
from inside.hub.attempts import ATTEMPTS
from inside.hub.deployed import DeployedHub
from inside.kube import Kube
from sandbox.layout import NODE_HOME
from tools.person import Person
from tools.shell import run

PROBE = Path(__file__).parents[1] / "jobs" / "probe.py"
METADATA = "169.254.169.254"
SMALL = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}}
# What Dask and Spark listen on in a notebook.
PORTS = (7078, 7079, 8786, 8787)
LISTEN = """
import socket, sys, time
listeners = [socket.create_server(("0.0.0.0", int(port)), backlog=64) for port in sys.argv[1:]]
print("listening", flush=True)
time.sleep(3600)
"""


@dataclass(frozen=True)
class Place:
    """A pod that makes probes, and the names that probes about its person hold."""

    kube: Kube
    pod: str
    names: dict[str, str]

    def make(self, probes: list[Object]) -> list[str]:
        command = ("exec", "--stdin", self.pod, "--", "python", "-", json.dumps(probes))
        results: list[str] = json.loads(self.kube(*command, stdin=PROBE.read_text()))
        return results


@dataclass(frozen=True)
class Scene:
    """Everybody who takes part, and an administrator's token."""

    places: dict[str, Place]
    browsers: dict[str, Person]
    server_tokens: dict[str, str]
    admin_token: str

    def probe_of(self, attempt: Attempt, side: Side) -> Object:
        names = self.places["B"].names | self.places[side.subject].names
        probe: Object = fill(attempt.probe, names)
        if side.is_admin:
            return {**probe, "token": self.admin_token}
        return probe

    def browse(self, browser: Person, probe: Object) -> str:
        method, path = probe["method"], probe["path"]
        if owner := probe.get("token"):
            headers = {"Authorization": f"token {self.server_tokens[owner]}"}
            return str(_ask(browser.http.base_url, method, path, headers))
        if path.startswith("/hub/api/"):
            return str(browser.hub_api(method, path.removeprefix("/hub/api/")).status_code)
        return str(browser.http.request(method, path).status_code)


def _ask(url: Any, method: str, path: str, headers: dict[str, str]) -> int:
    with Person(str(url), "nobody") as nobody:
        body = {"last_activity": "2026-01-01T00:00:00Z"} if method == "POST" else None
        return nobody.http.request(method, path, headers=headers, json=body).status_code


@pytest.fixture(scope="module")
def outcomes(scene: Scene) -> dict[tuple[str, Side], str]:
    """Make all probes: those of one pod together, for each command there costs a second."""
    asked: dict[str, list[tuple[Attempt, Side]]] = defaultdict(list)
    for attempt in ATTEMPTS:
        for side in (attempt.attack, attempt.control):
            asked[side.actor].append((attempt, side))
    found = {}
    for actor, wanted in asked.items():
        probes = [scene.probe_of(attempt, side) for attempt, side in wanted]
        if actor in scene.places:
            results = scene.places[actor].make(probes)
        else:
            results = [scene.browse(scene.browsers[actor], probe) for probe in probes]
        found |= {
            (attempt.what, side): result
            for (attempt, side), result in zip(wanted, results, strict=True)
        }
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.what)
def test_attempt_is_refused_and_its_control_is_not(
    attempt: Attempt, outcomes: dict[tuple[str, Side], str]
) -> None:
    control, attack = (outcomes[attempt.what, side] for side in (attempt.control, attempt.attack))
    assert control.partition(" ")[0] == attempt.allowed, f"the control: {control}"
    assert attack.partition(" ")[0] == attempt.refused, f"the attack: {attack}"
    assert re.search(REASONS.get(attempt.stopped_by, ""), attack)


@pytest.fixture(scope="module")
def scene(hub: DeployedHub) -> Iterator[Scene]:
    with (
        _started(hub, "alice") as alice,
        _started(hub, "bob") as bob,
        _metadata_service(),
        _nobodys(hub.kube) as free,
    ):
        a, b = _place(hub, "alice"), _place(hub, "bob", **free.names)
        spare = _spare_volume(free.kube, b.names["home_class"])
        places = {"A": a, "B": b, "free": Place(free.kube, free.pod, {**free.names, **spare})}
        places["hub"] = Place(hub.kube, "deployment/hub", {})
        with _listening(b), _neighbour(b) as neighbour:
            yield Scene(
                {**places, "B's neighbour": neighbour},
                {"A's browser": alice, "B's browser": bob},
                {"A": a.kube("exec", a.pod, "--", "printenv", "JUPYTERHUB_API_TOKEN").strip()},
                free.kube("create", "token", "admin").strip(),
            )
        free.kube("delete", f"persistentvolume/{spare['home']}", "--wait=false")


@contextmanager
def _started(hub: DeployedHub, name: str) -> Iterator[Person]:
    with hub.person(name) as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


def _place(hub: DeployedHub, name: str, **more: str) -> Place:
    kube = hub.namespace_of(name)
    (pod,) = kube.list("pods", "app.kubernetes.io/component=notebook")
    home = kube.get("persistentvolumeclaim/home")["spec"]
    names = {
        "ns": kube.namespace,
        "name": name,
        "pod": pod["metadata"]["name"],
        "ip": pod["status"]["podIP"],
        "node": pod["spec"]["nodeName"],
        "node_ip": pod["status"]["hostIP"],
        "home": home["volumeName"],
        "home_class": home["storageClassName"],
    }
    return Place(kube, names["pod"], {**more, **names})


@contextmanager
def _nobodys(hub: Kube) -> Iterator[Place]:
    """Make a namespace that no policy protects, with a pod, a service and an administrator."""
    kube = Kube(f"test-{uuid.uuid4().hex[:8]}", hub.image)
    name = kube.namespace
    admin = ("clusterrolebinding", name)
    kube("create", "namespace", name)
    try:
        kube("create", "serviceaccount", "admin")
        account = f"--serviceaccount={name}:admin"
        kube("create", *admin, "--clusterrole=cluster-admin", account)
        kube.wait("serviceaccount/default", "create")
        kube.start(kube.pod("elsewhere", "python", "-c", LISTEN, "8080", container=SMALL))
        kube.create(kube.service("elsewhere", 8080))
        address = kube.get("pod/elsewhere")["status"]["podIP"]
        yield Place(kube, "elsewhere", {"ns": name, "free_ns": name, "free_ip": address})
    finally:
        kube("delete", *admin, "--ignore-not-found")
        kube("delete", "namespace", name, "--wait=false")


def _spare_volume(kube: Kube, storage_class: str) -> dict[str, str]:
    name = f"spare-{kube.namespace}"
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": f"{NODE_HOME}/{name}"},
        "storageClassName": storage_class,
    }
    metadata = {"name": name}
    kube.create(
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
    )
    return {"home": name, "home_class": storage_class}


@contextmanager
def _neighbour(person: Place) -> Iterator[Place]:
    """Start another pod beside a person's notebook, and a service that leads to the notebook."""
    kube = person.kube
    kube.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "scheduler"},
            "spec": {
                "selector": {"app.kubernetes.io/component": "notebook"},
                "ports": [{"port": 8786}],
            },
        }
    )
    try:
        kube.start(kube.pod("neighbour", container=SMALL))
        yield Place(kube, "neighbour", {})
    finally:
        kube("delete", "service/scheduler", "pod/neighbour", "--ignore-not-found", "--wait=false")


@contextmanager
def _listening(person: Place) -> Iterator[None]:
    """Listen in a person's notebook where their Dask and Spark would."""
    command = ["kubectl", f"--namespace={person.kube.namespace}", "exec", person.pod, "--"]
    code = ["python", "-c", LISTEN, *map(str, PORTS)]
    with subprocess.Popen([*command, *code], stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == "listening\n"
        yield
        listener.terminate()


@contextmanager
def _metadata_service() -> Iterator[None]:
    """Play a cloud's metadata service, outside of the cluster."""
    address = ("address", "{}", f"{METADATA}/32", "dev", "lo")
    run("ip", *(word.format("add") for word in address))
    try:
        with socket.create_server((METADATA, 80)):
            yield
    finally:
        run("ip", *(word.format("del") for word in address))
