"""People in a real browser, from their first page to the last."""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.keycloak.realm import PASSWORD, Realm
from tools.running_hub import RunningHub

pytestmark = pytest.mark.timeout(240)

LOGIN = re.compile(r"/hub/login")
PORTAL = re.compile(r"/hub/portal")
ACCOUNT = {
    "username": "zoë",
    "email": "zoe@example.org",
    "firstName": "Zoë",
    "lastName": "Müller-Lüdenscheidt",
    "affiliation": "Universität Jena",
    "password": PASSWORD,
    "password-confirm": PASSWORD,
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, hub: RunningHub) -> Iterator[Page]:
    context = chromium.new_context(base_url=hub.url, locale="en-GB")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def log_in(page: Page, name: str) -> None:
    """Go to the hub's first page and log in, as far as Keycloak asks for a password."""
    page.goto("/")
    page.get_by_role("link", name="Log in").click()
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.click("#kc-login")


def test_from_registering_to_the_last_page(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register").click()
    for field, value in ACCOUNT.items():
        page.fill(f"#{field}", value)
    page.get_by_role("button", name="Register").click()
    expect(page).to_have_url(PORTAL)
    page.goto("/hub/spawn")
    page.get_by_role("button", name="Start").click()
    expect(page).to_have_title(re.compile("JupyterLab"), timeout=120_000)
    page.goto("/hub/portal/profile")
    expect(page.get_by_text("Müller-Lüdenscheidt")).to_be_visible()
    expect(page.get_by_text("Universität Jena")).to_be_visible()
    page.get_by_role("link", name="Log out").click()
    expect(page).to_have_url(LOGIN)
    page.go_back()
    expect(page.get_by_text("Müller-Lüdenscheidt")).to_have_count(0)
    page.goto("/hub/portal/profile")
    expect(page).to_have_url(LOGIN)
    page.goto("/user/zo%C3%AB/lab")
    expect(page).not_to_have_title(re.compile("JupyterLab"))


@pytest.mark.parametrize("left_out", ["affiliation", "email"])
def test_nobody_registers_without_what_is_needed(page: Page, left_out: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Register").click()
    for field, value in ACCOUNT.items():
        page.fill(f"#{field}", "" if field == left_out else value)
    page.get_by_role("button", name="Register").click()
    expect(page.locator(f"#input-error-{left_out}")).to_be_visible()


def test_who_must_sets_up_one_time_passwords_and_is_asked_for_one(page: Page, realm: Realm) -> None:
    realm.give_realm_role(realm.add_person("observer"), "two-factor")
    log_in(page, "observer")
    page.click("#mode-manual")
    secret = (page.text_content("#kc-totp-secret-key") or "").replace(" ", "").strip()
    totp = pyotp.TOTP(secret)
    first = totp.now()
    page.fill("#totp", first)
    page.fill("#userLabel", "phone")
    page.click("#saveTOTPBtn")
    expect(page).to_have_url(PORTAL)
    page.get_by_role("link", name="Log out").click()
    log_in(page, "observer")
    page.fill("#otp", first)
    page.click("#kc-login")
    expect(
        page.locator("#input-error-otp-code, #input-error-otp, .kc-feedback-text").first
    ).to_be_visible()
    # The next code may be ahead of time; the last one is not taken twice.
    page.fill("#otp", totp.at(int(time.time()) + 30))
    page.click("#kc-login")
    expect(page).to_have_url(PORTAL)


def test_who_need_not_is_asked_for_no_one_time_password(page: Page, realm: Realm) -> None:
    realm.add_person("amateur")
    log_in(page, "amateur")
    expect(page).to_have_url(PORTAL)
