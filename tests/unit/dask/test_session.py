"""Which cluster a session is given, told without starting one."""

import socket
import time

import pytest

from astroflow_core.errors import SessionError
from astroflow_core.session import ClusterSize
from astroflow_dask_gaia.local import cluster_options
from astroflow_dask_gaia.session import connect


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", '["/data"]')
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    return monkeypatch


def test_a_cluster_is_of_the_size_asked_for_and_on_the_loopback() -> None:
    options = cluster_options(ClusterSize(pods=3, cores=2, memory="2g"))
    assert (options["n_workers"], options["threads_per_worker"]) == (3, 2)
    assert options["memory_limit"] == 2 * 2**30
    assert (options["host"], options["dashboard_address"]) == ("127.0.0.1", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"workers": 0}, "workers: Input should be greater than 0"),
        ({"workers": "many"}, "workers: Input should be a valid integer"),
        ({"threads": -1}, "threads: Input should be greater than 0"),
        ({"threads": 1.5}, "threads: Input should be a valid integer"),
        ({"memory": "4 GB"}, "memory: '4 GB' is no memory size"),
        ({"memory": "0g"}, "memory: '0g' is no memory size"),
        ({"memory": "9999t"}, "1 workers of 9999t need .* GiB and this machine has .* GiB"),
        ({"workers": 10**6, "memory": "1g"}, "1000000 workers of 1g need 1000000.0 GiB"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes: dict[str, object], told: str) -> None:
    with pytest.raises(SessionError, match=told):
        connect(**sizes)  # type: ignore[arg-type]


def test_without_settings_the_cure_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("ASTROFLOW_CATALOGUES")
    with pytest.raises(SessionError, match="ASTROFLOW_CATALOGUES"):
        connect()


def test_a_cluster_on_kubernetes_is_not_replaced_by_one_in_the_notebook(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("ASTROFLOW_ENGINE", "kubernetes")
    with pytest.raises(SessionError, match="this is no pod of AstroFlow Hub"):
        connect()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1", "nonsense", "tcp://no.such.host.invalid:1"])
def test_an_address_that_leads_nowhere_is_named(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    environment.setenv("DASK_SCHEDULER_ADDRESS", address)
    with pytest.raises(SessionError, match=f"no Dask scheduler answers at '{address}'"):
        connect()


def test_a_dead_scheduler_is_told_within_seconds(environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment.setenv("DASK_SCHEDULER_ADDRESS", f"tcp://127.0.0.1:{port}")
    started = time.monotonic()
    with pytest.raises(SessionError, match=r"refused.*: correct DASK_SCHEDULER_ADDRESS"):
        connect()
    assert time.monotonic() - started < 6
