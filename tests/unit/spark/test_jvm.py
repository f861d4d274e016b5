"""The command that starts the JVM, its logs, and a Java that does not start."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from astroflow_core.errors import SessionError
from astroflow_spark_gaia.java import Java, find_java
from astroflow_spark_gaia.jvm import (
    MODULE_OPTIONS,
    Jvm,
    jvm_command,
    new_log,
    spark_home,
    spark_jars,
)

PLAIN = Java(Path("/java/bin/java"), "25.0.2", frozenset({"java.base"}))
WITH_VECTORS = Java(Path("/java/bin/java"), "17.0.15", frozenset({"jdk.incubator.vector"}))
SPARK_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
JARS = [Path("/jars/a.jar"), Path("/jars/b.jar")]


def script(folder: Path, line: str) -> str:
    """Make a Java that does what ``line`` of shell says."""
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)


def test_the_command_holds_jars_memory_and_options() -> None:
    command = jvm_command(PLAIN, JARS, "2g", ["-XX:AOTCache=/cache"])
    assert command[:4] == ["/java/bin/java", "-cp", "/jars/a.jar:/jars/b.jar", "-Xmx2g"]
    assert command[-3:] == [
        "-XX:AOTCache=/cache",
        "org.apache.spark.deploy.SparkSubmit",
        "pyspark-shell",
    ]


def test_the_vector_module_is_asked_only_of_a_java_that_has_it() -> None:
    option = "--add-modules=jdk.incubator.vector"
    assert option in jvm_command(WITH_VECTORS, JARS, "2g")
    assert option not in jvm_command(PLAIN, JARS, "2g")


def test_options_are_those_of_sparks_own_launcher() -> None:
    # The launcher prints the command it would start, its parts ended by NUL.
    launcher = [find_java(os.environ).program, "-cp", f"{spark_home()}/jars/*"]
    theirs = subprocess.run(
        [*launcher, "org.apache.spark.launcher.Main", SPARK_SUBMIT, "pyspark-shell"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env=os.environ | {"SPARK_HOME": str(spark_home()), "SPARK_SCALA_VERSION": "2.13"},
    ).stdout.split("\0")
    own = {"-Xmx1g", "--add-modules=jdk.incubator.vector"}
    options = [part for part in theirs if part.startswith("-") and part not in {"-cp", *own}]
    assert tuple(options) == MODULE_OPTIONS
    assert jvm_command(PLAIN, JARS, "2g")[-2:] == [SPARK_SUBMIT, "pyspark-shell"]


def test_our_jar_comes_first_then_the_logging_interface() -> None:
    ours, *names = [jar.name for jar in spark_jars(spark_home())]
    assert names[0].startswith("slf4j-api-")
    assert names[1:] == sorted(names[1:])
    assert ours.startswith("astroflow-spark-")


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    for day in range(10, 25):
        (tmp_path / f"spark-202611{day}-000000-1.log").touch()
    log = new_log(tmp_path)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == 9
    assert kept[0] == "spark-20261116-000000-1.log"
    assert log.parent == tmp_path


def test_a_java_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    java = script(tmp_path, "echo starting; echo no memory left; exit 1")
    jvm = Jvm.start([java], log)
    with pytest.raises(SessionError, match=f"did not start: no memory left .*{log}"):
        jvm.connect()
    assert not jvm.scratch.exists()


def test_what_the_cluster_refused_is_told_of_a_start_alone(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    told = 'Message: Pod "exec-1" is invalid: cpu: more than its limit. Received status: Status('
    java = script(tmp_path, f"echo '{told}'; echo bye; exit 1")
    jvm = Jvm.start([java], log)
    jvm.process.wait()
    refused = f"the cluster refuses the pod: cpu: more than its limit (all it said is in {log})"
    assert jvm.start_refused() == refused
    assert jvm.last_words().startswith("bye ")
    jvm.end()


def test_the_scratch_folder_is_the_persons_alone(tmp_path: Path) -> None:
    jvm = Jvm.start([script(tmp_path, "exec cat")], tmp_path / "spark.log")
    mode = jvm.scratch.stat().st_mode
    jvm.end()
    jvm.end()
    assert stat.S_IMODE(mode) == 0o700
    assert not jvm.is_running
    assert not jvm.scratch.exists()
