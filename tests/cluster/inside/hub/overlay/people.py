"""Who people are in the tests' cluster; where realm.py comes after it, Keycloak tells instead."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from astroflow_hub.password_login import PasswordLogin

c = get_config()  # noqa: F821


class KnownLogin(PasswordLogin):
    """A login that tells who somebody is, also under the name they take after "-alias"."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        known = await super().authenticate(handler, data)
        if known is None:
            return None
        first_name = known["name"].removesuffix("-alias")
        return {**known, "auth_state": {"uuid": str(uuid5(NAMESPACE_DNS, first_name))}}


c.JupyterHub.authenticator_class = KnownLogin
c.KnownLogin.enable_auth_state = True
