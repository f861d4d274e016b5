"""What the hub keeps of a person who logged in: who they are, and their sessions.

This is the hub's ``auth_state``, which JupyterHub encrypts. A session of the hub, known by the
cookie ``jupyterhub-session-id``, belongs to one of Keycloak; whoever logs in on two machines
has two of each.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_SESSIONS = 20  # of one person; the oldest goes
_SHOWN = ("sub", "preferred_username", "name", "email", "affiliation")


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the hub and what Keycloak gave for it; times are seconds since 1970."""

    sid: str
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires: float
    checked: float

    @classmethod
    def of(cls, tokens: Mapping[str, Any], sid: str) -> Session:
        """Return the session of an answer of Keycloak's that was verified just now."""
        now = time.time()
        # A lifetime of 0 says that the token has no end of its own.
        lifetime = tokens.get("refresh_expires_in") or 365 * 24 * 3600
        return cls(sid, tokens["refresh_token"], tokens["id_token"], now + lifetime, now)


@dataclass(frozen=True, slots=True)
class Account:
    """A person: what they are called, and their sessions by the hub's session ids."""

    person: Mapping[str, str]
    sessions: Mapping[str, Session] = field(default_factory=dict)
    is_out: bool = False

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Account:
        """Return the person whom verified claims tell of, without a session."""
        return cls({key: str(claims[key]) for key in _SHOWN if claims.get(key)})

    @classmethod
    def from_auth_state(cls, auth_state: Mapping[str, Any] | None) -> Account:
        """Read what `to_auth_state` made; nobody logged in where there is none."""
        known = dict(auth_state or {})
        sessions = {key: Session(**one) for key, one in known.pop("sessions", {}).items()}
        return cls(sessions=sessions, is_out=known.pop("is_out", False), person=known)

    def to_auth_state(self) -> dict[str, Any]:
        """Return what JupyterHub keeps encrypted."""
        sessions = {key: asdict(session) for key, session in self.sessions.items()}
        return {**self.person, "sessions": sessions, "is_out": self.is_out}

    def with_session(self, hub_session: str, session: Session) -> Account:
        """Return the account with one session more, or changed; those long over are left out."""
        now = time.time()
        kept = {k: s for k, s in self.sessions.items() if s.expires > now and k != hub_session}
        newest = sorted(kept.items(), key=lambda item: item[1].checked)[1 - MAX_SESSIONS :]
        return replace(self, sessions={**dict(newest), hub_session: session}, is_out=False)

    def without(self, ends: Callable[[str, Session], bool]) -> Account:
        """Return the account without the sessions that ``ends`` is true of."""
        kept = {key: one for key, one in self.sessions.items() if not ends(key, one)}
        return replace(self, sessions=kept)

    def out(self) -> Account:
        """Return the account of somebody who may not come any more."""
        return replace(self, sessions={}, is_out=True)
