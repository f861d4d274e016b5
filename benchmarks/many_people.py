"""What many people at once cost a hub on Kubernetes.

    PYTHONPATH=tests/cluster:. .venv/bin/python -m sandbox run \
        "$PWD/.venv/bin/python" -m benchmarks.many_people --real 50 --people 1000 --spawns 200

on a cluster that is up, with the images in its registry (`make cluster-up images`); it deploys
the hub, and removes it at the end. First, real servers: people log in, start JupyterLab and ask
their server whose it is. Then many more against the same hub, API server, scheduler and database,
with pods on a node that only exists in the API (`benchmarks.many_people_node`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from benchmarks.many_people_cost import CostMeter
from benchmarks.many_people_node import PROFILE, pretended_node
from inside.hub.deployed import deploy, remove
from inside.kube import Kube
from sandbox.layout import REGISTRY
from tools.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inside.hub.deployed import DeployedHub

Item = TypeVar("Item")
Found = TypeVar("Found")

SMALL = {
    "slug": "crowd",
    "display_name": "A small server",
    "catalogues": ["gaia-dr3"],
    "cpu": {"guarantee": 0.01},
    "memory": {"guarantee": "100m", "limit": "1g"},
    "home": {"size": "16Mi"},
}
PATIENCE = 900  # seconds for one person's server
TOO_MANY = 429  # are starting: the hub asks to try again
LOGGING_IN = 20  # people at once
_ANSWER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    log_message = lambda *_: None
ThreadingHTTPServer(("0.0.0.0", 8888), Answer).serve_forever()
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """How one person fared: seconds to the server, and whose server it said it was."""

    name: str
    seconds: float
    whose: str


@dataclass(frozen=True, slots=True)
class Result:
    """What many people did: how long it took, all together and each, and what it cost."""

    what: str
    seconds: float
    each: tuple[float, ...]
    costs: dict[str, Any]

    def __str__(self) -> str:
        costs = "".join(f"\n    {name}: {value}" for name, value in self.costs.items())
        return (
            f"{self.what}: {len(self.each)} in {self.seconds:.0f} s; each {median(self.each):.2f} s"
            f" (median), {max(self.each):.2f} s (slowest){costs}"
        )


@contextmanager
def offered(hub: DeployedHub, profile: dict[str, Any]) -> Iterator[None]:
    """Offer one more profile, without a restart of the hub, for as long as the context lasts."""
    file = f"{profile['slug']}.yaml"
    _set_profile(hub, file, json.dumps(profile))
    with hub.person("crowd-opener") as person:
        _await_offer(person, str(profile["display_name"]))
    try:
        yield
    finally:
        _set_profile(hub, file, None)


def _set_profile(hub: DeployedHub, file: str, text: str | None) -> None:
    hub.kube("patch", "configmap/profiles", "--patch", json.dumps({"data": {file: text}}))


def _await_offer(person: Person, name: str) -> None:
    """Wait until the kubelet has brought the changed files to the hub: a minute or more."""
    deadline = time.monotonic() + PATIENCE
    while name not in person.options_page().text:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the hub does not offer {name!r}")
        time.sleep(1)


def real_servers(hub: DeployedHub, people: int, at_once: int, profile: str) -> Result:
    """Give each person a server of their own, ``at_once`` at a time, and stop all at the end.

    Raises
    ------
    AssertionError
        When somebody got another's server.
    """
    names = _names("crowd", people)
    with ExitStack() as open_persons:
        persons = [open_persons.enter_context(Person(hub.url, name)) for name in names]
        try:
            with CostMeter(hub.url) as meter:
                seconds, visits = _in_parallel(
                    lambda person: _visit(person, hub.password, profile), persons, at_once
                )
        finally:
            _in_parallel(_stop, persons, at_once)
    if wrong := [visit for visit in visits if visit.whose != visit.name]:
        raise AssertionError(f"got another's server: {wrong}")
    each = tuple(visit.seconds for visit in visits)
    return Result(f"real servers, {at_once} people at once", seconds, each, meter.costs)


def _names(crowd: str, people: int) -> list[str]:
    """Return names of people; each crowd has its own, for their homes stay."""
    return [f"{crowd}-{number}" for number in range(people)]


def _visit(person: Person, password: str, profile: str) -> Visit:
    """Let a person log in, start a server, and ask it whose it is."""
    began = time.monotonic()
    person.log_in(password).raise_for_status()
    person.start(profile)
    seconds = time.monotonic() - began
    return Visit(person.name, seconds, person.api("GET", "me")["identity"]["username"])


def _stop(person: Person) -> None:
    if person.home:
        person.stop()


def pretended_servers(hub: DeployedHub, people: int, spawns: int) -> list[Result]:
    """Let ``people`` log in, and ``spawns`` of them start a server at the same time."""
    names = _names("pretended", people)
    with _answering(hub.kube) as address, pretended_node(address), offered(hub, PROFILE):
        with CostMeter(hub.url) as meter:
            seconds, visitors = _in_parallel(
                lambda name: _timed(lambda: hub.person(name)), names, LOGGING_IN
            )
        each = tuple(took for took, _ in visitors)
        what = f"people log in, {LOGGING_IN} at once"
        logins = Result(what, seconds, each, meter.costs)
        persons = [person for _, person in visitors]
        with CostMeter(hub.url) as meter:
            seconds, spawned = _in_parallel(
                lambda person: _timed(lambda: _spawn(person)), persons[:spawns], spawns
            )
        for person in persons:
            person.http.close()
    each = tuple(took for took, _ in spawned)
    refused = Counter(why for _, why in spawned if why)
    costs = {"without a server": dict(refused), **meter.costs}
    return [logins, Result("spawns at once, of pretended pods", seconds, each, costs)]


def _spawn(person: Person) -> str:
    """Ask for a server, again while too many start; return why none came up, or nothing."""
    person.http.timeout = httpx.Timeout(PATIENCE)
    path, choice = f"users/{person.name}/server", {"profile": PROFILE["slug"]}
    while (answer := person.hub_api("POST", path, json=choice)).status_code == TOO_MANY:
        time.sleep(float(answer.headers.get("Retry-After", "5")))
    answer.raise_for_status()
    # As the page does: one request that lasts until the server is up. Asking again and again,
    # two hundred people would keep the hub busier than their servers do.
    last = person.progress()[-1]
    return "" if last.get("ready") else str(last["message"])


@contextmanager
def _answering(kube: Kube) -> Iterator[str]:
    """Have one real pod that answers for all pretended ones; return its address."""
    pods = Kube("crowd-answer", kube.image)
    pods("create", "namespace", "crowd-answer")
    try:
        pods.wait("serviceaccount/default", "create")
        pods.start(pods.pod("answer", "python", "-c", _ANSWER))
        yield str(pods.get("pod/answer")["status"]["podIP"])
    finally:
        pods("delete", "namespace", "crowd-answer", "--wait=false")


def _in_parallel(
    work: Callable[[Item], Found], items: Sequence[Item], at_once: int
) -> tuple[float, list[Found]]:
    with ThreadPoolExecutor(at_once) as pool:
        return _timed(lambda: list(pool.map(work, items)))


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    began = time.monotonic()
    found = work()
    return time.monotonic() - began, found


def main() -> None:
    """Deploy the hub, measure, print the results and write them as JSON."""
    parser = argparse.ArgumentParser("benchmarks.many_people", description=__doc__)
    parser.add_argument("--real", type=int, default=50, help="people with real servers")
    parser.add_argument("--at-once", type=int, default=6, help="of these at a time")
    parser.add_argument("--people", type=int, default=1000, help="who log in")
    parser.add_argument("--spawns", type=int, default=200, help="pretended, at the same time")
    parser.add_argument("--registry", default=REGISTRY)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/many_people.json"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = deploy(asked.registry, Path(folder))
        try:
            with offered(hub, SMALL):
                results = [real_servers(hub, asked.real, asked.at_once, "crowd")]
            results += pretended_servers(hub, asked.people, asked.spawns)
        finally:
            remove()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps([asdict(result) for result in results], indent=2))
    sys.stdout.write("\n".join(map(str, results)) + "\n")


if __name__ == "__main__":
    main()
