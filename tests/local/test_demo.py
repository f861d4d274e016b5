"""`make demo` shows the whole way, and says so when something is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tools.demo import ROWS, DemoError, compare
from tools.running_hub import CHECKOUT

pytestmark = pytest.mark.timeout(290)


def demo(folder: Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run the demonstration, writing into ``folder``."""
    environ = os.environ | {"ASTROFLOW_DATA_DIR": str(data_dir), "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_both_engines_count_the_sample_through_the_hub(tmp_path: Path, sample: Path) -> None:
    ended = demo(tmp_path, sample.parent)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("demo: Spark and Dask each counted 482,106 Gaia DR3 sources")
    assert ended.stdout.count("\n") == 1
    output = tmp_path / "demo-output"
    for name in ("spark_source_counts", "dask_source_counts"):
        assert (output / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        nbformat.validate(nbformat.read(output / f"{name}.ipynb", as_version=4))  # type: ignore[no-untyped-call]


def test_a_demo_without_data_is_one_message_and_no_success(tmp_path: Path) -> None:
    ended = demo(tmp_path, tmp_path / "nowhere")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("demo: astroflow: the hub does not start")
    assert "no catalogue in" in ended.stderr
    assert "Traceback" not in ended.stderr


def counts(first: int, second: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([first, second], dtype=np.int64)


@pytest.mark.parametrize(
    ("spark", "dask", "message"),
    [
        (counts(1, ROWS), counts(0, ROWS), "Spark counted 482,107 sources, not 482,106"),
        (counts(0, ROWS), counts(0, 0), "Dask counted 0 sources, not 482,106"),
        (counts(0, ROWS), counts(ROWS, 0), "Spark and Dask differ in 2 pixels"),
    ],
)
def test_a_wrong_count_is_no_success(
    spark: np.ndarray[tuple[int], np.dtype[np.int64]],
    dask: np.ndarray[tuple[int], np.dtype[np.int64]],
    message: str,
) -> None:
    with pytest.raises(DemoError, match=message):
        compare(spark, dask)
