"""Clusters are known by the notes of the kernels that hold them."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from astroflow_core.kubernetes.leases import Lease, end, leases, orphans, tell_of_others
from astroflow_core.session import ClusterSize

SIZE = ClusterSize(pods=10, cores=5, memory="7g")
HOLD_AND_DIE = """
import os, sys
from pathlib import Path
from threading import Event
from astroflow_core.kubernetes.leases import Lease
from astroflow_core.session import ClusterSize
lease = Lease.of("spark-2", "spark", ClusterSize(), "127.0.0.1:4040").hold(Path(sys.argv[1]))
os._exit(0)
"""


def test_a_cluster_is_listed_while_its_kernel_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/jovyan/maps.ipynb")
    held = Lease.of("spark-1", "spark", SIZE, "127.0.0.1:4040").hold(tmp_path)
    listed = [str(lease) for lease in leases(tmp_path)]
    assert listed[0].startswith("spark-1: 10 executors of 5 cores and 7g, of maps.ipynb, since 2")
    held.release()
    assert leases(tmp_path) == []


def test_a_cluster_is_no_longer_wanted_when_somebody_ends_it(tmp_path: Path) -> None:
    held = Lease.of("dask-1", "dask", SIZE, "127.0.0.1:4040").hold(tmp_path)
    assert held.is_wanted
    assert end("dask-1", tmp_path)
    assert not held.is_wanted
    held.release()


def test_a_cluster_that_is_not_there_cannot_be_ended(tmp_path: Path) -> None:
    assert not end("dask-9", tmp_path)


def test_a_cluster_whose_kernel_died_is_not_listed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", HOLD_AND_DIE, tmp_path], check=True)
    assert (tmp_path / "spark-2.json").is_file()
    assert leases(tmp_path) == []
    assert [lease.name for lease in orphans(tmp_path)] == ["spark-2"]


def test_a_watched_cluster_is_looked_at_and_ended_when_somebody_asks(tmp_path: Path) -> None:
    held = Lease.of("spark-1", "spark", SIZE, "127.0.0.1:4040").hold(tmp_path)
    looked, ended = Event(), Event()
    held.watch(lambda: not ended.is_set(), looked.set, ended.set)
    assert looked.wait(10)
    assert not ended.is_set()
    end("spark-1", tmp_path)
    assert ended.wait(10)
    held.release()


def test_a_second_kernel_is_told_what_runs_and_what_another_costs(tmp_path: Path) -> None:
    said: list[str] = []
    tell_of_others("2 pods of 8 pods", said.append, tmp_path)
    held = Lease.of("spark-1", "spark", SIZE, "127.0.0.1:4040").hold(tmp_path)
    tell_of_others("2 pods of 8 pods", said.append, tmp_path)
    held.release()
    running, price = said
    assert "beside it runs spark-1: 10 executors of 5 cores and 7g" in running
    assert price == "this one takes 2 pods of 8 pods that your quota has left"
