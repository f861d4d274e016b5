"""People of a Keycloak in the cluster, whose accounts are in a PostgreSQL beside it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from inside.hub.deployed import DeployedHub
from inside.kube import soon
from tools.keycloak.realm import Realm
from tools.keycloak.visitor import Visitor
from tools.person import Person

pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]

LOOKED_AT = 90  # seconds: what runs, and how full a home is, is looked at each minute


@pytest.fixture
def visitor(hub: DeployedHub) -> Iterator[Visitor]:
    with Visitor(hub.url, f"visitor-{uuid4().hex[:6]}") as visitor:
        yield visitor


def usage_of(person: Person) -> str:
    return person.http.get("/hub/portal/usage").text


def test_a_person_of_keycloak_gets_a_server_in_a_namespace_with_their_uuid(
    hub: DeployedHub, realm: Realm, visitor: Visitor
) -> None:
    uuid = realm.add_person(visitor.name)
    visitor.log_in()
    visitor.start("gaia-dr3")
    space = hub.namespace_of(visitor.name).namespace
    assert uuid in hub.kube.get(f"namespace/{space}")["metadata"]["labels"].values()
    soon(lambda: "Your server" in usage_of(visitor), "the server among what is used", LOOKED_AT)
    soon(lambda: "of 1 GiB used" in usage_of(visitor), "how full the home is", LOOKED_AT)
    visitor.stop()


def test_who_loses_the_right_to_come_loses_the_server(
    hub: DeployedHub, realm: Realm, visitor: Visitor
) -> None:
    uuid = realm.add_person(visitor.name)
    visitor.log_in()
    visitor.start("gaia-dr3")
    space = hub.namespace_of(visitor.name)
    realm.change_person(uuid, enabled=False)
    soon(lambda: not space.list("pods"), "the end of the server", 60)
    assert not visitor.is_in()


def test_keycloak_reaches_the_hub_to_end_a_session(realm: Realm, visitor: Visitor) -> None:
    uuid = realm.add_person(visitor.name)
    visitor.log_in()
    assert visitor.is_in()
    realm.end_session(realm.sessions(uuid)[0])
    assert not visitor.is_in()


def test_accounts_outlive_the_pod_of_keycloak(
    hub: DeployedHub, realm: Realm, visitor: Visitor
) -> None:
    realm.add_person(visitor.name)
    hub.kube("delete", "pod", "--selector=app.kubernetes.io/component=keycloak")
    hub.kube("rollout", "status", "deployment/keycloak", "--timeout=300s")
    visitor.log_in()
    assert visitor.is_in()


def test_nobody_comes_by_the_one_password_any_more(hub: DeployedHub) -> None:
    with Person(hub.url, "mallory") as mallory:
        page = mallory.http.get("/hub/login")
        assert 'type="password"' not in page.text
        known = {"username": "mallory", "password": hub.password, "_xsrf": page.cookies["_xsrf"]}
        assert mallory.http.post("/hub/login", data=known).status_code == 400
        assert mallory.http.get("/hub/home").url.path == "/hub/login"
