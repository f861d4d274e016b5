"""From the start of Python to the first result of Spark: our session and a plain one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import plain_spark
from benchmarks.race import WrongAnswerError

if TYPE_CHECKING:
    from benchmarks.data import Dataset

WORK = "start to first result"
OURS, PLAIN, REGISTRATION = "our Spark", "PySpark", "our Spark, registering"
_RESULT = re.compile(r"^(\d+) sources, ([\d.]+) s registering$")

_OUR_SCRIPT = """
import time
from astroflow_spark_gaia.registration import Registrar

seconds, register = 0.0, Registrar.register
def timed(self, database):
    global seconds
    began = time.perf_counter()
    register(self, database)
    seconds += time.perf_counter() - began
Registrar.register = timed

from astroflow_spark_gaia import spark
sources = spark.sql("SELECT COUNT(*) FROM gaia_source").collect()[0][0]
print(f"{sources} sources, {seconds} s registering", flush=True)
"""
_PLAIN_SCRIPT = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.read.parquet(sys.argv[1]).createOrReplaceTempView("gaia_source")
sources = spark.sql("SELECT COUNT(*) FROM gaia_source").collect()[0][0]
print(f"{sources} sources, 0 s registering", flush=True)
"""


def measure(dataset: Dataset, runs: int) -> dict[str, tuple[float, ...]]:
    """Return the seconds of ``runs`` fresh starts of each session, in turn.

    Raises
    ------
    WrongAnswerError
        When a session fails, or the two count differently.
    """
    plain = plain_spark.environ(Path(dataset.environ["ASTROFLOW_CACHE_DIR"]))
    times: dict[str, list[float]] = {OURS: [], PLAIN: [], REGISTRATION: []}
    for _ in range(1 + runs):  # the first start of each fills the page cache
        seconds, counted, registering = _start(_OUR_SCRIPT, dataset, dataset.environ)
        times[OURS].append(seconds)
        times[REGISTRATION].append(registering)
        seconds, expected, _ = _start(_PLAIN_SCRIPT, dataset, plain)
        times[PLAIN].append(seconds)
        if counted != expected:
            raise WrongAnswerError(f"{OURS} counts {counted} sources, {PLAIN} {expected}")
    return {name: tuple(values[1:]) for name, values in times.items()}


def _start(script: str, dataset: Dataset, environ: dict[str, str]) -> tuple[float, int, float]:
    """Return seconds to the first result, the result, and the seconds spent on registering."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(dataset.folder)],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if match := _RESULT.match(line):
                return time.perf_counter() - began, int(match[1]), float(match[2])
    raise WrongAnswerError(f"Spark ended with {process.returncode} before its first result")
