"""Who may use what, at a real hub: by the form and by the REST API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tools.person import Person, error_on
from tools.running_hub import RunningHub, running_hub, write_config

pytestmark = pytest.mark.timeout(120)

PROFILES = {
    "a": """
slug: open
display_name: Open
catalogues: [gaia-dr3]
options:
  size:
    display_name: Size
    choices:
      s: {display_name: S, cost: little}
      l: {display_name: L, cost: a lot, groups: [staff]}
    free: {sets: spark.pods, minimum: 1, maximum: 20, groups: [staff]}
""",
    "b": "{slug: secret, display_name: Secret, catalogues: [gaia-dr3], groups: [staff]}",
    "c": """
slug: dr4
display_name: DR4
catalogues: [gaia-dr3]
groups: [dpac]
request_access: ask gaia@example.org
""",
}
ADMIN_PASSWORD = "an-administrator-needs-32-characters"
SETTINGS = f"""
c.PasswordLogin.admin_password = "{ADMIN_PASSWORD}"
c.JupyterHub.load_groups = {{"staff": {{"users": ["kepler"]}}}}
c.Authenticator.admin_users = {{"admin"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("hub") / "config", PROFILES, SETTINGS)


@pytest.fixture(scope="module")
def hub(folder: Path, sample: Path) -> Iterator[RunningHub]:
    state = folder.with_name("state")
    with running_hub(state, folder, ASTROFLOW_DATA_DIR=str(sample.parent)) as running:
        yield running


@pytest.fixture(scope="module")
def persons(hub: RunningHub) -> Iterator[dict[str, Person]]:
    with Person(hub.url, "hypatia") as hypatia, Person(hub.url, "kepler") as kepler:
        hypatia.log_in(hub.password)
        kepler.log_in(hub.password)
        yield {"hypatia": hypatia, "kepler": kepler}


def offered(page: str) -> tuple[list[str], list[str], int]:
    """Return the profiles, the choices and the number of free values on the options page."""
    soup = BeautifulSoup(page, "html.parser")
    profiles = [str(tag["value"]) for tag in soup.select("input[name=profile]")]
    choices = [str(tag["value"]) for tag in soup.select("option")]
    return profiles, choices, len(soup.select("input[name^='value.']"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("hypatia", (["open"], ["s"], 0)), ("kepler", (["open", "secret"], ["s", "l"], 1))],
)
def test_the_page_offers_what_the_groups_allow(
    persons: dict[str, Person], name: str, expected: tuple[list[str], list[str], int]
) -> None:
    assert offered(persons[name].options_page().text) == expected


def test_the_page_says_whom_to_ask(persons: dict[str, Person]) -> None:
    page = BeautifulSoup(persons["hypatia"].options_page().text, "html.parser")
    (asked,) = page.select(".af-asked")
    assert asked.select_one("a[href='mailto:gaia@example.org']")
    assert not asked.select("input")


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("hypatia", {"profile": "secret"}, "no profile is called 'secret'; there is open"),
    ("hypatia", {"profile": "nix"}, "no profile is called 'nix'; there is open"),
    ("hypatia", {"profile": "dr4"}, "not open to you: ask gaia@example.org; you may use open"),
    ("hypatia", {"profile": "open", "options": {"size": "l"}}, "called 'l'; there is s"),
    ("hypatia", {"profile": "open", "options": {"colour": "s"}}, "'colour'; there is size"),
    ("hypatia", {"profile": "open", "values": {"size": "2"}}, "no value can be typed"),
    ("kepler", {"profile": "open", "options": {"size": "xl"}}, "called 'xl'; there are s, l"),
    ("kepler", {"profile": "open", "values": {"size": "21"}}, "between 1 and 20"),
    ("kepler", {"profile": "nix"}, "no profile is called 'nix'; there are open, secret"),
]


@pytest.mark.parametrize(("name", "asked", "words"), REFUSED)
def test_the_rest_api_refuses_the_rest_with_the_names_that_exist_for_the_person(
    persons: dict[str, Person], name: str, asked: dict[str, Any], words: str
) -> None:
    response = persons[name].hub_api("POST", f"users/{name}/server", json=asked)
    assert response.status_code == 400
    assert words in response.json()["message"]
    assert persons[name].hub_api("GET", f"users/{name}").json()["server"] is None


@pytest.mark.parametrize(("name", "asked", "words"), REFUSED)
def test_the_form_refuses_the_same(
    persons: dict[str, Person], name: str, asked: dict[str, Any], words: str
) -> None:
    page = persons[name].choose(asked["profile"], asked.get("values"), **asked.get("options", {}))
    assert page.status_code == 400
    assert words in error_on(page)


def test_what_is_typed_within_the_bounds_starts(persons: dict[str, Person]) -> None:
    kepler = persons["kepler"]
    kepler.start("open", values={"size": "1"})
    with kepler.kernel() as kernel:
        shown = kernel.run("import os; print(os.environ['ASTROFLOW_SPARK'])")
    kepler.stop()
    assert '"pods": 1' in shown.text


def test_a_broken_change_keeps_the_last_good_profiles_and_tells_the_admin(
    persons: dict[str, Person], hub: RunningHub, folder: Path
) -> None:
    broken = folder / "profiles" / "d.yaml"
    broken.write_text("slug: [")
    with Person(hub.url, "admin") as admin:
        admin.log_in(ADMIN_PASSWORD)
        assert "d.yaml" in admin.options_page().text
    page = persons["kepler"].options_page().text
    assert offered(page)[0] == ["open", "secret"]
    assert "d.yaml" not in page
    broken.write_text("{slug: new, display_name: New, catalogues: [gaia-dr3]}")
    assert offered(persons["kepler"].options_page().text)[0] == ["open", "secret", "new"]
    broken.unlink()


def test_who_may_use_nothing_gets_a_page_that_says_so_and_no_server(
    persons: dict[str, Person], folder: Path
) -> None:
    kept = folder / "profiles" / "a.yaml"
    kept.rename(kept.with_suffix(".away"))
    hypatia = persons["hypatia"]
    page = hypatia.options_page().text
    response = hypatia.hub_api("POST", "users/hypatia/server", json={})
    kept.with_suffix(".away").rename(kept)
    assert "There is no environment that you may use, so no server can be started" in page
    assert offered(page) == ([], [], 0)
    assert response.status_code == 400
    assert "no environment that you may use" in response.json()["message"]
