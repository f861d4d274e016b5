"""Keycloak goes, comes back and changes its keys."""

import time
from pathlib import Path
from typing import Any

import pytest

from tools.keycloak.visitor import Visitor
from tools.person import error_on
from tools.running_hub import RunningHub

pytestmark = pytest.mark.timeout(180)


def test_people_work_on_for_a_time_without_keycloak_and_it_comes_back_by_itself(
    hub: RunningHub, keycloak: Any, state: Path
) -> None:
    keycloak.realm.add_person("thales")
    keycloak.realm.add_person("solon")
    log = state / "logs" / "hub.log"
    before = len(log.read_text())
    with (
        Visitor(hub.url, "thales") as thales,
        Visitor(hub.url, "solon") as solon,
        Visitor(hub.url, "latecomer") as latecomer,
    ):
        thales.log_in()
        solon.log_in()
        keycloak.stop()
        goodbye = solon.http.get("/hub/logout")
        assert not solon.is_in()
        assert goodbye.status_code == 503
        assert "You are logged out of the hub" in error_on(goodbye)
        assert thales.http.get("/hub/home").url.path == "/hub/home"
        page = latecomer.begin()
        assert page.status_code == 503
        assert "The login service does not answer" in error_on(page)
        time.sleep(21)  # the time that the tests' hub lets people work on
        assert thales.http.get("/hub/home").url.path == "/hub/login"
        assert not thales.is_in()
        keycloak.start()
        assert thales.begin().status_code < 400
        assert thales.http.get("/hub/home").url.path == "/hub/home"
    assert "Traceback" not in log.read_text()[before:]


def test_new_keys_of_keycloak_are_found(hub: RunningHub, keycloak: Any) -> None:
    keycloak.realm.add_person("bias")
    with Visitor(hub.url, "bias") as before, Visitor(hub.url, "bias") as after:
        before.log_in()
        keycloak.realm.rotate_keys()
        assert before.is_in()
        assert after.log_in().status_code == 200
        assert before.http.get("/hub/home").url.path == "/hub/home"
        sent = before.http.get("/hub/logout", follow_redirects=False)
        back = before.at_keycloak("GET", sent.headers["location"])
    assert back.headers["location"] == f"{hub.url}/hub/login"
