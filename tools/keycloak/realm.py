"""What an admin does in Keycloak's console, by its REST API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from astroflow_hub.keycloak.embedded import CLIENT_ID
from tools.keycloak.server import ADMIN, PLAIN

PASSWORD = "per-aspera-ad-astra"  # noqa: S105 (of people in tests)


class Keycloak(Protocol):
    """Where a Keycloak is, and what its admin logs in with."""

    @property
    def url(self) -> str:
        """The server's address."""

    @property
    def admin_password(self) -> str:
        """The password of `ADMIN`."""


@dataclass(frozen=True, slots=True)
class Realm:
    """The realm of a server that runs."""

    server: Keycloak

    def add_person(self, name: str, groups: tuple[str, ...] = ()) -> str:
        """Make an account with the password `PASSWORD`; return its id."""
        account = {
            "username": name,
            "email": f"{name}@example.org",
            "firstName": name.title(),
            "lastName": "von Alexandria",
            "attributes": {"affiliation": ["Museion"]},
            "enabled": True,
            "emailVerified": True,
            "groups": list(groups),
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }
        made = self.call("POST", "users", json=account)
        return str(made.headers["location"].rpartition("/")[2])

    def change_person(self, person: str, **fields: Any) -> None:
        """Change fields of an account."""
        known = self.call("GET", f"users/{person}").json()
        self.call("PUT", f"users/{person}", json={**known, **fields})

    def delete_person(self, person: str) -> None:
        """Delete an account."""
        self.call("DELETE", f"users/{person}")

    def give_role(self, person: str, role: str) -> None:
        """Give somebody a role of the hub's client."""
        self._role(person, role, "POST")

    def take_role(self, person: str, role: str) -> None:
        """Take a role of the hub's client from somebody."""
        self._role(person, role, "DELETE")

    def give_realm_role(self, person: str, role: str) -> None:
        """Give somebody a role of the realm."""
        known = self.call("GET", f"roles/{role}").json()
        self.call("POST", f"users/{person}/role-mappings/realm", json=[known])

    def take_default_roles(self, person: str) -> None:
        """Take from somebody what every new account has."""
        known = self.call("GET", "roles/default-roles-astroflow").json()
        self.call("DELETE", f"users/{person}/role-mappings/realm", json=[known])

    def join(self, person: str, group: str) -> None:
        """Put somebody into a group."""
        self.call("PUT", f"users/{person}/groups/{self._group(group)}")

    def leave(self, person: str, group: str) -> None:
        """Take somebody out of a group."""
        self.call("DELETE", f"users/{person}/groups/{self._group(group)}")

    def sessions(self, person: str) -> list[str]:
        """Return the sessions of somebody, the oldest first."""
        found = self.call("GET", f"users/{person}/sessions").json()
        return [str(one["id"]) for one in sorted(found, key=lambda one: one["start"])]

    def end_session(self, session: str) -> None:
        """End a session, of which Keycloak tells the hub."""
        self.call("DELETE", f"sessions/{session}")

    def rotate_keys(self) -> None:
        """Sign with new keys from now on, and forget those of before."""
        keys = "org.keycloak.keys.KeyProvider"
        realm = self.call("GET", "").json()["id"]
        known = self.call("GET", "components", params={"type": keys}).json()
        new = {
            "name": "new",
            "providerId": "rsa-generated",
            "providerType": keys,
            "parentId": realm,
            "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"]},
        }
        self.call("POST", "components", json=new)
        for one in known:
            if one["providerId"] == "rsa-generated":
                self.call("DELETE", f"components/{one['id']}")

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call the realm's REST API as its admin; ``path`` is below the realm."""
        url = f"{self.server.url}/admin/realms/astroflow/{path}".rstrip("/")
        headers = {"Authorization": f"Bearer {self._token()}"}
        answer = httpx.request(method, url, headers=headers, timeout=30, verify=PLAIN, **request)
        answer.raise_for_status()
        return answer

    def _token(self) -> str:
        url = f"{self.server.url}/realms/master/protocol/openid-connect/token"
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": ADMIN,
            "password": self.server.admin_password,
        }
        return str(
            httpx.post(url, data=form, timeout=30, verify=PLAIN)
            .raise_for_status()
            .json()["access_token"]
        )

    def _role(self, person: str, role: str, method: str) -> None:
        (client,) = self.call("GET", "clients", params={"clientId": CLIENT_ID}).json()
        known = self.call("GET", f"clients/{client['id']}/roles/{role}").json()
        path = f"users/{person}/role-mappings/clients/{client['id']}"
        self.call(method, path, json=[known])

    def _group(self, name: str) -> str:
        found = self.call("GET", "groups", params={"search": name, "exact": True}).json()
        return str(found[0]["id"])
