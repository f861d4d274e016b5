"""A person at a hub, without a browser: logs in, picks a profile, runs notebooks, moves files.

Everything goes the way a browser goes: through the proxy, with the forms' own fields and
cookies, over the server's REST API and a websocket to its kernels.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urljoin

import httpx
import nbformat
from bs4 import BeautifulSoup
from websockets.sync.client import connect

from astroflow_core.errors import AstroFlowError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from websockets.sync.client import ClientConnection

PATIENCE = 120  # seconds that a server may take to start
_DISPLAYS = {"display_data", "update_display_data"}  # the first, and what takes its place


class PersonError(AstroFlowError):
    """What the person wanted did not happen; the message is what the page said."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one cell gave: its outputs in the notebook format."""

    outputs: tuple[Any, ...]

    @property
    def text(self) -> str:
        """What was printed, and the plain text of what was shown."""
        shown = (output.get("data", {}).get("text/plain", "") for output in self.outputs)
        printed = (output.get("text", "") for output in self.outputs)
        return "".join(p + s for p, s in zip(printed, shown, strict=True))

    @property
    def value(self) -> str:
        """The plain text of what the last expression gave, without anything that was printed."""
        results = (output for output in self.outputs if output["output_type"] == "execute_result")
        return "".join(result["data"]["text/plain"] for result in results)

    @property
    def images(self) -> list[str]:
        """The PNG images shown, in base64."""
        data = (output.get("data", {}) for output in self.outputs)
        return [d["image/png"] for d in data if "image/png" in d]

    @property
    def error(self) -> str | None:
        """The exception that ended the cell: its name and message."""
        for output in self.outputs:
            if output["output_type"] == "error":
                return f"{output['ename']}: {output['evalue']}"
        return None


@dataclass
class Kernel:
    """A kernel of the person's server, reached through the proxy; ``address`` is how."""

    socket: ClientConnection
    address: tuple[str, dict[str, str]]
    session: str = field(default_factory=lambda: uuid.uuid4().hex)

    def begin(self, code: str) -> str:
        """Start to run one cell; return the id by which its outputs are known."""
        message = uuid.uuid4().hex
        self.socket.send(json.dumps(_execute_request(message, self.session, code)))
        return message

    def run(self, code: str, timeout: float = PATIENCE) -> Result:
        """Run one cell.

        Raises
        ------
        PersonError
            When the cell is not done within ``timeout`` seconds.
        """
        return self.result_of(self.begin(code), timeout)

    def result_of(self, message: str, timeout: float = PATIENCE) -> Result:
        """Wait for a cell that has begun; see `run`."""
        outputs: dict[str, Any] = {}
        deadline = time.monotonic() + timeout
        try:
            while not _is_idle(reply := self._receive(deadline), message):
                if _answers(reply, message) and _is_output(reply):
                    outputs[_place(reply)] = nbformat.v4.output_from_msg(_as_nodes(reply))  # type: ignore[no-untyped-call]
        except TimeoutError:
            raise PersonError(f"a cell still runs after {timeout} s") from None
        return Result(tuple(outputs.values()))

    def _receive(self, deadline: float) -> dict[str, Any]:
        text = self.socket.recv(timeout=max(0.0, deadline - time.monotonic()))
        return dict(json.loads(text))


class Person:
    """Somebody with a user name, who uses the hub at ``url``."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=60)
        self.home = ""  # the address of the server, known once it has started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def log_in(self, password: str) -> httpx.Response:
        """Fill in the login form and return the page that follows, or the refusal."""
        page = self.http.get("/hub/login")
        return self._submit(page, "form", {"username": self.name, "password": password})

    def is_served(self) -> bool:
        """Return whether the hub answers at all."""
        with suppress(httpx.TransportError):
            return self.http.get("/hub/login").is_success
        return False

    def options_page(self) -> httpx.Response:
        """Return the page on which profiles are chosen."""
        return self.http.get("/hub/spawn")

    def choose(
        self, profile: str, values: Mapping[str, str] | None = None, **options: str
    ) -> httpx.Response:
        """Choose a profile on the options page, press Start, and return the page that follows.

        ``options`` are choices by option, ``values`` what is typed in place of one.
        """
        form = {"profile": profile}
        form |= {f"option.{profile}.{name}": choice for name, choice in options.items()}
        form |= {f"value.{profile}.{name}": text for name, text in (values or {}).items()}
        return self._submit(self.options_page(), "#spawn_form", form)

    def start(self, profile: str, values: Mapping[str, str] | None = None, **options: str) -> None:
        """Choose a profile and wait for JupyterLab.

        Raises
        ------
        PersonError
            When the server is refused or does not come up; with the page's words.
        """
        page = self.choose(profile, values, **options)
        deadline = time.monotonic() + PATIENCE
        while not page.url.path.startswith("/user/"):
            if page.is_error or time.monotonic() > deadline:
                raise PersonError(f"no server for {self.name}: {error_on(page)}")
            time.sleep(0.3)
            page = self.http.get(page.url)
        self._arrive(page)

    def insist(self, profile: str) -> None:
        """Wait for JupyterLab as the patient do: reload, and press Start where it is offered.

        Raises
        ------
        PersonError
            When there is no server in time.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError, PersonError):
                page = self.options_page()
                if 'id="spawn_form"' in page.text:
                    page = self.choose(profile)
                if page.url.path.startswith("/user/"):
                    self._arrive(page)
                    return
            time.sleep(0.5)
        raise PersonError(f"no server for {self.name} in {PATIENCE} s")

    def _arrive(self, page: httpx.Response) -> None:
        page.raise_for_status()
        # The hub knows the person by a name of its own making: lower case, composed.
        self.home = "/".join(page.url.raw_path.decode().split("/")[:3]) + "/"

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        self.hub_api("DELETE", f"{self._user}/server").raise_for_status()
        while self.has_server():
            time.sleep(0.2)

    def has_server(self) -> bool:
        """Return whether the hub knows a server of this person, which starts, runs or stops."""
        return bool(self.hub_api("GET", self._user).json()["server"])

    @property
    def _user(self) -> str:
        return f"users/{self.home.split('/')[2] if self.home else quote(self.name)}"

    def progress(self) -> list[dict[str, Any]]:
        """Return what the page of a server that starts shows, to the end of the start."""
        url = f"/hub/api/users/{quote(self.name)}/server/progress"
        with self.http.stream("GET", url, headers=self._xsrf("/hub/")) as page:
            lines = [line for line in page.iter_lines() if line.startswith("data:")]
        return [dict(json.loads(line.removeprefix("data:"))) for line in lines]

    def hub_api(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Call the hub's own REST API; ``path`` is below ``api/``."""
        url = f"/hub/api/{path}"
        return self.http.request(method, url, headers=self._xsrf("/hub/"), **request)

    def api(self, method: str, path: str, **request: Any) -> Any:
        """Call the REST API of the person's server; ``path`` is below ``api/``."""
        url = f"{self.home}api/{path}"
        response = self.http.request(method, url, headers=self._xsrf(self.home), **request)
        response.raise_for_status()
        return response.json() if response.content else None

    def files(self, folder: str = "") -> list[str]:
        """Return the names in a folder of the home, as JupyterLab shows them."""
        return sorted(entry["name"] for entry in self.read(folder)["content"])

    def read(self, path: str, **query: str) -> dict[str, Any]:
        """Return a file, notebook or folder as the contents API gives it."""
        return dict(self.api("GET", f"contents/{quote(path)}", params=query))

    def write(self, path: str, text: str) -> None:
        """Save a text file."""
        model = {"type": "file", "format": "text", "content": text}
        self.api("PUT", f"contents/{quote(path)}", json=model)

    @contextmanager
    def kernel(self, folder: str = "") -> Iterator[Kernel]:
        """Start a kernel with ``folder`` of the home as working directory; end it afterwards."""
        wanted = {"name": "python3", "path": folder}
        kernel = self.api("POST", "kernels", json=wanted)["id"]
        path = f"{self.home}api/kernels/{kernel}/channels"
        token = self._xsrf(self.home)["X-XSRFToken"]
        url = str(self.http.base_url.copy_with(scheme="ws", path=path, params={"_xsrf": token}))
        headers = {"Cookie": self._cookies(path)}
        try:
            with connect(url, additional_headers=headers, max_size=None) as socket:
                yield Kernel(socket, (url, headers))
        finally:
            with suppress(httpx.HTTPError):  # it ended with its server
                self.api("DELETE", f"kernels/{kernel}")

    def _submit(self, page: httpx.Response, form: str, values: Mapping[str, str]) -> httpx.Response:
        found = BeautifulSoup(page.text, "html.parser").select_one(form)
        if found is None:
            raise PersonError(f"{page.url} has no form: {error_on(page)}")
        given = {tag["name"]: tag["value"] for tag in found.select("input[type=hidden][name]")}
        data = {str(k): str(v) for k, v in given.items()} | dict(values)
        return self.http.post(urljoin(str(page.url), str(found["action"])), data=data)

    def _xsrf(self, path: str) -> dict[str, str]:
        tokens = [c.value for c in self.http.cookies.jar if c.name == "_xsrf" and c.path == path]
        return {"X-XSRFToken": next(iter(tokens), None) or ""}

    def _cookies(self, path: str) -> str:
        return "; ".join(
            f"{cookie.name}={cookie.value}"
            for cookie in self.http.cookies.jar
            if path.startswith(cookie.path)
        )


def error_on(page: httpx.Response) -> str:
    """Return the words with which a page refuses, in one line."""
    soup = BeautifulSoup(page.text, "html.parser")
    found = soup.select(".spawn-error-msg, .login_error, .error") or soup.select("body")
    return f"{page.status_code} {' '.join(found[0].get_text(' ').split()) if found else ''}"


def _execute_request(message: str, session: str, code: str) -> dict[str, Any]:
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    header = {
        "msg_id": message,
        "msg_type": "execute_request",
        "session": session,
        "username": "",
        "version": "5.3",
    }
    return {
        "channel": "shell",
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content | {"user_expressions": {}, "stop_on_error": True},
    }


def _answers(reply: Mapping[str, Any], message: str) -> bool:
    return bool(reply["channel"] == "iopub" and reply["parent_header"].get("msg_id") == message)


def _is_output(reply: Mapping[str, Any]) -> bool:
    return reply["msg_type"] in {"stream", "execute_result", "error", *_DISPLAYS}


def _place(reply: Mapping[str, Any]) -> str:
    """Return what tells an output from the others: what is shown under one id is one output."""
    shown_as = reply["content"].get("transient", {}).get("display_id")
    return str(shown_as or reply["header"]["msg_id"])


def _is_idle(reply: Mapping[str, Any], message: str) -> bool:
    return _answers(reply, message) and reply["content"].get("execution_state") == "idle"


def _as_nodes(reply: Mapping[str, Any]) -> Any:
    kind = "display_data" if reply["msg_type"] in _DISPLAYS else reply["msg_type"]
    content = nbformat.from_dict(reply["content"])  # type: ignore[no-untyped-call]
    return {**reply, "header": {**reply["header"], "msg_type": kind}, "content": content}
