"""Whatever part of the platform is killed, nobody loses their server."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from inside.hub.deployed import DeployedHub, end_told
from tools.person import Person
from tools.shell import await_until

pytestmark = pytest.mark.alone

PARTS = ("hub", "proxy", "database")


@pytest.fixture(scope="module")
def runner(hub: DeployedHub) -> Iterator[Person]:
    """Return somebody whose server runs all the time."""
    with hub.person("annie") as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


@pytest.fixture
def starter(hub: DeployedHub) -> Iterator[Person]:
    """Return somebody who has no server yet."""
    with hub.person(f"vera-{uuid.uuid4().hex[:6]}") as person:
        yield person
        if person.home:
            person.stop()


@pytest.mark.parametrize("part", PARTS)
def test_server_is_reached_after_a_part_was_killed(
    hub: DeployedHub, runner: Person, part: str
) -> None:
    runner.write("note.txt", part)
    hub.kill(part)
    await_until(lambda: answers(runner), f"the server after the {part} was killed", 60)
    assert runner.read("note.txt")["content"] == part
    with runner.kernel() as kernel:
        assert kernel.run("1 + 1").text == "2"


@pytest.mark.parametrize("part", PARTS)
def test_start_ends_well_though_a_part_is_killed_meanwhile(
    hub: DeployedHub, starter: Person, part: str
) -> None:
    starter.choose("gaia-dr3")
    hub.kill(part)
    starter.insist("gaia-dr3")
    with starter.kernel() as kernel:
        assert kernel.run("1 + 1").text == "2"


@pytest.mark.usefixtures("own_cluster")
def test_server_is_reached_after_every_kubelet_was_killed(
    hub: DeployedHub, runner: Person, starter: Person
) -> None:
    starter.choose("gaia-dr3")
    kill_kubelets()
    assert answers(runner)
    starter.insist("gaia-dr3")
    hub.kube("wait", "nodes", "--all", "--for=condition=Ready", "--timeout=60s")
    assert answers(runner)


def test_why_a_server_ended_is_told_until_the_next_start(hub: DeployedHub, starter: Person) -> None:
    starter.start("gaia-dr3")
    hub.namespace_of(starter.name)("delete", "pod", "--all", "--wait=false")
    end_told(starter)
    hub.kill("hub")
    assert "its pod was removed from the cluster" in end_told(starter)
    starter.start("gaia-dr3")
    starter.stop()
    assert "Your last server ended" not in starter.options_page().text


def kill_kubelets() -> None:
    """Kill the cluster's kubelets, which its nodes start again; no others are in our /proc."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text().strip() == "kubelet":
                os.kill(int(process.name), signal.SIGKILL)


def answers(person: Person) -> bool:
    with suppress(httpx.HTTPError):
        return bool(person.api("GET", "status"))
    return False
