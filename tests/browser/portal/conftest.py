"""A hub whose login tells of people what Keycloak tells, and browsers that look at its portal."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tools.running_hub import RunningHub, running_hub, write_config

PROFILES = {
    "a": "{slug: gaia-dr3, display_name: Gaia DR3 Environment, catalogues: [gaia-dr3], "
    "description: Spark and Dask over Gaia DR3, home: {size: 30Gi}}",
    "c": "{slug: gaia-dr4, display_name: Gaia DR4 Environment, catalogues: [gaia-dr3], "
    "description: 'The next release, before it is public', groups: [dpac], "
    "request_access: For members of DPAC}",
}
ADMIN_PASSWORD = "an-administrator-needs-32-characters"
SETTINGS = """
from astroflow_hub.local_spawner import AstroFlowLocalSpawner
from astroflow_hub.password_login import PasswordLogin

class LimitedSpawner(AstroFlowLocalSpawner):
    home_folder = None  # as in a cluster, where the server has to tell

    async def home_size(self):
        return 30 * 2**30

class ToldLogin(PasswordLogin):
    account_url = "/account"
    registration_url = "/register"

    async def authenticate(self, handler, data):
        known = await super().authenticate(handler, data)
        told = {{
            "name": "Zoë Müller-Lüdenscheidt", "email": "zoe.mueller@astro.example.org",
            "affiliation": "Universität <b>Jena</b>, Astrophysikalisches Institut",
            "sub": "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11",
        }}
        return known and {{**known, "auth_state": told if known["name"] == "zoë" else None}}

c.JupyterHub.authenticator_class = ToldLogin
c.JupyterHub.spawner_class = LimitedSpawner
c.Authenticator.enable_auth_state = True
c.CryptKeeper.keys = [bytes(32)]
c.ToldLogin.admin_password = "{admin_password}"
c.JupyterHub.load_groups = {{
    "staff": {{"users": ["kepler", "zoë"]}}, "dpac": {{"users": ["kepler"]}}
}}
c.Authenticator.admin_users = {{"admin"}}
c.Portal.services_file = {services!r}
"""
SERVICES = """
services:
  - name: Aladin
    url: https://aladin.example.org
    description: Look at the sky around what you found.
  - {name: Issue tracker, url: /services/issues, description: For the team., groups: [staff]}
"""


@pytest.fixture(scope="module")
def portal_hub(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[RunningHub]:
    folder = tmp_path_factory.mktemp("portal")
    (folder / "services.yaml").write_text(SERVICES, encoding="utf-8")
    settings = SETTINGS.format(
        admin_password=ADMIN_PASSWORD, services=str(folder / "services.yaml")
    )
    config = write_config(folder / "config", PROFILES, settings)
    data = str(sample.parent)
    with running_hub(folder / "state", config, ASTROFLOW_DATA_DIR=data) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, portal_hub: RunningHub) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a browser of its own; one whose page says alert() fails."""
    contexts: list[BrowserContext] = []
    alerts: list[str] = []

    def opened(width: int = 1100, **settings: object) -> Page:
        size = {"width": width, "height": 800}
        context = chromium.new_context(base_url=portal_hub.url, viewport=size, **settings)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: alerts.append(dialog.message))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert alerts == []


@pytest.fixture
def enter(portal_hub: RunningHub, visit: Callable[..., Page]) -> Callable[..., Page]:
    """Return a function that opens a browser and logs a person in."""

    def entered(name: str, **settings: object) -> Page:
        page = visit(**settings)
        page.goto("/")
        page.get_by_label("User name").fill(name)
        password = ADMIN_PASSWORD if name == "admin" else portal_hub.password
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{portal_hub.url}/hub/portal")
        return page

    return entered
