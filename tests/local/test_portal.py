"""The portal of a real hub, used the way people and administrators use it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from typer.testing import CliRunner

from astroflow_core.errors import AstroFlowError
from astroflow_hub.home_report.server import tell
from astroflow_hub.portal.commands import TOKEN_VARIABLE, URL_VARIABLE, app
from tools.person import Person
from tools.running_hub import RunningHub, running_hub, write_config

pytestmark = pytest.mark.timeout(120)

PROFILES = {
    "a": "{slug: open, display_name: Open, catalogues: [gaia-dr3]}",
    "b": "{slug: secret, display_name: Secret, catalogues: [gaia-dr3], groups: [staff]}",
    "c": "{slug: dr4, display_name: DR4, catalogues: [gaia-dr3], groups: [dpac], "
    "request_access: ask the <b>DPAC</b>}",
}
SERVICES = """
services:
  - {name: Wiki, url: "https://wiki.example.org/<x>", description: "Notes & <b>hints</b>"}
  - {name: Tickets, url: /services/tickets, groups: [staff]}
"""
ADMIN_PASSWORD = "an-administrator-needs-32-characters"
HOSTILE = "zoë <script>alert(1)<script> möller"
PAGES = ["", "/profile", "/usage", "/access", "/feedback", "/documentation"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hub") / "config"
    settings = f"""
c.Portal.services_file = {str(made / "services.yaml")!r}
c.PasswordLogin.admin_password = "{ADMIN_PASSWORD}"
c.JupyterHub.load_groups = {{"staff": {{"users": ["kepler"]}}}}
c.Authenticator.admin_users = {{"admin"}}
"""
    write_config(made, PROFILES, settings)
    (made / "services.yaml").write_text(SERVICES, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def hub(folder: Path, sample: Path) -> Iterator[RunningHub]:
    state = folder.with_name("state")
    with running_hub(state, folder, ASTROFLOW_DATA_DIR=str(sample.parent)) as running:
        yield running


@pytest.fixture(scope="module")
def zoe(hub: RunningHub) -> Iterator[Person]:
    with Person(hub.url, HOSTILE) as person:
        person.log_in(hub.password)
        yield person


@pytest.fixture(scope="module")
def kepler(hub: RunningHub) -> Iterator[Person]:
    with Person(hub.url, "kepler") as person:
        person.log_in(hub.password)
        yield person


@pytest.fixture(scope="module")
def admin(hub: RunningHub) -> Iterator[Person]:
    with Person(hub.url, "admin") as person:
        person.log_in(ADMIN_PASSWORD)
        yield person


@pytest.fixture
def token(admin: Person) -> str:
    return str(
        admin.hub_api("POST", "users/admin/tokens", json={"expires_in": 600}).json()["token"]
    )


def main_of(page: httpx.Response) -> Tag:
    found = BeautifulSoup(page.text, "html.parser").select_one("main")
    assert found is not None, page.text
    return found


def words(page: httpx.Response) -> str:
    return " ".join(main_of(page).get_text(" ").split())


def portal(person: Person, page: str = "") -> httpx.Response:
    return person.http.get(f"/hub/portal{page}")


def send(person: Person, page: str, **values: str) -> httpx.Response:
    return person._submit(portal(person, page), "main form.af-form", values)


def services(person: Person) -> list[str]:
    return [title.get_text() for title in main_of(portal(person)).select(".af-tile h2")]


def test_a_visitor_is_welcomed_with_a_login_and_no_register_where_there_is_none(
    hub: RunningHub,
) -> None:
    page = httpx.get(hub.url, follow_redirects=True)
    assert "Welcome to AstroFlow" in words(page)
    assert "Register" not in words(page)
    assert {label["for"] for label in main_of(page).select("label")} == {
        "username_input",
        "password_input",
    }


@pytest.mark.parametrize("page", [*PAGES, "/admin"])
def test_a_visitor_sees_the_login_in_place_of_every_page(hub: RunningHub, page: str) -> None:
    answer = httpx.get(f"{hub.url}/hub/portal{page}", follow_redirects=True)
    assert answer.url.path == "/hub/login"


def test_a_login_leads_to_the_services(hub: RunningHub) -> None:
    with Person(hub.url, "newcomer") as person:
        page = person.log_in(hub.password)
    assert page.url.path == "/hub/portal"
    assert "Welcome to AstroFlow, newcomer" in words(page)


@pytest.mark.parametrize("page", PAGES)
def test_a_hostile_name_is_text_on_every_page_and_nobody_keeps_the_page(
    zoe: Person, page: str
) -> None:
    answer = portal(zoe, page)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    soup = BeautifulSoup(answer.text, "html.parser")
    assert [name.get_text() for name in soup.select(".af-me-name")] == [HOSTILE]
    assert not soup.select("header script, main script")


def test_nobody_keeps_the_pages_of_the_hub_itself(zoe: Person) -> None:
    assert zoe.options_page().headers["Cache-Control"] == "no-store"


def test_services_are_those_of_the_persons_groups(zoe: Person, kepler: Person) -> None:
    assert services(zoe) == ["JupyterHub", "Portal", "Documentation", "Wiki"]
    assert services(kepler) == ["JupyterHub", "Portal", "Documentation", "Wiki", "Tickets"]
    assert "Notes & <b>hints</b>" in words(portal(zoe))


def test_a_change_of_the_services_counts_at_once_and_a_problem_is_for_the_admin(
    zoe: Person, admin: Person, folder: Path
) -> None:
    file = folder / "services.yaml"
    file.write_text("services: [{name: New, url: /new}]")
    assert services(zoe)[-1] == "New"
    file.write_text("services: [{name: Bad, url: 'javascript:alert(1)'}]")
    assert services(zoe)[-1] == "New"
    assert "services.0.url" in words(portal(admin))
    assert "services.0.url" not in words(portal(zoe))
    file.write_text(SERVICES)


def test_the_profile_shows_the_uuid_and_says_what_is_not_known(zoe: Person) -> None:
    page = portal(zoe, "/profile")
    shown = main_of(page).select_one("dd code")
    assert shown is not None
    assert len(shown.get_text()) == 36
    assert "E-mail not known here" in words(page)
    assert "Update your details" not in words(page)


def test_a_server_is_started_counted_and_stopped_from_the_portal(
    zoe: Person, admin: Person
) -> None:
    link = main_of(portal(zoe)).select_one("#start")
    assert link is not None
    assert zoe.http.get(str(link["href"])).url.path.startswith("/hub/spawn/")
    zoe.start("open")
    assert "Your server is running" in words(portal(zoe))
    usage = portal(zoe, "/usage")
    assert [row.get_text() for row in main_of(usage).select("tbody th")] == ["Your server"]
    assert "MiB used" in words(usage)
    runs = [row for row in people(admin) if row["server"]]
    assert [(row["name"], row["server"]) for row in runs] == [(HOSTILE, "open")]
    stopping = zoe._submit(portal(zoe), "main form", {})
    assert stopping.url.path == "/hub/portal"
    assert not zoe.has_server()
    assert "Nothing of yours is running" in words(portal(zoe, "/usage"))


def people(admin: Person) -> list[dict[str, object]]:
    return list(admin.hub_api("GET", "astroflow/users").json()["people"])


def test_a_request_reaches_the_admin_and_the_answer_the_person(zoe: Person, admin: Person) -> None:
    text = "Für meine Arbeit\n<img src=x onerror=alert(1)>"
    sent = send(zoe, "/access", profile="dr4", text=text)
    assert "This was sent" in words(sent)
    assert "Waits for an answer" in words(sent)
    again = send(zoe, "/access", profile="dr4", text=text)
    assert again.status_code == 400
    assert "you asked for this already" in words(again)
    page = portal(admin, "/admin")
    assert f"{HOSTILE} asks for dr4" in words(page)
    assert not main_of(page).select("img")
    closed = send(admin, "/admin", answer="Willkommen <3")
    assert f"The message of {HOSTILE} is closed" in words(closed)
    assert "Willkommen <3" in words(portal(zoe, "/access"))


def test_feedback_goes_the_same_way(kepler: Person, admin: Person) -> None:
    assert "This was sent" in words(send(kepler, "/feedback", text="schön"))
    assert "kepler gives feedback" in words(portal(admin, "/admin"))
    send(admin, "/admin", answer="")
    assert "Closed" in words(portal(kepler, "/feedback"))


@pytest.mark.parametrize("profile", ["secret", "open", "nix", ""])
def test_only_what_may_be_asked_for_is_and_no_message_names_the_rest(
    zoe: Person, profile: str
) -> None:
    refused = send(zoe, "/access", profile=profile, text="please")
    assert refused.status_code == 400
    assert "choose one of the environments that can be asked for" in words(refused)
    assert "Secret" not in refused.text


def test_what_was_typed_is_not_lost_when_it_is_refused(kepler: Person) -> None:
    refused = send(kepler, "/access", profile="nix", text="my <long> text")
    typed = main_of(refused).select_one("textarea")
    assert typed is not None
    assert typed.get_text() == "my <long> text"


def test_the_options_page_leads_to_the_request(zoe: Person) -> None:
    card = BeautifulSoup(zoe.options_page().text, "html.parser").select_one(".af-asked")
    assert card is not None
    link = card.select_one("a")
    assert link is not None
    assert link["href"] == "/hub/portal/access?profile=dr4"
    asked = main_of(zoe.http.get(str(link["href"])))
    assert asked.select("input[value=dr4][checked]")


@pytest.mark.parametrize("page", ["/access", "/feedback", "/server/stop", "/admin"])
def test_a_form_without_its_token_is_refused(admin: Person, page: str) -> None:
    refused = admin.http.post(f"/hub/portal{page}", data={"text": "x", "profile": "dr4"})
    assert refused.status_code == 403


def test_people_are_for_administrators_alone(zoe: Person) -> None:
    assert portal(zoe, "/admin").status_code == 403
    assert zoe.hub_api("GET", "astroflow/users").status_code == 403
    posted = send(zoe, "/feedback", text="mine")
    data = {"_xsrf": token_of(posted), "message": "1", "answer": "x"}
    assert zoe.http.post("/hub/portal/admin", data=data).status_code == 403


def token_of(page: httpx.Response) -> str:
    field = main_of(page).select_one("input[name=_xsrf]")
    assert field is not None
    return str(field["value"])


def test_the_admin_sees_who_may_use_what(admin: Person) -> None:
    cells = [
        [cell.get_text() for cell in row.select("th, td")]
        for row in main_of(portal(admin, "/admin?search=KEP")).select("tbody tr")
    ]
    assert cells == [["kepler", "staff", "yes", "yes", "no", "-", "-", "0.0"]]


def test_the_command_lists_persons(
    hub: RunningHub, token: str, kepler: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, f"{hub.url}/hub/api")
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    listed = CliRunner().invoke(app, ["--search", kepler.name]).stdout.splitlines()
    assert [line.split() for line in listed][1] == [
        *["kepler", "staff", "open,", "secret", "-", "-", "0.00"]
    ]
    told = CliRunner().invoke(app, ["--search", kepler.name, "--json"]).stdout
    assert json.loads(told)["profiles"] == ["open", "secret"]
    assert CliRunner().invoke(app, ["--running"]).stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("{}/hub/api", "wrong", "the token in JUPYTERHUB_API_TOKEN is not an administrator's"),
        ("{}/hub/nix", "wrong", "answered 404: is that its API"),
        ("http://127.0.0.1:1", "x", "does not answer as a hub"),
        ("file:///etc/passwd", "x", "set JUPYTERHUB_API_URL to the hub's API"),
        ("", "", "set JUPYTERHUB_API_URL to the hub's API"),
    ],
)
def test_the_command_says_what_is_wrong(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch, url: str, token: str, said: str
) -> None:
    monkeypatch.setenv(URL_VARIABLE, url.format(hub.url))
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    result = CliRunner().invoke(app, [])
    assert isinstance(result.exception, AstroFlowError)
    assert said in str(result.exception)


def test_a_server_tells_how_full_its_home_is_and_nobody_elses(
    hub: RunningHub, zoe: Person, kepler: Person
) -> None:
    own = zoe.hub_api("POST", f"users/{zoe.name}/tokens", json={"expires_in": 60}).json()["token"]
    environ = {
        "JUPYTERHUB_API_URL": f"{hub.url}/hub/api",
        "JUPYTERHUB_API_TOKEN": own,
        "JUPYTERHUB_USER": HOSTILE,
    }
    tell(environ, 12345)
    tell(environ, None)
    with pytest.raises(OSError, match=r"it answered 40[34]"):
        tell({**environ, "JUPYTERHUB_USER": kepler.name}, 1)
    for wrong in (-1, True, "1", 2**70, 1.5):
        answer = zoe.hub_api("POST", f"astroflow/users/{zoe.name}/home", json={"used": wrong})
        assert answer.status_code == 400
