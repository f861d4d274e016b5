"""Preflight on real engines: what differs, cannot be read or does not answer is named."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import astroflow_dask_gaia
import astroflow_spark_gaia
from astroflow_core.errors import SessionError
from astroflow_core.preflight import Preflight
from astroflow_dask_gaia.workers import check_workers
from astroflow_spark_gaia.executors import check_executors

Ask = Callable[[], Preflight]


@pytest.fixture(scope="module", autouse=True)
def engines(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(sample)]))
        patch.setenv("ASTROFLOW_SPARK", '{"pods": 1, "cores": 2, "memory": "1g"}')
        patch.setenv("ASTROFLOW_DASK", '{"pods": 2, "cores": 1, "memory": "1g"}')
        patch.setenv("ASTROFLOW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        patch.chdir(tmp_path_factory.mktemp("home"))
        spark, client = astroflow_spark_gaia.spark, astroflow_dask_gaia.client
        yield
        client.close()
        spark.stop()


@pytest.fixture(params=["spark", "dask"])
def ask(request: pytest.FixtureRequest) -> Ask:
    packages = {"spark": astroflow_spark_gaia, "dask": astroflow_dask_gaia}
    preflight: Ask = packages[request.param].preflight
    return preflight


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what installs a package where the notebook's Python finds it, and no other's."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = tmp_path / "lib" / version / "site-packages"
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return lambda name: (folder / f"{name}.dist-info").mkdir(parents=True)


@pytest.fixture
def lost(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the session's catalogue have a file that never answers; return it."""
    path = tmp_path / "gaia_dr3" / "GDR3_GAIA_SOURCE" / "part-00000.parquet"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)  # opening it waits for a writer who never comes
    (tmp_path / "catalogue.yaml").write_bytes((sample / "catalogue.yaml").read_bytes())
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(tmp_path)]))
    monkeypatch.setattr("astroflow_core.preflight.MOUNT_SECONDS", 1)
    return path


def test_every_process_reports_the_same_as_the_notebook(ask: Ask, sample: Path) -> None:
    began = time.monotonic()
    checked = ask()
    assert time.monotonic() - began < 20
    assert checked.findings == ()
    assert {report.python for report in checked.reports} == {checked.own.python}
    assert {tuple(report.faults.values()) for report in checked.reports} == {("", "")}
    assert str(sample / "catalogue.yaml") in checked.reports[0].faults


def test_each_worker_and_the_driver_have_a_line_of_their_own() -> None:
    workers = [report.pod for report in astroflow_dask_gaia.preflight().reports]
    assert workers == ["0", "1"]
    assert [report.pod for report in astroflow_spark_gaia.preflight().reports] == [os.uname()[1]]


def test_a_busy_worker_reports() -> None:
    client = astroflow_dask_gaia.client
    busy = [client.submit(time.sleep, 2, pure=False, workers=[w]) for w in client.nthreads()]
    assert len(astroflow_dask_gaia.preflight().reports) == 2
    assert not any(future.done() for future in busy)
    client.cancel(busy)


def test_a_package_of_one_s_own_is_told_with_the_way_to_bring_it(
    ask: Ask, installed: Callable[[str], None]
) -> None:
    installed("gaiaxpy-99.1")
    (finding,) = ask().findings
    assert "gaiaxpy is missing, here 99.1: you installed that in this notebook" in str(finding)
    assert not finding.is_fatal


def test_another_version_of_the_engine_refuses_the_cluster(
    installed: Callable[[str], None],
) -> None:
    installed("pyspark-99.1")
    installed("distributed-99.1")
    with pytest.raises(SessionError, match=r"executor .*: pyspark is 4\..*, here 99\.1; the image"):
        check_executors(astroflow_spark_gaia.spark, print)
    with pytest.raises(SessionError, match=r"2 workers \(0, 1\): distributed is .*, here 99\.1"):
        check_workers(astroflow_dask_gaia.client, print)


def test_a_file_that_does_not_answer_is_named_in_seconds(ask: Ask, lost: Path) -> None:
    began = time.monotonic()
    (finding,) = ask().findings
    assert time.monotonic() - began < 20
    assert f"{lost.parent} does not answer: the mount is lost, here, too" in str(finding)
    assert finding.is_fatal


def test_a_python_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    context = astroflow_spark_gaia.spark.sparkContext
    monkeypatch.setattr(context, "pythonExec", "/home/jovyan/mine/bin/python")
    (finding,) = astroflow_spark_gaia.preflight().findings
    assert 'Cannot run program "/home/jovyan/mine/bin/python"' in str(finding)
    assert finding.is_fatal


def test_what_joins_later_is_checked_too(
    installed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astroflow_dask_gaia.workers._LOOK_EACH", 0.2)
    client = astroflow_dask_gaia.client
    said: list[str] = []
    check_workers(client, said.append)
    installed("gaiaxpy-99.1")
    client.restart_workers(list(client.nthreads())[:1])
    deadline = time.monotonic() + 20
    while not said and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "gaiaxpy is missing, here 99.1" in said[0]
