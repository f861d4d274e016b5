"""The Spark that our session is measured against: ``SparkSession.builder.getOrCreate()``."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_spark_gaia.java import Java, find_java

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from benchmarks.data import Dataset

_MODULE = "jdk.incubator.vector"
_SHIM = """\
#!/bin/sh
for argument; do
    shift
    [ "$argument" = "--add-modules={module}" ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


def session(dataset: Dataset) -> SparkSession:
    """Start it in this process, with the dataset's ``gaia_source``."""
    os.environ.update(environ(Path(dataset.environ["ASTROFLOW_CACHE_DIR"])))
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.read.parquet(str(dataset.folder)).createOrReplaceTempView("gaia_source")
    return spark


def environ(scratch: Path) -> dict[str, str]:
    """Return the variables with which plain pyspark finds the Java that our session takes."""
    home = _home(find_java(os.environ), scratch)
    return {"JAVA_HOME": str(home), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}


def _home(java: Java, scratch: Path) -> Path:
    """Return the Java's folder, or one in ``scratch`` for a Java that lacks a module.

    spark-submit insists on the module; there, a small script leaves the argument out.
    """
    if not java.modules or _MODULE in java.modules:
        return java.program.resolve().parent.parent
    shim = scratch / "java-home" / "bin" / "java"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(_SHIM.format(module=_MODULE, java=shlex.quote(str(java.program))))
    shim.chmod(0o755)
    return shim.parent.parent
