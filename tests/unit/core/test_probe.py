"""What a process tells of itself, by the text of the module alone."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

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
