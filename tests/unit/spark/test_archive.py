"""Where a class archive is kept, and the options that use and make it."""

from pathlib import Path

import pytest

from astroflow_spark_gaia.archive import archive_path, options_to_make, options_to_use
from astroflow_spark_gaia.java import Java

OLD = Java(Path("/java17/bin/java"), "17.0.15")
NEW = Java(Path("/java25/bin/java"), "25.0.2")


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "spark-core.jar"
    path.write_bytes(b"classes")
    return path


def test_another_java_or_spark_has_another_archive(tmp_path: Path, jar: Path) -> None:
    first = archive_path(tmp_path, OLD, [jar])
    newer = archive_path(tmp_path, NEW, [jar])
    jar.write_bytes(b"more classes")
    assert len({first, newer, archive_path(tmp_path, OLD, [jar])}) == 3


def test_the_same_java_and_spark_have_the_same_archive(tmp_path: Path, jar: Path) -> None:
    assert archive_path(tmp_path, OLD, [jar]) == archive_path(tmp_path, OLD, [jar])


def test_a_missing_archive_is_not_asked_for(tmp_path: Path) -> None:
    assert options_to_use(OLD, tmp_path / "missing.jsa") == []


@pytest.mark.parametrize(
    ("java", "use", "make"),
    [
        (OLD, "-XX:SharedArchiveFile=", "-XX:ArchiveClassesAtExit="),
        (NEW, "-XX:AOTCache=", "-XX:AOTCacheOutput="),
    ],
)
def test_each_java_has_its_own_kind(jar: Path, java: Java, use: str, make: str) -> None:
    assert options_to_use(java, jar)[0] == f"{use}{jar}"
    assert options_to_make(java, jar)[0] == f"{make}{jar}"
