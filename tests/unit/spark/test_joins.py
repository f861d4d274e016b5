"""What Spark is told of joins, and its jar against the source."""

import logging
from pathlib import Path

import pytest

from astroflow_spark_gaia import joins
from astroflow_spark_gaia.joins import Guard, extension_conf, extension_jar
from tools.joins_jar import build


def test_the_jar_is_what_its_source_makes(tmp_path: Path) -> None:
    build(tmp_path / "built.jar")
    assert (tmp_path / "built.jar").read_bytes() == extension_jar().read_bytes()


def test_spark_is_told_of_the_jar() -> None:
    assert extension_conf()["spark.sql.extensions"] == "astroflow.AlignedJoins"


def test_without_a_jar_for_this_spark_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(joins, "JAVA", tmp_path)
    with caplog.at_level(logging.WARNING):
        assert extension_conf() == {}
    assert f"{tmp_path}/joins-spark-4." in caplog.text


def test_nothing_is_proven_of_files_that_are_in_no_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "a file.parquet"
    file.write_bytes(b"?")
    status = file.stat()
    line = f"{status.st_size} {status.st_mtime_ns // 10**6} {file}\n"
    assert Guard([], cores=2).apply(f"{line}\n{line}\n") == ""
