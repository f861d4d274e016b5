"""Our Java for Spark against its source."""

from pathlib import Path

from astroflow_spark_gaia.jar import extension_jar
from tools.spark_jar import build


def test_the_jar_is_what_its_source_makes(tmp_path: Path) -> None:
    build(tmp_path / "built.jar")
    assert (tmp_path / "built.jar").read_bytes() == extension_jar().read_bytes()
