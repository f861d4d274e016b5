"""A person who logs in by Keycloak, without a browser."""

from __future__ import annotations

from urllib.parse import urljoin

import httpx
from bs4 import BeautifulSoup

from tools.keycloak.realm import PASSWORD
from tools.keycloak.server import PLAIN
from tools.person import Person


class Visitor(Person):
    """Somebody at the hub who has an account of Keycloak.

    Keycloak's cookies are for secure connections, which browsers take this machine for and
    httpx does not: they are kept here.
    """

    def __init__(self, url: str, name: str) -> None:
        super().__init__(url, name)
        self.keycloak_cookies: dict[str, str] = {}

    def log_in(self, password: str = PASSWORD) -> httpx.Response:
        """Log in at Keycloak, and return the hub's page that follows, or Keycloak's refusal."""
        back = self.come_back_from(self.begin(), password)
        return self.http.get(back.headers["location"]) if back.is_redirect else back

    def begin(self, wanted: str = "/hub/home") -> httpx.Response:
        """Press "Log in" at the hub; return Keycloak's page, or where that sends one at once."""
        sent = self.http.get("/hub/oauth_login", params={"next": wanted}, follow_redirects=False)
        return self.at_keycloak("GET", sent.headers["location"]) if sent.is_redirect else sent

    def come_back_from(self, page: httpx.Response, password: str = PASSWORD) -> httpx.Response:
        """Fill in Keycloak's form; return its answer, which leads back to the hub."""
        form = BeautifulSoup(page.text, "html.parser").select_one("#kc-form-login")
        if form is None:
            return page
        fields = {"username": self.name, "password": password, "credentialId": ""}
        return self.at_keycloak("POST", urljoin(str(page.url), str(form["action"])), fields)

    def at_keycloak(
        self, method: str, url: str, form: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send one request to Keycloak, with its cookies; redirects are not followed."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.keycloak_cookies.items())
        answer = httpx.request(
            method,
            url,
            data=form,
            headers={"Cookie": cookies},
            follow_redirects=False,
            timeout=30,
            verify=PLAIN,
        )
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.keycloak_cookies[name] = value
        return answer

    def is_in(self) -> bool:
        """Return whether the hub knows the person now."""
        return self.http.get("/hub/api/user", headers=self._xsrf("/hub/")).is_success

    def groups(self) -> list[str]:
        """Return the person's groups, once the hub asked Keycloak for them."""
        self.http.get("/hub/home")
        return sorted(self.hub_api("GET", "user").json()["groups"])
