"""The portal in a real browser: every page at two widths, dark and light, without JavaScript."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from astroflow_hub.home_report.server import tell
from tools.person import Person
from tools.running_hub import CHECKOUT, RunningHub

pytestmark = pytest.mark.timeout(120)

LONG = "dr. wolfgang-amadeus-maximilian von und zu überlangenfeld-größ"
PICTURES = CHECKOUT / "docs" / "images" / "portal"
WIDTHS = {"desktop": 1100, "phone": 390}
# Of a page: who looks at it, and where it is.
PAGES = {
    "services": ("zoë", "/hub/portal"),
    "profile": ("zoë", "/hub/portal/profile"),
    "usage": ("zoë", "/hub/portal/usage"),
    "access": ("zoë", "/hub/portal/access?profile=gaia-dr4"),
    "feedback": ("zoë", "/hub/portal/feedback"),
    "documentation": ("zoë", "/hub/portal/documentation"),
    "server-options": (LONG, "/hub/spawn"),
    "people": ("admin", "/hub/portal/admin"),
}
Enter = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def life(portal_hub: RunningHub) -> Iterator[None]:
    """Have somebody at work, and something to read for the administrators."""
    with Person(portal_hub.url, "zoë") as zoe, Person(portal_hub.url, LONG) as other:
        zoe.log_in(portal_hub.password)
        other.log_in(portal_hub.password)
        zoe.start("gaia-dr3")
        tell_home(portal_hub, zoe, used=13_200_000_000)
        ask(zoe, "feedback", text="Die Karten sind schön.\nKönnen es mehr Farben sein?")
        ask(other, "access", profile="gaia-dr4", text=f"<script>alert(1)</script>{'Donau' * 60}")
        yield
        zoe.stop()


def ask(person: Person, page: str, **form: str) -> None:
    shown = person.http.get(f"/hub/portal/{page}")
    person._submit(shown, "main form", form).raise_for_status()


def tell_home(hub: RunningHub, person: Person, used: int) -> None:
    """Tell the hub how full a home is, as the person's server in a pod does."""
    user = f"users/{quote(person.name)}"
    token = person.hub_api("POST", f"{user}/tokens", json={"expires_in": 60}).json()["token"]
    environ = {
        "JUPYTERHUB_API_URL": f"{hub.url}/hub/api",
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_USER": person.name,
    }
    tell(environ, used)


def problems(page: Page) -> list[tuple[str, str]]:
    """Return what axe-core finds wrong: the rule, and the elements."""
    violations = Axe().run(page).response["violations"]
    return [(v["id"], " ".join(n["html"] for n in v["nodes"])) for v in violations]


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(width))


@pytest.fixture
def take_picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return a function that keeps a picture for the documentation, when asked for."""

    def taken(page: Page, name: str) -> None:
        if name.endswith("-light") and request.config.getoption("--rewrite-golden"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=PICTURES / f"{name.removesuffix('-light')}.png", full_page=True)

    return taken


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
def test_the_welcome_is_accessible(
    visit: Enter, take_picture: Callable[[Page, str], None], size: str, theme: str
) -> None:
    page = visit(WIDTHS[size], color_scheme=theme)
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome to AstroFlow")).to_be_visible()
    expect(page.get_by_role("link", name="Register")).to_have_attribute("href", "/register")
    assert problems(page) == []
    assert overflow(page) == 0
    take_picture(page, f"welcome-{size}-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("person", ["zoë", LONG, "admin"])
def test_every_page_is_accessible_and_as_wide_as_the_window(
    enter: Enter,
    take_picture: Callable[[Page, str], None],
    person: str,
    size: str,
    theme: str,
) -> None:
    page = enter(person, width=WIDTHS[size], color_scheme=theme)
    found = {}
    for name in [name for name, (whose, _) in PAGES.items() if whose == person]:
        page.goto(PAGES[name][1])
        found[name] = (problems(page), overflow(page))
        take_picture(page, f"{name}-{size}-{theme}")
    assert found == dict.fromkeys(found, ([], 0))


def test_the_profile_shows_what_the_login_told_as_text(enter: Enter) -> None:
    page = enter("zoë")
    page.get_by_role("link", name="My Profile").first.click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Universität <b>Jena</b>, Astrophysikalisches Institut")
    expect(main).to_contain_text("0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11")
    update = page.get_by_role("link", name="Update your details")
    expect(update).to_have_attribute("href", "/account")
    expect(main).to_contain_text("Changes show here after you log in the next time.")


def test_the_home_is_shown_of_its_size_and_what_is_not_known_is_said(enter: Enter) -> None:
    page = enter("zoë")
    page.goto("/hub/portal/usage")
    expect(page.get_by_role("main")).to_contain_text("12.3 GiB of 30 GiB used")
    expect(page.get_by_role("meter")).to_have_attribute("value", "41.0")
    other = enter("newcomer")
    other.goto("/hub/portal/usage")
    expect(other.get_by_role("main")).to_contain_text("is not known yet")
    expect(other.get_by_role("main")).to_contain_text("Nothing of yours is running.")


def test_the_keyboard_reaches_everything_and_the_first_stop_skips_the_head(enter: Enter) -> None:
    page = enter("zoë")
    page.goto("/hub/portal")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Open JupyterLab")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Stop server")).to_be_focused()


def test_a_request_is_made_with_the_keyboard_alone(enter: Enter) -> None:
    page = enter("newton")
    page.goto("/hub/portal/access")
    page.locator("#content").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Für meine Arbeit")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("This was sent")


@pytest.mark.parametrize("size", WIDTHS)
def test_without_javascript_everything_but_the_progress_works(enter: Enter, size: str) -> None:
    page = enter(f"halley-{size}", width=WIDTHS[size], java_script_enabled=False)
    for link in ("My Usage", "My Profile", "Request access", "Feedback"):
        page.get_by_role("navigation").get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(link)
    page.get_by_label("Your message").fill("ohne Skript")
    page.get_by_role("button", name="Send feedback").click()
    expect(page.get_by_role("main")).to_contain_text("Waits for an answer.")
    page.get_by_role("navigation").get_by_role("link", name="My Services").click()
    page.get_by_role("link", name="Start server").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    expect(page.get_by_text("JupyterHub requires JavaScript")).to_be_hidden()


def test_an_admin_answers_and_the_person_reads_it(enter: Enter) -> None:
    asker = enter("leavitt")
    asker.goto("/hub/portal/feedback")
    asker.get_by_label("Your message").fill("Wie lange noch?")
    asker.get_by_role("button", name="Send feedback").click()
    admin = enter("admin")
    admin.get_by_role("link", name="People").click()
    admin.get_by_label("Answer to leavitt").fill("Nicht mehr lange.")
    admin.locator("article", has_text="leavitt").get_by_role("button").click()
    expect(admin.get_by_role("status")).to_have_text("The message of leavitt is closed.")
    asker.reload()
    expect(asker.get_by_role("main")).to_contain_text("Nicht mehr lange.")


def test_after_the_logout_the_back_button_shows_nothing(enter: Enter) -> None:
    page = enter("zoë")
    page.goto("/hub/portal/profile")
    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_role("heading", name="Welcome to AstroFlow")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("/hub/login"))
    assert "zoe.mueller" not in page.content()
