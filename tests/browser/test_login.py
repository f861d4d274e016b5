"""Who may log in, what they may do, and for how long: a real hub and a real Keycloak."""

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.keycloak.realm import PASSWORD, Realm
from tools.keycloak.visitor import Visitor
from tools.person import Person, error_on
from tools.running_hub import RunningHub

pytestmark = pytest.mark.timeout(120)


def eventually(is_so: Callable[[], bool], patience: float = 30) -> bool:
    deadline = time.monotonic() + patience
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_so()


def profiles_of(person: Person) -> list[str]:
    page = person.options_page().text
    return [name for name in ("gaia-dr3", "large") if f'value="{name}"' in page]


def test_a_person_is_who_keycloak_says(hub: RunningHub, realm: Realm) -> None:
    realm.add_person("hypatia")
    with Visitor(hub.url, "hypatia") as hypatia:
        page = hypatia.log_in()
        told = hypatia.hub_api("GET", "user").json()
    assert page.url.path == "/hub/home"
    assert (told["name"], told["groups"], told["admin"]) == ("hypatia", ["user"], False)


def prepare(realm: Realm, person: str, steps: list[str]) -> None:
    for step in steps:
        verb, _, name = step.partition(":")
        {
            "join": realm.join,
            "role": realm.give_role,
            "default": lambda person, _: realm.take_default_roles(person),
        }[verb](person, name)


@pytest.mark.parametrize(
    ("name", "steps", "told"),
    [
        ("new", [], (["user"], False)),
        ("member", ["join:gaia"], (["gaia", "user"], False)),
        ("admin", ["role:admin"], (["admin", "user"], True)),
        ("admin-alone", ["default", "role:admin"], (["admin"], True)),
    ],
)
def test_who_may_log_in_and_as_what(
    hub: RunningHub, realm: Realm, name: str, steps: list[str], told: tuple[list[str], bool]
) -> None:
    prepare(realm, realm.add_person(name), steps)
    with Visitor(hub.url, name) as person:
        assert person.log_in().status_code == 200
        model = person.hub_api("GET", "user").json()
    assert (sorted(model["groups"]), model["admin"]) == told


@pytest.mark.parametrize(
    ("name", "steps"),
    [("nothing", ["default"]), ("only-a-group", ["default", "join:gaia"])],
)
def test_who_has_no_right_is_told_so_and_let_in_nowhere(
    hub: RunningHub, realm: Realm, name: str, steps: list[str]
) -> None:
    prepare(realm, realm.add_person(name), steps)
    with Visitor(hub.url, name) as person:
        page = person.log_in()
        assert not person.is_in()
    assert page.status_code == 403
    assert "have no right to use this hub" in error_on(page)


def test_keycloak_keeps_out_a_disabled_account_and_a_wrong_password(
    hub: RunningHub, realm: Realm
) -> None:
    realm.change_person(realm.add_person("disabled"), enabled=False)
    realm.add_person("forgetful")
    with Visitor(hub.url, "disabled") as disabled, Visitor(hub.url, "forgetful") as forgetful:
        assert "Account is disabled" in disabled.log_in().text
        assert "Invalid username or password" in forgetful.log_in("wrong").text
        assert (disabled.is_in(), forgetful.is_in()) == (False, False)


def test_a_group_given_and_taken_shows_at_the_next_page(hub: RunningHub, realm: Realm) -> None:
    sub = realm.add_person("theon")
    with Visitor(hub.url, "theon") as theon:
        theon.log_in()
        assert profiles_of(theon) == ["gaia-dr3"]
        realm.join(sub, "gaia-large")
        assert profiles_of(theon) == ["gaia-dr3", "large"]
        realm.leave(sub, "gaia-large")
        assert profiles_of(theon) == ["gaia-dr3"]


def test_a_right_taken_after_the_page_was_drawn_is_gone_at_the_start(
    hub: RunningHub, realm: Realm
) -> None:
    sub = realm.add_person("pappus", ("gaia-large",))
    with Visitor(hub.url, "pappus") as pappus:
        pappus.log_in()
        assert profiles_of(pappus) == ["gaia-dr3", "large"]
        realm.leave(sub, "gaia-large")
        answer = pappus.hub_api("POST", "users/pappus/server", json={"profile": "large"})
    assert answer.status_code == 400
    assert "no profile is called 'large'" in answer.json()["message"]


def test_administration_is_taken_with_its_role(hub: RunningHub, realm: Realm) -> None:
    sub = realm.add_person("boss")
    realm.give_role(sub, "admin")
    with Visitor(hub.url, "boss") as boss:
        boss.log_in()
        assert boss.hub_api("GET", "users").is_success
        realm.take_role(sub, "admin")
        boss.http.get("/hub/home")
        assert boss.hub_api("GET", "users").status_code == 403


def test_who_loses_the_right_to_come_is_out_at_the_next_page(hub: RunningHub, realm: Realm) -> None:
    sub = realm.add_person("synesius")
    with Visitor(hub.url, "synesius") as synesius:
        synesius.log_in()
        token = synesius.hub_api("POST", "users/synesius/tokens", json={}).json()["token"]
        realm.take_default_roles(sub)
        assert synesius.http.get("/hub/home").url.path == "/hub/login"
        assert not synesius.is_in()
        with Person(hub.url, "synesius") as program:
            headers = {"Authorization": f"token {token}"}
            assert program.http.get("/hub/api/user", headers=headers).status_code == 403


def test_a_disabled_account_is_out_and_its_server_stopped(hub: RunningHub, realm: Realm) -> None:
    sub = realm.add_person("orestes")
    with Visitor(hub.url, "orestes") as orestes, Visitor(hub.url, "watcher") as watcher:
        realm.give_role(realm.add_person("watcher"), "admin")
        watcher.log_in()
        orestes.log_in()
        orestes.start("gaia-dr3")
        realm.change_person(sub, enabled=False)
        is_stopped = lambda: not watcher.hub_api("GET", "users/orestes").json()["server"]  # noqa: E731
        assert eventually(is_stopped)
        assert not orestes.is_in()


def test_a_renamed_account_keeps_its_place_and_nobody_inherits_it(
    hub: RunningHub, realm: Realm
) -> None:
    sub = realm.add_person("heron")
    with Visitor(hub.url, "heron") as heron:
        heron.log_in()
        home = heron.hub_api("GET", "user").json()["name"]
    realm.change_person(sub, username="heron-of-alexandria", email="h@example.org")
    other = realm.add_person("heron")
    with Visitor(hub.url, "heron-of-alexandria") as renamed, Visitor(hub.url, "heron") as second:
        renamed.log_in()
        second.log_in()
        assert renamed.hub_api("GET", "user").json()["name"] == home
        assert second.hub_api("GET", "user").json()["name"] == f"heron-{other}"


def test_logout_ends_the_session_at_keycloak_and_revokes_its_tokens(
    hub: RunningHub, realm: Realm
) -> None:
    sub = realm.add_person("euclid")
    with Visitor(hub.url, "euclid") as euclid:
        euclid.log_in()
        sent = euclid.http.get("/hub/logout", follow_redirects=False)
        assert realm.sessions(sub) == []
        back = euclid.at_keycloak("GET", sent.headers["location"])
        assert back.headers["location"] == f"{hub.url}/hub/login"
        assert not euclid.is_in()
        assert 'id="kc-form-login"' in euclid.begin().text


def test_a_session_that_keycloak_ends_is_over_at_the_hub_and_no_other(
    hub: RunningHub, realm: Realm
) -> None:
    sub = realm.add_person("aristarchus")
    with Visitor(hub.url, "aristarchus") as desk, Visitor(hub.url, "aristarchus") as laptop:
        desk.log_in()
        time.sleep(1.1)  # Keycloak tells when sessions began in whole seconds
        laptop.log_in()
        realm.end_session(realm.sessions(sub)[0])
        assert not desk.is_in()
        assert laptop.is_in()
        assert desk.http.get("/hub/home").url.path == "/hub/login"


def test_the_server_is_closed_to_a_browser_whose_session_is_over(
    hub: RunningHub, realm: Realm
) -> None:
    sub = realm.add_person("conon")
    with Visitor(hub.url, "conon") as conon:
        conon.log_in()
        conon.start("gaia-dr3")
        realm.end_session(realm.sessions(sub)[0])
        page = conon.http.get(f"{conon.home}api/contents", follow_redirects=False)
        assert eventually(
            lambda: conon.http.get(f"{conon.home}api/contents").status_code == 403, 10
        )
        assert page.status_code in {200, 403}
        conon.log_in()
        conon.stop()


def test_nobody_ends_a_session_by_a_made_up_logout_token(hub: RunningHub, realm: Realm) -> None:
    realm.add_person("diophantus")
    with Visitor(hub.url, "diophantus") as diophantus:
        diophantus.log_in()
        form = {"logout_token": "eyJhbGciOiJub25lIiwia2lkIjoieCJ9.e30."}
        answer = diophantus.http.post("/hub/backchannel_logout", data=form)
        assert diophantus.is_in()
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"


def test_a_login_begun_elsewhere_or_finished_already_is_refused(
    hub: RunningHub, realm: Realm
) -> None:
    realm.add_person("ptolemy")
    with Visitor(hub.url, "ptolemy") as ptolemy, Visitor(hub.url, "victim") as victim:
        back = ptolemy.come_back_from(ptolemy.begin()).headers["location"]
        assert victim.http.get(back).status_code == 400
        victim.http.get("/hub/oauth_login", follow_redirects=False)
        forced = victim.http.get(back)
        cookies = dict(ptolemy.http.cookies)
        assert ptolemy.http.get(back).status_code == 200
        ptolemy.http.cookies.update(cookies)
        replayed = ptolemy.http.get(back)
        assert not victim.is_in()
    assert (forced.status_code, replayed.status_code) == (400, 400)
    assert "Please log in again" in error_on(forced)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org/",
        "//evil.example.org",
        "/\\evil.example.org",
        "///evil.example.org",
    ],
)
def test_no_login_leads_out_of_the_hub(hub: RunningHub, realm: Realm, wanted: str) -> None:
    name = f"tempted{abs(hash(wanted)) % 10**6}"
    realm.add_person(name)
    with Visitor(hub.url, name) as person:
        back = person.come_back_from(person.begin(wanted))
        sent = person.http.get(back.headers["location"], follow_redirects=False)
    assert sent.headers["location"].startswith("/")
    assert not sent.headers["location"].startswith(("//", "/\\"))


def test_keycloaks_error_texts_are_not_taken_over(hub: RunningHub) -> None:
    with Visitor(hub.url, "anybody") as anybody:
        page = anybody.http.get(
            "/hub/oauth_callback", params={"error": "x", "error_description": "Call 0900-1234"}
        )
    assert page.status_code == 400
    assert "0900" not in page.text


def test_no_page_of_the_hub_is_kept_by_the_browser(hub: RunningHub, realm: Realm) -> None:
    realm.add_person("eratosthenes")
    with Visitor(hub.url, "eratosthenes") as person:
        assert person.log_in().headers["cache-control"] == "no-store"


def test_tokens_are_nowhere_to_be_read(hub: RunningHub, realm: Realm, state: Path) -> None:
    realm.add_person("archimedes")
    with Visitor(hub.url, "archimedes") as archimedes:
        archimedes.log_in()
        archimedes.start("gaia-dr3")
        with archimedes.kernel() as kernel:
            shown = kernel.run("import json, os; print(json.dumps(dict(os.environ)))").text
        pages = [archimedes.http.get(f"/hub/{name}").text for name in ("home", "token", "spawn")]
        archimedes.stop()
    logs = [path.read_text() for path in (state / "logs").iterdir()]
    with sqlite3.connect(state / "jupyterhub.sqlite") as database:
        kept = [str(row) for row in database.execute("SELECT * FROM users")]
    # Each token of Keycloak's is a JWT: it begins with the base64 of '{"'.
    assert [text for text in (*logs, *pages, *kept, shown) if "eyJhbGciOi" in text] == []
    assert any("archimedes" in row for row in kept)
    assert PASSWORD not in "".join((*logs, *kept))
    assert "KEYCLOAK" not in "".join(json.loads(shown))


def test_a_deleted_account_is_out(hub: RunningHub, realm: Realm) -> None:
    sub = realm.add_person("nobody")
    with Visitor(hub.url, "nobody") as nobody:
        nobody.log_in()
        realm.delete_person(sub)
        assert nobody.http.get("/hub/home").url.path == "/hub/login"
        assert not nobody.is_in()
