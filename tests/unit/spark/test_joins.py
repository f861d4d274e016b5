"""What Spark is told of joins."""

import logging
from pathlib import Path

import pytest

from astroflow_spark_gaia import jar
from astroflow_spark_gaia.joins import Guard, extension_conf


def test_spark_is_told_of_the_jar() -> None:
    assert extension_conf()["spark.sql.extensions"] == "astroflow.AlignedJoins"


def test_without_a_jar_for_this_spark_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jar, "JAVA", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert extension_conf() == {}
    assert f"{tmp_path}/astroflow-spark-4." in caplog.text


def test_nothing_is_proven_of_files_that_are_in_no_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "a file.parquet"
    file.write_bytes(b"?")
    status = file.stat()
    line = f"{status.st_size} {status.st_mtime_ns // 10**6} {file}\n"
    assert Guard([], cores=2).apply(f"{line}\n{line}\n") == ""
