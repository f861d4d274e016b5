"""What a person has in the cluster: theirs alone, put right at each start, removed on request."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from astroflow_hub.kubernetes.rules import PERSON_RULES
from inside.hub.deployed import DeployedHub
from inside.kube import Kube, soon
from tools.person import Person
from tools.shell import CommandError, run

QUOTA = "resourcequota/person"
POLICIES = [
    "dask-operator",
    "deny-by-default",
    "internet",
    "notebook",
    "own-namespace",
    "platform",
    "shared-dask",
]
MORE_RIGHTS = """
[{"op": "add", "path": "/rules/-", "value":
  {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}}]
"""
ODD_NAMES = ["x" * 64, "ὑπατία", "42--a@alexandria.example"]


@pytest.fixture(scope="module")
def theon(hub: DeployedHub) -> Iterator[Person]:
    with hub.person("theon") as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, theon: Person) -> Kube:
    return hub.namespace_of(theon.name)


def names(kube: Kube, kind: str) -> list[str]:
    return sorted(found["metadata"]["name"] for found in kube.list(kind))


def rights(kube: Kube) -> Any:
    return kube.get("role/notebook")["rules"]


def may(kube: Kube, action: str) -> bool:
    account = f"--as=system:serviceaccount:{kube.namespace}:notebook"
    try:
        return kube("auth", "can-i", *action.split(), account, "--quiet") == ""
    except CommandError:
        return False


def remove(*arguments: str) -> str:
    """Run `astroflow user remove` as an admin does."""
    return run(
        sys.executable,
        "-c",
        "from astroflow_hub.cli import main; main()",
        "user",
        "remove",
        *arguments,
    )


def test_namespace_says_whose_it_is(space: Kube) -> None:
    metadata = space.get(f"namespace/{space.namespace}")["metadata"]
    assert metadata["annotations"]["hub.jupyter.org/username"] == "theon"
    assert metadata["labels"]["astroflow.org/user-uuid"]
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    "action",
    [
        "create pods",
        "deletecollection configmaps",
        "get pods --subresource=log",
        "create daskclusters",
    ],
)
def test_a_notebook_may_do_what_spark_and_dask_need(space: Kube, action: str) -> None:
    assert may(space, action)


@pytest.mark.parametrize(
    "action",
    [
        "get secrets",
        "create pods --subresource=exec",
        "create rolebindings",
        "patch roles",
        "delete resourcequotas",
        "delete networkpolicies",
        "list nodes",
    ],
)
def test_a_notebook_may_do_no_more(space: Kube, action: str) -> None:
    assert not may(space, action)


def test_what_drifted_is_put_back_at_the_next_start(theon: Person, space: Kube) -> None:
    wanted = space.get(QUOTA)["spec"]
    theon.stop()
    space("patch", "role/notebook", "--type=json", "--patch", MORE_RIGHTS)
    space("patch", QUOTA, "--patch", '{"spec": {"hard": {"pods": "999"}}}')
    space("delete", "networkpolicy", "--all")
    theon.start("gaia-dr3")
    assert rights(space) == [*PERSON_RULES]
    assert space.get(QUOTA)["spec"] == wanted
    assert names(space, "networkpolicies") == POLICIES


def test_a_namespace_that_is_half_made_is_finished(hub: DeployedHub) -> None:
    with hub.person("halfway") as person:
        person.start("gaia-dr3")
        kube = hub.namespace_of("halfway")
        person.stop()
        for kind in ("role", "rolebinding", "resourcequota", "networkpolicy"):
            kube("delete", kind, "--all")
        kube("delete", "serviceaccount/notebook", "persistentvolumeclaim/catalogue-gaia-dr3")
        person.start("gaia-dr3")
        person.stop()
    assert rights(kube) == [*PERSON_RULES]


def test_a_namespace_of_somebody_else_is_not_taken(hub: DeployedHub) -> None:
    hub.kube("create", "namespace", "astroflow-squatter")
    try:
        with hub.person("squatter") as person:
            person.start("gaia-dr3")
            namespace = hub.namespace_of("squatter").namespace
            person.stop()
        assert namespace.startswith("astroflow-squatter-")
        assert not hub.kube.get("namespace/astroflow-squatter")["metadata"].get("annotations")
    finally:
        hub.kube("delete", "namespace", "astroflow-squatter", "--wait=false")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_somebody_with_an_odd_name_gets_a_server(hub: DeployedHub, name: str) -> None:
    with hub.person(name) as person:
        person.start("gaia-dr3")
        with person.kernel() as kernel:
            assert kernel.run("import os; print(os.environ['JUPYTERHUB_USER'])").text == f"{name}\n"
        person.stop()


def test_to_remove_somebody_keeps_their_home_unless_told(hub: DeployedHub) -> None:
    with hub.person("leaver") as person:
        person.start("gaia-dr3")
        person.write("thesis.txt", "kept")
        kube = hub.namespace_of("leaver")

        told = remove("leaver", "--yes")
        assert f"leaver has the namespace {kube.namespace}. This deletes:" in told
        assert "The home stays, in its namespace: claim home of 1Gi." in told
        assert kube.list("pods") == []
        assert names(kube, "persistentvolumeclaims") == ["home"]
        assert names(kube, "rolebindings") == []

        # The proxy leads to the pod that is gone until the hub has seen its end.
        about = f"users/{person.name}"
        soon(lambda: not person.hub_api("GET", about).json()["server"], "the server's end", 60)
        person.start("gaia-dr3")
        assert person.read("thesis.txt")["content"] == "kept"
        person.stop()

    told = remove("leaver", "--yes", "--delete-home")
    assert "THE HOME AND ALL FILES IN IT: claim home of 1Gi" in told
    assert kube.namespace not in names(kube, "namespaces")
    assert f"{kube.namespace}.gaia-dr3" not in names(kube, "persistentvolumes")


def test_without_a_yes_nothing_is_removed(space: Kube) -> None:
    with pytest.raises(CommandError, match="Aborted"):
        remove("theon", "--delete-home")
    assert names(space, "persistentvolumeclaims") == ["catalogue-gaia-dr3", "home"]


@pytest.mark.usefixtures("space")
def test_to_remove_somebody_unknown_names_who_there_is() -> None:
    with pytest.raises(CommandError, match=r"nobody called 'teon'.*did you mean 'theon'"):
        remove("teon", "--yes")
