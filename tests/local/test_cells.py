"""What a notebook's cells show of jobs: while they run, when they are done, and when one dies."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, MarkdownExporter

from astroflow_core.session import ClusterSize, SessionSettings

pytestmark = pytest.mark.timeout(300)

SPARK_WORK = """
import time
slow = lambda rows: [time.sleep(0.6)]
spark.sparkContext.parallelize(range(10), 10).mapPartitions(slow).count()
spark.sql("SELECT SQRT(AVG(ra * dec)) FROM gaia_source").collect()
print("done")
"""
DASK_WORK = """
import time
def slow(number):
    time.sleep(0.4)
    return bytes(1_000_000)
print(len(b"".join(client.gather(client.map(slow, range(10))))))
"""
QUICK = {
    "spark": "print(spark.sparkContext.parallelize(range(10), 2).count())",
    "dask": "print(client.submit(sum, [4, 6]).result())",
}
# More than Java has, and nothing of it can be spilled.
SPARK_OUT_OF_MEMORY = """
rows = spark.range(0, 100000, numPartitions=1).selectExpr("repeat(cast(id AS STRING), 100000) AS x")
rows.groupBy().agg({"x": "collect_list"}).selectExpr("size(`collect_list(x)`)").collect()
"""
SPARK_KILLED = """
spark.jvm_process.process.kill()
spark.range(10).count()
"""
DASK_OUT_OF_MEMORY = """
import os, time
def fill(marker):
    if not os.path.exists(marker):
        open(marker, "w").close()
        held = b"x" * 1_040_000_000
        time.sleep(30)
    time.sleep(2)
    return "again"
client.submit(fill, "filled").result()
"""
DASK_DIES = """
import os, time
def die(marker):
    if not os.path.exists(marker):
        open(marker, "w").close()
        os._exit(3)
    time.sleep(2)
    return "again"
client.submit(die, "died").result()
"""


@dataclass
class Run:
    """A notebook that ran, and the lines that were shown in its cells meanwhile."""

    notebook: nbformat.NotebookNode
    lines: dict[int, list[str]] = field(default_factory=dict)

    def text(self, cell: int) -> str:
        """Return what is left of what a cell printed and showed."""
        outputs = self.notebook.cells[cell].outputs
        return "".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)

    def errors(self, cell: int) -> list[str]:
        return [o.ename for o in self.notebook.cells[cell].outputs if o.output_type == "error"]

    def noise(self) -> list[str]:
        outputs = [output for cell in self.notebook.cells for output in cell.outputs]
        return [output.text for output in outputs if output.get("name") == "stderr"]


class WatchingClient(NotebookClient):
    """Runs a notebook, and notes what is shown and changed in its cells."""

    run: Run

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] in {"display_data", "update_display_data"}:
            line = msg["content"]["data"]["text/plain"]
            self.run.lines.setdefault(cell_index, []).append(line)
        return super().process_message(msg, cell, cell_index)


@pytest.fixture
def environ(sample: Path, cache_dir: Path) -> dict[str, str]:
    settings = SessionSettings(
        catalogues=(sample,),
        spark=ClusterSize(cores=2, memory="1g"),
        dask=ClusterSize(pods=1, cores=2, memory="1g"),
        cache_dir=cache_dir,
    )
    environ = os.environ | settings.to_environ()
    environ.pop("DASK_SCHEDULER_ADDRESS", None)
    return environ


def run(environ: dict[str, str], folder: Path, *cells: str) -> Run:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = WatchingClient(
        notebook,
        timeout=200,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.run = Run(notebook)
    client.execute(env=environ)
    return client.run


def test_spark_s_jobs_are_shown_while_they_run_and_leave_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    begin = "from astroflow_spark_gaia import spark"
    done = run(environ, tmp_path, begin, SPARK_WORK, QUICK["spark"], "spark.stop()", "1 + 1")
    lines = done.lines[1]
    assert lines[0].startswith("Spark: ")
    assert any("of 10 tasks done, 0 of 1 stage, about" in line for line in lines)
    assert lines[-1] == ""
    assert done.text(1) == "done\n"
    assert done.text(2) == "10\n"
    assert 2 not in done.lines
    assert done.text(4) == "2"
    assert done.noise() == []


def test_dask_s_tasks_are_shown_while_they_run_and_leave_nothing(
    environ: dict[str, str], tmp_path: Path
) -> None:
    begin = "from astroflow_dask_gaia import client"
    done = run(environ, tmp_path, begin, DASK_WORK, QUICK["dask"], "client.close()", "1 + 1")
    lines = done.lines[1]
    assert all(line.startswith("Dask: ") for line in lines[:-1])
    assert any("of 10 tasks done, " in line and " of results" in line for line in lines)
    assert lines[-1] == ""
    assert done.text(1) == "10000000\n"
    assert done.text(2) == "10\n"
    assert 2 not in done.lines
    assert done.text(4) == "2"
    assert done.noise() == []


def test_a_document_made_of_the_notebook_has_no_trace_of_it(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = run(environ, tmp_path, "from astroflow_dask_gaia import client", DASK_WORK)
    notebook = nbformat.from_dict(done.notebook)
    nbformat.validate(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    text, _ = MarkdownExporter().from_notebook_node(notebook)
    assert "tasks done" not in page + text
    assert "<progress" not in page + text
    assert text.rstrip().endswith("    10000000")


@pytest.mark.parametrize(
    ("begin", "work", "printed"),
    [
        ("from astroflow_spark_gaia import spark", SPARK_WORK, "done\n"),
        ("from astroflow_dask_gaia import client", DASK_WORK, "10000000\n"),
    ],
)
def test_a_script_shows_nothing(
    environ: dict[str, str], tmp_path: Path, begin: str, work: str, printed: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(f"{begin}\n{work}")
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    assert "tasks done" not in done.stdout
    assert done.stdout.endswith(printed)
    assert done.stderr == ""


def test_java_that_dies_is_told_in_the_cell_and_started_again(
    environ: dict[str, str], tmp_path: Path
) -> None:
    begin = "from astroflow_spark_gaia import spark"
    done = run(
        environ, tmp_path, begin, SPARK_OUT_OF_MEMORY, begin, SPARK_KILLED, begin, QUICK["spark"]
    )
    assert done.errors(1) != []
    assert (
        'Spark\'s Java ran out of memory, of which it has 1g: use connect(memory="2g"), or more '
        "and smaller partitions; `from astroflow_spark_gaia import spark` starts a new one.\n"
    ) in done.text(1)
    assert done.errors(3) != []
    assert "Spark's Java was killed by signal 9; `from" in done.text(3)
    assert done.text(5) == "10\n"
    assert done.noise() == []


def test_workers_that_die_are_told_in_the_cell_while_others_do_their_work(
    environ: dict[str, str], tmp_path: Path
) -> None:
    begin = "from astroflow_dask_gaia import client"
    done = run(environ, tmp_path, begin, DASK_OUT_OF_MEMORY, DASK_DIES, "1 + 1")
    lost = "A worker was lost, and others do its work again: it "
    cure = 'use connect(memory="2g"), fewer columns or smaller partitions.\n'
    assert f"{lost}came to the limit of its memory, 1 GiB, and was started anew: {cure}" in (
        done.text(1)
    )
    assert "'again'" in done.text(1)
    assert f"{lost}ended and did not say why; most often memory ran out: {cure}" in done.text(2)
    assert "'again'" in done.text(2)
    assert done.text(3) == "2"
    assert done.noise() == []
