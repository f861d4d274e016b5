"""The person's namespace over the Kubernetes API, with the rights of the notebook's pod."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from astroflow_core.errors import SessionError, needing
from astroflow_core.kubernetes.reasons import message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubernetes.client import ApiClient

    from astroflow_core.kubernetes.objects import Object

_TIMEOUT = 10  # seconds for one answer
_CORE = "/api/v1"
# What a start of the server puts right: its account, its rights, whom it trusts.
_ANEW = ": stop your server and start it again (File > Hub Control Panel)"


class Namespace:
    """What the notebook may see and remove in the namespace that is its person's."""

    def __init__(self, client: ApiClient, name: str) -> None:
        self._client = client
        self.name = name

    @classmethod
    def of_this_pod(cls, environ: Mapping[str, str]) -> Namespace:
        """Return the namespace in which this process runs.

        Raises
        ------
        SessionError
            When this is no pod with a service account.
        """
        with needing("workers"):
            from kubernetes.client import ApiClient, Configuration
            from kubernetes.config import ConfigException, load_incluster_config
        configuration = Configuration()
        configuration.retries = False
        try:
            load_incluster_config(client_configuration=configuration)
            return cls(ApiClient(configuration), environ["POD_NAMESPACE"])
        except (ConfigException, KeyError) as error:
            raise SessionError(
                f"this is no pod of AstroFlow Hub ({error}): start the notebook from the hub"
            ) from error

    def get(self, kind: str, name: str, api: str = _CORE) -> Object:
        """Return one object."""
        return self._call("GET", f"{self._path(kind, api)}/{name}")

    def find(self, kind: str, selector: str = "", api: str = _CORE) -> list[Object]:
        """Return the objects of a kind, such as ``pods``, whose labels ``selector`` takes."""
        found = self._call("GET", self._path(kind, api), [("labelSelector", selector)])
        return list(found["items"])

    def delete(self, kind: str, selector: str, api: str = _CORE) -> None:
        """Remove the objects of a kind whose labels ``selector`` takes."""
        for found in self.find(kind, selector, api):
            name = found["metadata"]["name"]
            self._call("DELETE", f"{self._path(kind, api)}/{name}", is_gone_well=True)

    def create(self, kind: str, body: Object, api: str = _CORE) -> Object:
        """Make an object."""
        return self._call("POST", self._path(kind, api), body=body)

    def patch(self, kind: str, name: str, body: Object, api: str = _CORE) -> Object:
        """Change the fields of an object that ``body`` holds."""
        return self._call("PATCH", f"{self._path(kind, api)}/{name}", body=body)

    def _path(self, kind: str, api: str) -> str:
        return f"{api}/namespaces/{self.name}/{kind}"

    def _call(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]] | None = None,
        *,
        body: Object | None = None,
        is_gone_well: bool = False,
    ) -> Object:
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Content-Type": kind}
        request = self._client.param_serialize(
            method,
            path,
            query_params=query,
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*request, _request_timeout=_TIMEOUT)
            status, answer = response.status, response.read()
        except (ApiException, HTTPError, OSError) as error:
            raise SessionError(_no_answer(error)) from error
        if status == HTTPStatus.NOT_FOUND and is_gone_well:
            return {}
        if status >= HTTPStatus.BAD_REQUEST:
            raise SessionError(_refused(status, message_of(answer)))
        found: Object = json.loads(answer)
        return found


def _refused(status: int, told: str) -> str:
    of_account = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    cure = _ANEW if of_account and "exceeded quota" not in told else ""
    return f"the cluster refuses: {told or status}{cure}"


def _no_answer(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"the cluster shows a certificate that this server does not trust{_ANEW}"
    return f"the cluster does not answer: {error}"
