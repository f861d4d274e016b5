"""A real hub on a free port, used the way people use it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from bs4 import BeautifulSoup
from websockets.sync.client import connect

from astroflow_core.session import SessionSettings
from tools.person import Person, error_on
from tools.running_hub import CHECKOUT, RunningHub, running_hub

pytestmark = pytest.mark.timeout(120)

DEMOS = CHECKOUT / "notebooks" / "demo"
KERNEL_PROTOCOL = "v1.kernel.websocket.jupyter.org"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "state"


@pytest.fixture(scope="module")
def hub(state: Path, sample: Path) -> Iterator[RunningHub]:
    with running_hub(state, ASTROFLOW_DATA_DIR=str(sample.parent)) as running:
        yield running


@pytest.fixture(scope="module")
def hypatia(hub: RunningHub) -> Iterator[Person]:
    with Person(hub.url, "hypatia") as person:
        person.log_in(hub.password)
        person.start("gaia-dr3")
        yield person


@pytest.fixture(scope="module")
def visitor(hub: RunningHub) -> Iterator[Person]:
    """Somebody who logs in and never comes to start a server."""
    with Person(hub.url, "visitor") as person:
        person.log_in(hub.password)
        yield person


def test_a_wrong_password_lets_nobody_in(hub: RunningHub) -> None:
    with Person(hub.url, "hypatia") as person:
        page = person.log_in("wrong-pässword")
    assert error_on(page) == "403 Invalid username or password"


def test_a_name_that_cannot_be_used_is_refused_with_the_reason(hub: RunningHub) -> None:
    with Person(hub.url, "../hypatia") as person:
        page = person.log_in(hub.password)
    assert page.status_code == 400
    assert "This user name cannot be used" in page.text


def test_the_options_page_shows_the_profile(visitor: Person) -> None:
    page = BeautifulSoup(visitor.options_page().text, "html.parser")
    shown = " ".join(page.get_text(" ").split())
    assert page.select("h1")[0].get_text(strip=True) == "Server Options"
    assert "Gaia DR3 Environment" in shown
    assert "In order to use pre-configured Apache Spark and Dask with Gaia DR3 data" in shown
    assert page.select("input[type=radio][name=profile][value=gaia-dr3][checked]")


@pytest.mark.parametrize(
    ("profile", "options", "words"),
    [
        ("nix", {}, "no profile is called 'nix'; there is gaia-dr3"),
        ("gaia-dr3", {"size": "xl"}, "is called 'xl'; there are s, m, l"),
        ("gaia-dr3", {"pods": "9"}, "no option of the profile 'gaia-dr3' is called 'pods'"),
    ],
)
def test_the_form_refuses_what_is_not_offered(
    visitor: Person, profile: str, options: dict[str, str], words: str
) -> None:
    page = visitor.choose(profile, **options)
    assert page.status_code == 400
    assert words in error_on(page)
    assert "Gaia DR3 Environment" in page.text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"profile": "nix"}, "no profile is called 'nix'; there is gaia-dr3"),
        ({"profile": "gaia-dr3", "options": {"size": "xl"}}, "'xl'; there are s, m, l"),
        ({"profile": "gaia-dr3", "image": "other"}, "image: there is no such field"),
        ({"profile": 7}, "profile: Input should be a valid string"),
    ],
)
def test_the_rest_api_refuses_what_is_not_offered(
    visitor: Person, options: dict[str, object], words: str
) -> None:
    response = visitor.hub_api("POST", "users/visitor/server", json=options)
    assert response.status_code == 400
    assert words in response.json()["message"]
    assert visitor.hub_api("GET", "users/visitor").json()["server"] is None


def test_a_new_home_holds_the_demos(hypatia: Person) -> None:
    assert hypatia.files() == ["demo"]
    assert hypatia.files("demo/spark") == sorted(p.name for p in (DEMOS / "spark").iterdir())
    assert hypatia.files("demo/dask") == sorted(p.name for p in (DEMOS / "dask").iterdir())


def test_a_person_lands_in_jupyterlab(hypatia: Person) -> None:
    page = hypatia.http.get(hypatia.home)
    assert page.url.path == "/user/hypatia/lab"
    assert "<title>JupyterLab</title>" in page.text


def test_jupyterlab_asks_nobody_outside_for_news(hypatia: Person) -> None:
    notification = "@jupyterlab/apputils-extension:notification"
    settings = hypatia.http.get(f"{hypatia.home}lab/api/settings/{notification}").json()
    defaults = settings["schema"]["properties"]
    assert defaults["fetchNews"]["default"] == "false"
    assert defaults["checkForUpdates"]["default"] is False


def test_a_kernel_is_told_the_session_and_no_secret(
    hypatia: Person, hub: RunningHub, state: Path, sample: Path
) -> None:
    with hypatia.kernel() as kernel:
        shown = kernel.run("import json, os; print(json.dumps(dict(os.environ)))").outputs[0]
    environ = json.loads(shown["text"])
    settings = SessionSettings.from_environ(environ)
    assert settings.catalogues == (sample,)
    assert settings.default_database == "gaiadr3ssd"
    assert settings.spark.cores <= psutil.cpu_count()
    assert environ["DASK_SCHEDULER_ADDRESS"].startswith("tcp://127.0.0.1:")
    assert environ["HOME"] == str(state / "homes" / "hypatia")
    assert environ["PATH"].startswith(str(Path(sys.executable).parent))
    assert [name for name, value in environ.items() if hub.password in value] == []
    assert {"CONFIGPROXY_AUTH_TOKEN", "ASTROFLOW_HUB_PASSWORD"}.isdisjoint(environ)


def test_a_kernel_speaks_its_own_protocol_through_the_proxy(hypatia: Person) -> None:
    with hypatia.kernel() as kernel:
        url, headers = kernel.address
        with connect(url, additional_headers=headers, subprotocols=[KERNEL_PROTOCOL]) as socket:  # type: ignore[list-item]
            assert socket.subprotocol == KERNEL_PROTOCOL


def test_a_large_output_comes_through(hypatia: Person) -> None:
    with hypatia.kernel() as kernel:
        result = kernel.run("from IPython.display import HTML; HTML('x' * 20_000_000)")
    assert len(result.outputs[0]["data"]["text/html"]) == 20_000_000


def test_a_person_keeps_what_they_changed_and_starts_beside_their_own_modules(
    hub: RunningHub,
) -> None:
    with Person(hub.url, "Ünïcode Person") as person:
        person.log_in(hub.password)
        person.start("gaia-dr3")
        person.write("demo/spark/source_counts.ipynb", "mine")
        person.write("random.py", "raise RuntimeError('not the real one')")
        person.stop()
        person.start("gaia-dr3")
        kept = person.read("demo/spark/source_counts.ipynb", type="file", format="text")
        assert kept["content"] == "mine"
        person.stop()


def test_nobody_sees_anothers_home_through_the_server(hypatia: Person, visitor: Person) -> None:
    page = visitor.http.get(f"{hypatia.home}api/contents")
    assert page.status_code == 403


@pytest.mark.parametrize("path", ["%2e%2e", "%2e%2e/visitor", "..%2fvisitor", "%2fetc%2fpasswd"])
def test_the_server_shows_nothing_outside_the_home(hypatia: Person, path: str) -> None:
    response = hypatia.http.get(f"{hypatia.home}api/contents/{path}")
    assert response.status_code in {403, 404}


def test_everything_listens_on_this_machine_alone(hypatia: Person, hub: RunningHub) -> None:
    assert hypatia.home
    started = psutil.Process(hub.process.pid).children(recursive=True)
    listening = {c.laddr.ip for p in started for c in p.net_connections() if c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


def test_the_state_is_nobody_elses_to_read_and_the_logs_hold_no_secret(
    hypatia: Person, hub: RunningHub, state: Path
) -> None:
    assert hypatia.home
    own = [state, *state.glob("*"), *(state / "logs").iterdir(), *(state / "homes").iterdir()]
    assert [str(path) for path in own if path.stat().st_mode & 0o077] == []
    logs = "".join(path.read_text() for path in (state / "logs").iterdir())
    token = hypatia.http.cookies.jar
    secrets = [hub.password, *(c.value for c in token if c.value and "session" not in c.name)]
    assert [secret for secret in secrets if secret in logs] == []


def refusal(state: Path, **variables: str) -> str:
    """Return what `make run` says when it ends at once."""
    command = [sys.executable, "-P", "-m", "astroflow_hub.run"]
    environ = {"PATH": "", "ASTROFLOW_STATE_DIR": str(state), **variables}
    ended = subprocess.run(
        command, env=environ, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.stdout


def free_port() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return str(probe.getsockname()[1])


def test_a_port_in_use_ends_the_start_with_a_sentence(tmp_path: Path, hub: RunningHub) -> None:
    port = hub.url.rpartition(":")[2]
    said = refusal(tmp_path, ASTROFLOW_HUB_PORT=port)
    assert f"port {port} of 127.0.0.1 cannot be used" in said
    assert "ASTROFLOW_HUB_PORT=" in said


def test_a_data_folder_without_the_catalogue_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    said = refusal(
        tmp_path / "state", ASTROFLOW_HUB_PORT=free_port(), ASTROFLOW_DATA_DIR=str(tmp_path)
    )
    assert f"gaia-dr3.yaml: catalogues: no catalogue in {tmp_path / 'gaia-dr3'}" in said
    assert "ASTROFLOW_DATA_DIR" in said


def test_two_hubs_cannot_share_a_state_folder(state: Path, hub: RunningHub) -> None:
    assert hub.url
    assert "a hub is running on" in refusal(state, ASTROFLOW_HUB_PORT=free_port())
