"""Counts from metadata equal those of the rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.counts import column_counts, pixels_in, row_count
from astroflow_core.errors import CatalogueError, LevelError
from astroflow_data.index import write_index

CATALOGUE = """
title: Gaia
default_database: gaia
databases: [{name: gaia, release: gaia_dr3, path: .}]
"""
NAN = float("nan")
ROWS = {
    "source_id": [1, 2, 3, 4, 5],
    "x": pa.array([1.0, NAN, None, NAN, None], pa.float32(), from_pandas=False),
    "n": [1, None, 3, None, None],
    "times": [[1.0], None, [], [NAN], [2.0]],
}


@pytest.fixture(params=["from footers", "from the index", "without statistics"])
def table(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Table:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    folder = tmp_path / "GDR3_VARI_AGN"
    folder.mkdir()
    for name in ("0.parquet", "1.parquet"):
        pq.write_table(
            pa.table(ROWS),
            folder / name,
            row_group_size=2,
            write_statistics=request.param != "without statistics",
        )
    if request.param == "from the index":
        write_index(folder)
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{tmp_path}"]')
    return Catalogue.open(tmp_path).table("vari_agn")


@pytest.mark.usefixtures("table")
def test_rows_are_counted() -> None:
    assert row_count("vari_agn") == row_count("gaia.vari_agn") == 10


@pytest.mark.usefixtures("table")
def test_values_are_counted_as_sql_does() -> None:
    assert column_counts("vari_agn") == {"source_id": 10, "x": 6, "n": 4, "times": 8}


@pytest.mark.usefixtures("table")
def test_values_are_counted_as_pandas_does() -> None:
    columns = ["x", "n", "source_id"]
    counts = column_counts("vari_agn", columns, count_nan=False)
    assert counts == {"x": 2, "n": 4, "source_id": 10}


@pytest.mark.usefixtures("table")
def test_an_unknown_column_is_named() -> None:
    with pytest.raises(CatalogueError, match=r"no column 'y' in gaia\.vari_agn"):
        column_counts("vari_agn", "y")


@pytest.mark.parametrize("level", range(9))
def test_a_map_is_that_of_the_ids(sample: Path, level: int) -> None:
    table = Catalogue.open(sample).table("gaia_source")
    ids = pq.read_table(table.folder, columns=["source_id"])["source_id"].to_numpy()
    expected = np.bincount(ids >> (59 - 2 * level), minlength=12 * 4**level)
    assert np.array_equal(pixels_in(table, level), expected)


def test_a_finer_map_is_for_the_rows_to_tell(sample: Path) -> None:
    assert pixels_in(Catalogue.open(sample).table("gaia_source"), 9) is None


def test_a_level_that_no_id_carries_is_refused(sample: Path) -> None:
    with pytest.raises(LevelError, match="levels 0 to 12"):
        pixels_in(Catalogue.open(sample).table("gaia_source"), 13)
