"""A server that nobody uses is stopped, and never one that computes."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from distributed import Client, LocalCluster

from astroflow_dask_gaia import busy
from tools.person import Person
from tools.running_hub import RunningHub, running_hub, write_config

pytestmark = pytest.mark.timeout(600)

STOP_AFTER = 60  # seconds
PROFILES = {
    "a": f"""
slug: brief
display_name: Brief
catalogues: [gaia-dr3]
spark: {{pods: 1, cores: 1, memory: 512m}}
dask: {{pods: 1, cores: 1, memory: 512m}}
idle: {{stop_after: {STOP_AFTER}s, warn_before: 30s}}
""",
}
SETTINGS = """
c.AstroFlowLocalSpawner.poll_interval = 2
c.AstroFlowLocalSpawner.environment = {"JUPYTERHUB_ACTIVITY_INTERVAL": "5"}
"""
LONG = 600  # seconds of work, which ends with the server at the latest
AT_WORK = {
    "spark": f"""
import threading, time
from astroflow_spark_gaia import spark
work = spark.sparkContext.parallelize([1], 1).map(lambda _: time.sleep({LONG}))
threading.Thread(target=work.collect, daemon=True).start()
""",
    "dask": f"""
import time
from distributed import Client
client = Client()
future = client.submit(time.sleep, {LONG})
""",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[RunningHub]:
    folder = tmp_path_factory.mktemp("hub")
    config = write_config(folder / "config", PROFILES, SETTINGS)
    with running_hub(folder / "state", config, ASTROFLOW_DATA_DIR=str(sample.parent)) as running:
        yield running


@pytest.fixture(scope="module")
def persons(hub: RunningHub) -> Iterator[dict[str, Person]]:
    """Persons whose servers were not touched for longer than they may be idle."""
    with ExitStack() as stack:
        people = {n: stack.enter_context(Person(hub.url, n)) for n in [*AT_WORK, "cell", "idle"]}
        for name, person in people.items():
            person.log_in(hub.password)
            person.start("brief")
            if name in AT_WORK:
                assert stack.enter_context(person.kernel()).run(AT_WORK[name]).error is None
            if name == "cell":
                stack.enter_context(person.kernel()).begin(f"import time; time.sleep({LONG})")
        deadline = time.monotonic() + STOP_AFTER + 60
        while people["idle"].has_server() and time.monotonic() < deadline:
            time.sleep(1)
        yield people


@pytest.mark.parametrize("name", ["spark", "dask", "cell"])
def test_a_server_that_computes_goes_on(persons: dict[str, Person], name: str) -> None:
    assert persons[name].has_server()
    answer = persons[name].http.get(f"{persons[name].home}astroflow/idle").json()
    assert answer["stops_in"] > STOP_AFTER - 20
    assert answer["warning"] is None


@pytest.mark.parametrize("name", ["spark", "dask", "cell"])
def test_the_hub_is_told_that_it_computes(persons: dict[str, Person], name: str) -> None:
    server = persons[name].hub_api("GET", f"users/{name}").json()["servers"][""]
    active = datetime.fromisoformat(server["last_activity"])
    started = datetime.fromisoformat(server["started"])
    assert active - started > timedelta(seconds=STOP_AFTER)


def test_an_idle_server_is_stopped_and_the_next_page_says_why(persons: dict[str, Person]) -> None:
    assert not persons["idle"].has_server()
    page = persons["idle"].options_page().text
    assert "Your last server ended: it was not used for 1 minute." in page


def test_a_person_is_warned_and_keeps_the_server(hub: RunningHub) -> None:
    with Person(hub.url, "reader") as reader:
        reader.log_in(hub.password)
        reader.start("brief")
        url = f"{reader.home}astroflow/idle"
        deadline = time.monotonic() + STOP_AFTER
        while not (warning := reader.http.get(url).json()["warning"]):
            assert time.monotonic() < deadline
            time.sleep(1)
        assert "This server has not been used for" in warning
        assert '"astroflow-idle"' in reader.http.get(reader.home).text  # the page will show it
        assert "Files are kept" in warning
        reader.http.post(url, headers=reader._xsrf(reader.home)).raise_for_status()
        assert reader.http.get(url).json()["warning"] is None
        assert reader.http.get(url).json()["stops_in"] > STOP_AFTER - 5
        reader.stop()


def test_a_scheduler_in_another_pod_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"ASTROFLOW_ENGINE": "kubernetes"}
    with (
        LocalCluster(1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        monkeypatch.setattr(busy, "DASHBOARD_PORT", urlsplit(cluster.dashboard_link).port)
        address["DASK_SCHEDULER_ADDRESS"] = cluster.scheduler_address
        assert not busy.is_busy_elsewhere(address)
        future = client.submit(time.sleep, 5)
        time.sleep(2)
        assert busy.is_busy_elsewhere(address)
        future.result()
        assert not busy.is_busy_elsewhere(address)


def test_a_stranger_can_neither_ask_nor_keep(persons: dict[str, Person]) -> None:
    url = f"{persons['cell'].home}astroflow/idle"
    assert persons["idle"].http.get(url).status_code == 403
