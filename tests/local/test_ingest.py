"""The ingest as a person runs it: killed, out of disk, larger than memory, and read by Spark."""

import hashlib
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from glob import glob
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_core.footers import arrow_schema
from astroflow_core.release import Release
from astroflow_data.synth.sky import Sky
from astroflow_data.synth.tables import build_table
from astroflow_spark_gaia import connect

COMMAND = (sys.executable, "-c", "from astroflow_hub.cli import main; main()", "data")
GAIA_SOURCE = ("--release", "gaia_dr3", "--table", "gaia_source")
ROWS, FILES = 2_000, 12
WriteBulk = Callable[..., list[Path]]
LAYOUTS = {
    "source_id_order": ["--files", "6"],
    "hash_buckets": ["--layout", "hash-buckets", "--buckets", "4"],
}


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """Return synthetic rows with all 152 columns of Gaia DR3's gaia_source."""
    release = Release.named("gaia_dr3")
    table = build_table(release, release.tables[0], Sky(ROWS, seed=0))
    made = pa.concat_tables(table.rows_of(ids) for ids in table.ids())
    return made.cast(arrow_schema(release.tables[0].columns))


@pytest.fixture(scope="module")
def bulk(rows: pa.Table, tmp_path_factory: pytest.TempPathFactory, write_bulk: WriteBulk) -> Path:
    folder = tmp_path_factory.mktemp("bulk")
    write_bulk(rows, folder, FILES)
    return folder


@pytest.fixture(scope="module")
def ingested(bulk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue with the rows in both layouts, ingested without a break."""
    out = tmp_path_factory.mktemp("data")
    for options in LAYOUTS.values():
        ended = run("ingest", str(bulk), *GAIA_SOURCE, "--out", str(out), *options)
        assert (ended.returncode, ended.stderr) == (0, "")
    return out / "gaia-dr3-full"


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a data command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, **options
    )


def hashes(folder: Path) -> dict[str, str]:
    """Return the checksum of each file of a table, but for the index, which knows of times."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix != ".npz"
    }


def killed_when(pattern: str, count: int, arguments: list[str], out: Path) -> int:
    """Start an ingest, kill it when there are so many files like ``pattern``; return its code."""
    process = subprocess.Popen([*COMMAND, *arguments])
    # Unlike pathlib's, this glob does not mind folders that vanish under it.
    found = partial(glob, f"{out}/**/{pattern}", recursive=True, include_hidden=True)
    while process.poll() is None and len(found()) < count:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    return process.wait()


@pytest.mark.parametrize(
    ("layout", "moments"),
    [
        ("source_id_order", [("runs/*.arrow", 3), ("runs/*.npz", 9), ("entries/*.json", 3)]),
        ("hash_buckets", [(".ingest.lock", 1), ("unfinished/*.parquet", 1)]),
    ],
)
def test_a_run_killed_again_and_again_ends_with_the_same_bytes(
    bulk: Path, ingested: Path, tmp_path: Path, layout: str, moments: list[tuple[str, int]]
) -> None:
    common = ["ingest", str(bulk), *GAIA_SOURCE, "--out", str(tmp_path), "--workers", "1"]
    arguments = [*common, *LAYOUTS[layout]]
    codes = [killed_when(pattern, count, arguments, tmp_path) for pattern, count in moments]
    assert codes == [-signal.SIGKILL] * len(moments)
    assert not list(tmp_path.rglob("catalogue.yaml"))
    assert run(*arguments).returncode == 0
    (made,) = (tmp_path / "gaia-dr3-full" / "gaia_dr3" / layout).glob("GDR3_*")
    (whole,) = (ingested / "gaia_dr3" / layout).glob("GDR3_*")
    assert hashes(made) == hashes(whole)
    assert not list(tmp_path.rglob("*.ingest"))


def test_a_full_disk_is_told_and_the_run_goes_on(
    bulk: Path, ingested: Path, tmp_path: Path
) -> None:
    arguments = ["ingest", str(bulk), *GAIA_SOURCE, "--out", str(tmp_path), "--files", "6"]
    # A limit to a file's size stands for the end of the disk: the same call fails the same way.
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # noqa: E731
    full = run(*arguments, preexec_fn=limit)
    assert full.returncode == 1
    assert full.stderr.startswith("astroflow: ")
    assert "make room and run the command again: it goes on where it was" in full.stderr
    assert list(tmp_path.rglob("GDR3_*")) == []
    assert run(*arguments).returncode == 0
    (made,) = tmp_path.rglob("GDR3_*")
    assert hashes(made) == hashes(ingested / "gaia_dr3" / "source_id_order" / made.name)


def test_verify_proves_both_layouts_and_names_a_bad_file(ingested: Path) -> None:
    proved = run("verify", str(ingested))
    assert proved.returncode == 0
    assert proved.stdout == (
        f"gaiadr3.gaia_source: {ROWS} rows in 4 files are right\n"
        f"gaiadr3ssd.gaia_source: {ROWS} rows in 6 files are right\n"
    )
    file = Catalogue.open(ingested).table("gaia_source").files[2]
    whole = file.read_bytes()
    file.write_bytes(whole[:5000] + b"x" + whole[5001:])
    bad = run("verify", str(ingested), "--table", "gaia_source")
    file.write_bytes(whole)
    assert bad.returncode == 1
    assert bad.stdout == f"{file} was changed: its checksum is not that of the manifest\n"
    assert bad.stderr == f"astroflow: {ingested}: 1 problem, named above\n"


_MEMORY = """
import resource, sys
from astroflow_data.ingest import merge, runs
from astroflow_hub.cli import main
runs.RUN_BYTES = merge._CHUNK_BYTES = 4 * 2**20
try:
    main()
except SystemExit:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_memory(tmp_path: Path, count: int) -> int:
    """Return the MiB that an ingest of so many rows takes at its peak."""
    ids = np.random.default_rng(2).choice(12 << 31, count, replace=False) << 28
    numbers = {name: np.arange(count) % 720 / 2 for name in ("ra", "dec", "phot_g_mean_mag")}
    table = pa.table({"source_id": ids, **numbers, "phot_bp_mean_mag": numbers["ra"]})
    table = table.append_column("phot_rp_mean_mag", table["ra"])
    folder = tmp_path / str(count)
    folder.mkdir()
    pacsv.write_csv(table, folder / "all.csv")
    files = str(count // 40_000)
    arguments = ["ingest", str(folder), "--out", str(folder), "--table", "gaia_source"]
    arguments += ["--files", files, "--workers", "2"]
    ended = subprocess.run(
        [sys.executable, "-c", _MEMORY, "data", *arguments, "--release", "gaia_dr3_sample"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return int(ended.stdout.split()[-1])


def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    # 600,000 rows more are 21 MiB more of values, which to sort at once takes three times that.
    assert peak_memory(tmp_path, 800_000) < peak_memory(tmp_path, 200_000) + 25


def test_spark_reads_what_was_ingested(
    ingested: Path, rows: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(ingested)]))
    session = connect(pods=1, cores=2, memory="1g")
    session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    try:
        columns = ["source_id", "ra", "astrometric_primary_flag", "libname_gspphot", "ruwe"]
        found = session.table("gaiadr3ssd.gaia_source").select(columns).toArrow()
        by_id = found.sort_by("source_id")
        assert repr(by_id.to_pydict()) == repr(rows.select(columns).to_pydict())
        pairs = session.sql(
            "SELECT a.source_id, b.ra FROM gaiadr3.gaia_source a "
            "JOIN gaiadr3.gaia_source b ON a.source_id = b.source_id"
        )
        assert "Exchange" not in pairs._jdf.queryExecution().executedPlan().toString()
        by_id = pairs.toArrow().sort_by("source_id")
        assert by_id.to_pydict() == rows.select(["source_id", "ra"]).to_pydict()
    finally:
        session.stop()
