"""Build the jar of ``astroflow_spark_gaia/spark_java`` with the compiler that Spark brings along.

``python -m tools.spark_jar`` writes it anew. Janino compiles the code that Spark makes for its
queries, and here ours: no more is needed than pyspark and a Java to run it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile, ZipInfo

from astroflow_spark_gaia.jar import JAVA, extension_jar
from astroflow_spark_gaia.java import find_java
from astroflow_spark_gaia.jvm import Jvm, jvm_command, spark_home, spark_jars

_LANGUAGE = 8  # the newest Java that Janino speaks
_MEMORY = "256m"


def build(jar: Path) -> None:
    """Compile the sources, and write the classes to ``jar``: the same bytes every time."""
    with TemporaryDirectory() as scratch:
        classes = Path(scratch) / "classes"
        classes.mkdir()
        jars = [path for path in spark_jars(spark_home()) if path != extension_jar()]
        command = jvm_command(find_java(os.environ), jars, _MEMORY)
        jvm = Jvm.start(command, Path(scratch) / "log")
        try:
            _compile(jvm.connect(), sorted(JAVA.rglob("*.java")), classes)
        finally:
            jvm.end()
        with ZipFile(jar, "w") as archive:
            for path in sorted(classes.rglob("*.class")):
                # Neither times nor compression, which differ between machines.
                name = path.relative_to(classes).as_posix()
                archive.writestr(ZipInfo(name), path.read_bytes())


def _compile(gateway: Any, sources: list[Path], classes: Path) -> None:
    java = gateway.jvm
    files = gateway.new_array(java.java.io.File, len(sources))
    for index, source in enumerate(sources):
        files[index] = java.java.io.File(str(source))
    loader = java.Thread.currentThread().getContextClassLoader()
    factory = java.org.codehaus.commons.compiler.CompilerFactoryFactory
    compiler = factory.getDefaultCompilerFactory(loader).newCompiler()
    compiler.setSourceVersion(_LANGUAGE)
    compiler.setTargetVersion(_LANGUAGE)
    compiler.setDestinationDirectory(java.java.io.File(str(classes)), False)  # noqa: FBT003
    compiler.compile(files)


def main() -> int:
    """Write the jar of the installed Spark."""
    build(extension_jar())
    print(f"Built {extension_jar()}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
