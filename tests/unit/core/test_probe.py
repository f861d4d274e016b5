"""What a process tells of itself, by the text of the module alone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.preflight import probe_command
from astroflow_core.probe import fault, faults, packages


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table({"source_id": [1, 2]}), path)
    return path


def test_a_whole_footer_is_read(parquet: Path) -> None:
    assert fault(str(parquet)) == ""


@pytest.mark.parametrize("kept", [0, 4, 20, -1])
def test_a_file_that_is_cut_is_no_parquet(parquet: Path, kept: int) -> None:
    parquet.write_bytes(parquet.read_bytes()[:kept])
    assert fault(str(parquet)) == "it is not a whole parquet file"


def test_what_the_system_says_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").touch()
    assert fault(str(tmp_path / "catalogue.yaml")) == "it is empty"
    assert fault(str(tmp_path / "nothing")) == "No such file or directory"
    assert fault(str(tmp_path)) == "Is a directory"


def test_one_that_does_not_answer_holds_up_neither_the_others_nor_the_end(parquet: Path) -> None:
    lost = parquet.with_name("lost.parquet")
    os.mkfifo(lost)  # opening it waits for a writer who never comes
    began = time.monotonic()
    command = probe_command(sys.executable, [])[:-1]
    request = json.dumps({"paths": [str(lost), str(parquet)], "seconds": 0.5})
    # Waits until all its output is closed, as an executor does.
    told = subprocess.run([*command, request], capture_output=True, check=True, timeout=20)
    assert json.loads(told.stdout)["faults"] == {str(lost): None, str(parquet): ""}
    assert told.stderr == b""
    assert time.monotonic() - began < 4


def test_no_file_no_fault() -> None:
    assert faults([], 1) == {}


def test_packages_are_found_as_python_would_import_them(tmp_path: Path) -> None:
    for folder in ("home/Gaia_XPy-2.1.4", "image/gaia.xpy-2.0.0", "image/numpy-2.4.1"):
        (tmp_path / f"{folder}.dist-info").mkdir(parents=True)
    folders = [str(tmp_path / "home"), str(tmp_path / "none"), str(tmp_path / "image")]
    assert packages(folders) == {"gaia-xpy": "2.1.4", "numpy": "2.4.1"}


GUARDED = """
import subprocess, sys, time
from astroflow_core import probe
guard = (
    "from astroflow_core import probe; import os, sys;"
    f"probe._LOOK_EACH, probe._LAST_WORDS = 0.1, {sys.argv[2]!r};"
    "print('reported', flush=True); probe.guard(os.pidfd_open(os.getppid()), [sys.argv[1]], 0.2)"
)
command = [sys.executable, "-c", guard, sys.argv[1]]
print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def last_words(tmp_path: Path) -> Path:
    path = tmp_path / "termination-log"
    path.touch()
    return path


@pytest.fixture
def guarded(parquet: Path, last_words: Path) -> Iterator[subprocess.Popen[str]]:
    """Return a process that reads from a mount, and has said that its guard is there."""
    command = [sys.executable, "-c", GUARDED, str(parquet), str(last_words)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "reported\n"
        yield process
        process.kill()


def test_a_process_whose_mount_is_lost_is_ended_and_says_why(
    guarded: subprocess.Popen[str], parquet: Path, last_words: Path
) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        guarded.wait(1)
    parquet.unlink()
    os.mkfifo(parquet)
    assert guarded.wait(20) == -signal.SIGKILL
    assert last_words.read_text() == f"{parquet.parent} does not answer: its mount is lost"


def test_a_guard_ends_with_its_process(guarded: subprocess.Popen[str], parquet: Path) -> None:
    known = [p for p in psutil.process_iter() if str(parquet) in cmdline(p)]
    (guard,) = [p for p in known if p.pid != guarded.pid]
    guarded.kill()
    guarded.wait()
    assert psutil.wait_procs([guard], timeout=20)[1] == []


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
