"""The login of the embedded hub: any user name, one password for all."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
from tornado.web import HTTPError
from traitlets import default

# What can stand in an address without being taken for something else.
NAMES = re.compile(r"[^/\\%?#\x00-\x1f\x7f]{1,64}\Z")


class PasswordLogin(SharedPasswordAuthenticator):  # type: ignore[misc]
    """JupyterHub's shared-password login, with names that are safe in addresses.

    JupyterHub lowers the case; here a name is also composed (NFC), so that one typed on another
    keyboard is the same person, and one that cannot be used is refused with the reason.
    """

    @default("username_regex")
    def _default_username_regex(self) -> re.Pattern[str]:
        return NAMES

    @default("allow_all")
    def _default_allow_all(self) -> bool:
        return True

    def normalize_username(self, username: str) -> str:
        """Return the name by which the person is known."""
        return str(super().normalize_username(unicodedata.normalize("NFC", username)))

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        """Return who logs in, or None where the password is wrong."""
        # Python compares only ASCII strings in constant time; ours are ASCII.
        known = await super().authenticate(handler, data) if data["password"].isascii() else None
        if known and not self.validate_username(known["name"]):
            raise HTTPError(
                400, "This user name cannot be used: take 1 to 64 characters without / \\ ? # %"
            )
        return known
