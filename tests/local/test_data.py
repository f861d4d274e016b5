"""The data commands as a person runs them, and the catalogues that they leave."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import healpy
import numpy as np
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.footers import ordered_footers, read_schema
from astroflow_core.release import Release
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import RELEASES, Recipe

COMMAND = (sys.executable, "-c", "from astroflow_hub.cli import main; main()", "data")
ORDER = "source_id_order"
ALL_TABLES = [
    f"{database}.{table.name}"
    for database, release in RELEASES.items()
    for table in Release.named(release).tables
]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a data command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, **options
    )


def names(folder: Path) -> list[str]:
    """Return what is in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def test_the_sample_holds_its_rows_and_follows_its_release(sample: Path) -> None:
    catalogue = Catalogue.open(sample)
    for table in catalogue.database("gaiadr3").tables:
        assert read_schema(table).names == [c.name for c in table.definition.columns]
    assert sum(f.rows for f in ordered_footers(catalogue.table("gaia_source"))) == 482_106
    assert sum(f.rows for f in ordered_footers(catalogue.table("galactic_coordinates"))) == 6_764


def test_each_table_of_the_sample_says_whether_it_is_measured(sample: Path) -> None:
    tables = Catalogue.open(sample).database("gaiadr3").tables
    labels = {t.name: pq.read_metadata(t.files[0]).metadata[b"astroflow.label"] for t in tables}
    assert labels == {
        "gaia_source": b"real",
        "galactic_coordinates": b"derived",
        "solar_reflex": b"modelled",
    }


def test_the_sample_s_databases_are_those_that_notebooks_name(sample: Path) -> None:
    catalogue = Catalogue.open(sample)
    assert [d.name for d in catalogue.databases] == [
        *("gaiadr3", "gaiadr3ssd", "gaiaedr3ssd", "gaiaedr3")
    ]
    assert catalogue.default_database == "gaiadr3ssd"
    assert {d.variable: d.path.name for d in catalogue.databases if d.variable} == {
        "DASK_DATA_PATH_GAIA_DR3_SSD": "gaia_dr3",
        "DASK_DATA_PATH_GAIA_EDR3_SSD": "gaia_edr3",
    }
    assert all(d.path.is_dir() for d in catalogue.databases)


def test_files_of_the_sample_join_in_pairs(sample: Path) -> None:
    tables = Catalogue.open(sample).database("gaiadr3").tables
    cuts = [[bounds(file) for file in table.files] for table in tables]
    assert cuts == [cuts[0]] * 3
    for table in tables:
        inside = [
            footer.first_key >= first and footer.last_key < stop
            for footer, (first, stop) in zip(ordered_footers(table), cuts[0], strict=True)
        ]
        assert inside == [True] * 8


def bounds(file: Path) -> tuple[int, int]:
    """Return the range of ids that a file says it covers."""
    metadata = pq.read_metadata(file).metadata
    return tuple(int(metadata[f"astroflow.{end}_source_id".encode()]) for end in ("first", "stop"))


@pytest.fixture(scope="module", params=["source_id_order", "hash_buckets"])
def everything(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small synthetic catalogue of every table of both releases."""
    root = tmp_path_factory.mktemp("data") / "synth"
    recipe = Recipe.for_rows(20_000, files=2, buckets=2)
    make_synth(root, recipe, ALL_TABLES, request.param, lambda *_: None)
    return root


def test_every_table_of_both_releases_can_be_made(everything: Path) -> None:
    catalogue = Catalogue.open(everything)
    assert len(catalogue.database("gaiadr3").tables) == 47
    assert len(catalogue.database("gaiaedr3").tables) == 5
    for table in (*catalogue.database("gaiadr3").tables, *catalogue.database("gaiaedr3").tables):
        listed = [column.name for column in table.definition.columns]
        assert read_schema(table).names == (listed or [table.key])
        assert sum(pq.read_metadata(file).num_rows for file in table.files) > 0


def test_every_source_of_every_table_is_in_gaia_source(everything: Path) -> None:
    database = Catalogue.open(everything).database("gaiadr3")
    sources = column(database.table("gaia_source"), "source_id")
    for table in (table for table in database.tables if table.key == "source_id"):
        ids = column(table, "source_id")
        assert np.unique(ids).size == ids.size
        assert np.isin(ids, sources).all()


def test_both_releases_have_the_same_sources(everything: Path) -> None:
    catalogue = Catalogue.open(everything)
    ids = [np.sort(column(catalogue.table(f"{d}.gaia_source"), "source_id")) for d in RELEASES]
    assert np.array_equal(*ids)


def test_every_source_lies_in_the_pixel_of_its_id(everything: Path) -> None:
    table = Catalogue.open(everything).table("gaia_source")
    ids, ra, dec = (column(table, name) for name in ("source_id", "ra", "dec"))
    assert ids.size == 20_000
    assert np.array_equal(healpy.ang2pix(4096, ra, dec, nest=True, lonlat=True), ids >> 35)


def test_nothing_is_made_of_text_or_numbers_beyond_their_range(everything: Path) -> None:
    table = Catalogue.open(everything).table("gaia_source")
    assert set(column(table, "astrometric_params_solved")) == {3, 31, 95}
    assert column(table, "designation")[0] == f"Gaia DR3 {column(table, 'source_id')[0]}"
    assert abs(column(table, "dec")).max() <= 90
    assert column(table, "phot_g_mean_flux_error", drop_null=True).min() > 0


def column(table: Table, name: str, *, drop_null: bool = False) -> np.ndarray:
    """Return a column of all files of a table, in their order."""
    values = pq.read_table(table.folder, columns=[name])[name]
    return (values.drop_null() if drop_null else values).to_numpy()


def limit_file_size() -> None:
    """Let this process write files of 100 kB at most: as a full disk, but without root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize("command", [("sample",), ("synth", "--rows", "20000")])
def test_a_disk_that_is_full_leaves_nothing_behind(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = run(*command, "--out", str(tmp_path), preexec_fn=limit_file_size)
    assert result.returncode == 1
    assert "could not be written" in result.stderr
    assert "Traceback" not in result.stderr
    assert names(tmp_path) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_publishes_nothing_and_disturbs_no_later_one(
    tmp_path: Path, how: signal.Signals
) -> None:
    large = ("--rows", "5000000", "--columns", "ra", "--tables", "gaia_source")
    with subprocess.Popen(
        [*COMMAND, "synth", *large, "--out", str(tmp_path)], stderr=subprocess.DEVNULL
    ) as process:
        wait_for(tmp_path, "*/*/*/*/part-*")
        process.send_signal(how)
    assert process.returncode != 0
    assert not (tmp_path / "gaia-dr3-synthetic").exists()
    recipe = Recipe.for_rows(200, columns=("ra",))
    make_synth(tmp_path / "gaia-dr3-synthetic", recipe, ["gaia_source"], ORDER, lambda *_: None)
    assert names(tmp_path) == ["gaia-dr3-synthetic"]


def wait_for(folder: Path, pattern: str) -> None:
    """Return as soon as ``folder`` holds such a path."""
    deadline = time.monotonic() + 60
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
