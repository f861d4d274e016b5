"""Preflight on real engines: what differs, cannot be read or does not answer is named."""

import importlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import markupsafe._speedups
import pytest

import astroflow_dask_gaia
import astroflow_spark_gaia
from astroflow_core import probe
from astroflow_core.errors import DataError, SessionError
from astroflow_core.own_packages import EnvironmentStore
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
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("share")))
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        patch.chdir(tmp_path_factory.mktemp("home"))
        spark, client = astroflow_spark_gaia.spark, astroflow_dask_gaia.client
        yield
        client.close()
        spark.stop()


@pytest.fixture(params=[astroflow_spark_gaia, astroflow_dask_gaia], ids=["spark", "dask"])
def engine(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = request.param
    return module


@pytest.fixture
def ask(engine: ModuleType) -> Ask:
    preflight: Ask = engine.preflight
    return preflight


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a person's own packages: of the notebook's Python, and no other's."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = tmp_path / "lib" / version / "site-packages"
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def installed(own: Path) -> Callable[[str], None]:
    """Return what makes the notebook's Python find a package installed."""
    return lambda name: (own / f"{name}.dist-info").mkdir(parents=True)


@pytest.fixture
def stars(own: Path, installed: Callable[[str], None]) -> Path:
    """Return a folder with a package of one's own, half of it compiled."""
    installed("own_stars-1.0")
    (own / "own_stars-1.0.dist-info" / "METADATA").write_text("Name: own_stars")
    (own / "own_stars").mkdir()
    compiled = Path(markupsafe._speedups.__file__)
    shutil.copy(compiled, own / "own_stars")
    code = "from own_stars._speedups import _escape_inner\nESCAPED = _escape_inner('a&b')\n"
    (own / "own_stars" / "__init__.py").write_text(code)
    return own


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


def escaped(*_: object) -> str:
    return str(importlib.import_module("own_stars").ESCAPED)


def move_on(folder: Path) -> None:
    """Install another version of the package of one's own."""
    (folder / "own_stars-1.0.dist-info").rename(folder / "own_stars-2.0.dist-info")
    (folder / "own_stars" / "__init__.py").write_text("ESCAPED = 'moved on'\n")


def versions(checked: Preflight) -> set[str]:
    return {report.packages["own-stars"] for report in checked.reports}


def test_packages_pushed_to_executors_work_there_and_are_proved(stars: Path) -> None:
    spark = astroflow_spark_gaia.spark
    (finding,) = astroflow_spark_gaia.preflight().findings
    assert "own-stars is missing, here 1.0" in str(finding)
    for _ in range(2):  # a second time it is there already
        assert astroflow_spark_gaia.push_packages(stars).findings == ()
    assert spark.sparkContext.parallelize([1]).map(escaped).collect() == ["a&amp;b"]


def test_packages_pushed_to_workers_work_there_also_on_those_that_join_later(
    stars: Path,
) -> None:
    client = astroflow_dask_gaia.client
    (finding,) = astroflow_dask_gaia.preflight().findings
    assert "own-stars is missing, here 1.0" in str(finding)
    assert astroflow_dask_gaia.push_packages(stars).findings == ()
    client.restart_workers(list(client.nthreads())[:1])
    client.wait_for_workers(2, timeout=30)
    assert set(client.run(escaped).values()) == {"a&amp;b"}


def test_an_environment_made_earlier_takes_the_place_of_the_one_in_use(
    engine: ModuleType, stars: Path
) -> None:
    engine.push_packages(stars, environment="paper")
    move_on(stars)
    assert versions(engine.push_packages(stars, environment="next")) == {"2.0"}
    used = engine.use_environment("paper")
    assert versions(used) == {"1.0"}
    (finding,) = used.findings
    assert "own-stars is 1.0, here 2.0" in str(finding)


def test_executors_run_the_code_of_the_environment_in_use(stars: Path) -> None:
    numbers = astroflow_spark_gaia.spark.sparkContext.parallelize([1])
    astroflow_spark_gaia.push_packages(stars, environment="paper")
    move_on(stars)
    astroflow_spark_gaia.push_packages(stars, environment="next")
    assert numbers.map(escaped).collect() == ["moved on"]
    astroflow_spark_gaia.use_environment("paper")
    assert numbers.map(escaped).collect() == ["a&amp;b"]


def test_what_the_notebook_has_not_is_proved_too(engine: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "mine" / "zero_point-0.3.dist-info").mkdir(parents=True)
    (tmp_path / "mine" / "zero_point-0.3.dist-info" / "METADATA").touch()
    pushed = engine.push_packages(tmp_path / "mine", environment="mine")
    assert pushed.findings == ()
    assert pushed.own.packages["zero-point"] == "0.3"
    assert {report.packages["zero-point"] for report in pushed.reports} == {"0.3"}


def test_an_unknown_environment_is_told_with_those_that_there_are(engine: ModuleType) -> None:
    EnvironmentStore.of_home().remove(EnvironmentStore.of_home().names())
    with pytest.raises(DataError, match=r"no environment 'papre' in .*; there is none yet"):
        engine.use_environment("papre")


def test_without_a_package_of_one_s_own_there_is_nothing_to_push(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no package of your own in .*: install one with"):
        astroflow_spark_gaia.push_packages(tmp_path)


@pytest.fixture
def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let guards look five times a second, and newcomers be checked as often."""
    text = Path(probe.__file__).read_text()
    (tmp_path / "probe.py").write_text(text.replace("_LOOK_EACH = 10", "_LOOK_EACH = 0.2"))
    monkeypatch.setattr(probe, "__file__", str(tmp_path / "probe.py"))
    monkeypatch.setattr("astroflow_dask_gaia.workers._LOOK_EACH", 0.2)


@pytest.mark.usefixtures("hurried")
def test_a_worker_that_loses_a_mount_is_ended_and_the_next_one_tells(
    lost: Path, sample: Path
) -> None:
    client = astroflow_dask_gaia.client
    lost.unlink()
    shutil.copy(sample / lost.relative_to(lost.parents[2]), lost)
    said: list[str] = []
    check_workers(client, said.append)
    first = set(client.run(os.getpid).values())
    lost.unlink()
    os.mkfifo(lost)
    deadline = time.monotonic() + 120
    while not said and time.monotonic() < deadline:
        time.sleep(0.2)
    lost.unlink()
    assert f"{lost.parent} does not answer: the mount is lost" in said[0]
    client.wait_for_workers(2, timeout=120)  # a busy machine starts them one after the other
    assert first != set(client.run(os.getpid).values())
