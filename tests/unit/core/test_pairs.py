"""Pieces of two tables hold every row of both once, whatever their files are."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import CatalogueError
from astroflow_core.pairs import OnPair, pairs_of

CATALOGUE = """
title: Odd
default_database: odd
databases: [{name: odd, release: gaia_dr3, path: .}]
"""
FOLDERS = {"vari_agn": "GDR3_VARI_AGN", "vari_cepheid": "GDR3_VARI_CEPHEID"}
Rows = dict[str, np.ndarray]
IDS = np.random.default_rng(1).integers(0, 12 * 4**12 << 35, 3000)
SORTED = np.sort(IDS)


def joined(left: Rows, right: Rows) -> list[tuple[int, float, float]]:
    """Return id and both values of the ids that are in both, as a person would."""
    ids, one, other = np.intersect1d(
        left["source_id"], right["source_id"], assume_unique=True, return_indices=True
    )
    return list(zip(ids.tolist(), left["x"][one], right["y"][other], strict=True))


def write(root: Path, table: str, column: str, parts: list[np.ndarray], **options: object) -> Table:
    (root / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    (root / FOLDERS[table]).mkdir()
    for number, ids in enumerate(parts):
        rows = pa.table({"source_id": pa.array(ids, pa.int64()), column: ids % 1000 / 7})
        pq.write_table(rows, root / FOLDERS[table] / f"{number}.parquet", **options)
    return Catalogue.open(root).table(table)


LAYOUTS = {
    "in order": np.array_split(SORTED, 4),
    "cut elsewhere": np.array_split(SORTED, 3),
    "half the rows": np.array_split(SORTED[::2], 4),
    "with empty files": [SORTED[:0], *np.array_split(SORTED, 2), SORTED[:0]],
    "in any order": np.array_split(IDS, 4),
    "in one file": [IDS],
    "by a hash": [SORTED[np.mod(SORTED, 3) == rest] for rest in range(3)],
}


@pytest.mark.parametrize("left", LAYOUTS)
@pytest.mark.parametrize("right", LAYOUTS)
@pytest.mark.parametrize("options", [{"row_group_size": 100}, {"write_statistics": False}])
def test_a_join_by_pieces_is_the_whole_join(
    tmp_path: Path, left: str, right: str, options: dict[str, object]
) -> None:
    one = write(tmp_path, "vari_agn", "x", LAYOUTS[left], **options)
    other = write(tmp_path, "vari_cepheid", "y", LAYOUTS[right], **options)
    task = OnPair(joined)
    found = [row for pair in pairs_of(one, other, None, None) for row in task(pair)]
    both = np.intersect1d(np.concatenate(LAYOUTS[left]), np.concatenate(LAYOUTS[right]))
    assert found == [(i, i % 1000 / 7, i % 1000 / 7) for i in both.tolist()]


def test_files_cut_alike_go_in_pairs(sample: Path) -> None:
    catalogue = Catalogue.open(sample)
    stars, reflex = catalogue.table("gaia_source"), catalogue.table("solar_reflex")
    pairs = pairs_of(stars, reflex, ["ra"], ["pmra"])
    assert [[len(part.files) for part in (pair.left, pair.right)] for pair in pairs] == [[1, 1]] * 8
    assert pairs[0].left.columns == ("source_id", "ra")


def test_null_comes_as_nan_and_no_row_is_lost(tmp_path: Path) -> None:
    table = write(tmp_path, "vari_agn", "x", [SORTED[:2]])
    pq.write_table(pa.table({"source_id": [5, 3], "x": [None, 1.5]}), table.files[0])
    (pair,) = pairs_of(table, table, None, [])
    left, right = OnPair(lambda *rows: rows)(pair)
    assert left["source_id"].tolist() == [3, 5]
    assert np.array_equal(left["x"], [1.5, np.nan], equal_nan=True)
    assert list(right) == ["source_id"]


def test_a_table_without_source_id_and_an_unknown_column_are_refused(tmp_path: Path) -> None:
    table = write(tmp_path, "vari_agn", "x", [SORTED])
    with pytest.raises(CatalogueError, match="no column 'z' in"):
        pairs_of(table, table, ["z"], None)
    pq.write_table(pa.table({"x": [1.0]}), table.files[0])
    with pytest.raises(CatalogueError, match="no column 'source_id' in"):
        pairs_of(table, table, None, None)
