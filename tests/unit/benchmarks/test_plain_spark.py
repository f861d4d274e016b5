"""The Java of the plain session: the same, or a script that leaves out what it lacks."""

import subprocess
from pathlib import Path

from astroflow_spark_gaia.java import Java
from benchmarks.plain_spark import _home

ARGUMENTS = ("-a", "--add-modules=jdk.incubator.vector", "b c")


def test_a_whole_java_is_used_as_it_is(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "java"
    java = Java(program, "17.0.1", frozenset({"jdk.incubator.vector"}))
    assert _home(java, tmp_path / "scratch") == tmp_path


def test_a_java_without_the_module_is_not_asked_for_it(tmp_path: Path) -> None:
    program = tmp_path / "a java"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    home = _home(Java(program, "25", frozenset({"java.base"})), tmp_path)
    run = subprocess.run([home / "bin" / "java", *ARGUMENTS], capture_output=True, check=True)
    assert run.stdout == b"-a\nb c\n"
