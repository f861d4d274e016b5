"""The JVM that Spark runs in: started directly, without the launcher's JVM and its notices."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen, TimeoutExpired
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import MissingDependencyError, SessionError
from astroflow_core.kubernetes.reasons import refusal
from astroflow_spark_gaia.jar import extension_jar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from astroflow_spark_gaia.java import Java

_START_SECONDS = 120
_END_SECONDS = 10
_LOGS_KEPT = 10
# The API server's own sentence, in what Spark's client for Kubernetes makes of it.
_REFUSED = re.compile(r"Message: (.*?)\. Received status:", re.DOTALL)
_VECTOR_MODULE = "jdk.incubator.vector"
# What Spark's own launcher passes (JavaModuleOptions); a test holds the two together.
MODULE_OPTIONS = (
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.net=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.cs=ALL-UNNAMED",
    "--add-opens=java.base/sun.security.action=ALL-UNNAMED",
    "--add-opens=java.base/sun.util.calendar=ALL-UNNAMED",
    "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dio.netty.allocator.type=pooled",
    "-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Dderby.connection.requireAuthentication=false",
)


def spark_home() -> Path:
    """Return the folder of the installed pyspark, without importing it.

    Raises
    ------
    MissingDependencyError
        When pyspark is not installed.
    """
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MissingDependencyError(
            "pyspark is not installed; run: pip install 'astroflow-hub[spark]'"
        )
    return Path(spec.origin).parent


def spark_jars(home: Path) -> list[Path]:
    """Return Spark's jars and ours in one order everywhere, as a class archive demands."""
    # Ours has a class that stands before one of Spark's.
    own = [extension_jar()] if extension_jar().is_file() else []
    jars = (home / "jars").glob("*.jar")
    # As in Spark's launcher: the logging interface goes before jars that carry an older one.
    return own + sorted(jars, key=lambda j: (not j.match("slf4j-api-*"), j.name))


def jvm_command(
    java: Java, jars: Iterable[Path], memory: str, options: Iterable[str] = ()
) -> list[str]:
    """Return the command of a JVM that waits for pyspark, as spark-submit would build it.

    Parameters
    ----------
    memory
        The most that the JVM's heap may grow to, as Spark writes it.
    options
        More options of the JVM, such as those of a class archive.
    """
    # Packaged Javas may lack the incubating module; Spark then does algebra without it.
    vector = [f"--add-modules={_VECTOR_MODULE}"] if _VECTOR_MODULE in java.modules else []
    return [
        str(java.program),
        *("-cp", os.pathsep.join(map(str, jars))),
        f"-Xmx{memory}",
        # For minutes of work on a few cores it collects faster than G1.
        "-XX:+UseParallelGC",
        *vector,
        *MODULE_OPTIONS,
        *options,
        "org.apache.spark.deploy.SparkSubmit",
        "pyspark-shell",
    ]


def reason_of(error: BaseException) -> str:
    """Return why a call into a JVM that still runs has failed, in one line."""
    from py4j.protocol import Py4JJavaError

    if not isinstance(error, Py4JJavaError):
        return str(error)
    cause = error.java_exception
    while (earlier := cause.getCause()) is not None:
        cause = earlier
    return str(cause.getMessage() or cause.toString()).partition("\n")[0].rstrip(".")


def new_log(folder: Path) -> Path:
    """Return a path for a new JVM's output in ``folder``, and remove all but the newest logs."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("spark-*.log"))[: 1 - _LOGS_KEPT]:
        old.unlink(missing_ok=True)
    return folder / f"spark-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"


@dataclass
class Jvm:
    """A running JVM, its scratch folder and the file that gets all it says."""

    process: Popen[bytes]
    scratch: Path
    log: Path
    gateway: Any = None

    @classmethod
    def start(cls, command: list[str], log: Path) -> Jvm:
        """Start ``command``; it ends with this process, however that ends."""
        scratch = Path(mkdtemp(prefix="astroflow-spark-"))
        program, *arguments = command
        with log.open("wb") as output:
            process = Popen(
                [program, f"-Djava.io.tmpdir={scratch}", *arguments],
                stdin=PIPE,  # the JVM exits when this closes
                stdout=output,
                stderr=STDOUT,
                env=_environment(scratch),
                process_group=0,  # Ctrl-C stops a query, not the JVM
            )
        jvm = cls(process, scratch, log)
        atexit.register(jvm.end)
        return jvm

    def connect(self) -> Any:
        """Return pyspark's gateway to the JVM, once that is up.

        Raises
        ------
        SessionError
            When the JVM ends or does not answer; the message names its log.
        """
        address = _address_file(self.scratch)
        deadline = time.monotonic() + _START_SECONDS
        while not address.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise SessionError(f"Spark's Java did not start: {self.last_words()}")
            time.sleep(0.01)
        self.gateway = _gateway(address)
        address.unlink()
        return self.gateway

    @property
    def is_running(self) -> bool:
        """Whether the JVM is there to talk to."""
        return self.process.poll() is None

    def last_words(self) -> str:
        """Return the last line of the log, and where the log is."""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            last = "".join(deque((line.strip() for line in lines if line.strip()), maxlen=1))
        return f"{last or 'it said nothing'} (all it said is in {self.log})"

    def start_refused(self) -> str:
        """Return what the cluster refused as Spark was to start, else its `last_words`."""
        refused = _REFUSED.search(self.log.read_text(encoding="utf-8", errors="replace"))
        if refused is None:
            return self.last_words()
        told = refusal(HTTPStatus.FORBIDDEN, refused[1])
        return f"{told} (all it said is in {self.log})"

    def end(self, patience: float = _END_SECONDS) -> None:
        """End the JVM and remove its scratch folder; a second call does nothing.

        A JVM that takes more than ``patience`` seconds is killed.
        """
        if self.gateway is not None:
            from py4j.protocol import Py4JError

            with suppress(OSError, Py4JError):  # it may have ended by itself
                self.gateway.shutdown()
            self.gateway = None
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(patience)
        except TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)
        atexit.unregister(self.end)


def _address_file(scratch: Path) -> Path:
    return scratch / "gateway"


def _environment(scratch: Path) -> dict[str, str]:
    """Return what spark-submit and pyspark's launcher would set for the JVM."""
    return os.environ | {
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(_address_file(scratch)),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONHASHSEED": "0",
        "SPARK_CONNECT_MODE": "0",
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _gateway(address: Path) -> Any:
    """Let pyspark connect to the JVM that wrote ``address``."""
    from pyspark.java_gateway import launch_gateway

    # As the JVM writes it: the port, the secret's length, the secret.
    port, length = struct.unpack("!ii", address.read_bytes()[:8])
    secret = address.read_bytes()[8 : 8 + length].decode()
    os.environ["PYSPARK_GATEWAY_PORT"] = str(port)
    os.environ["PYSPARK_GATEWAY_SECRET"] = secret
    try:
        return launch_gateway()  # type: ignore[no-untyped-call]
    finally:
        # The secret is this process's alone; its children need none of it.
        del os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]
