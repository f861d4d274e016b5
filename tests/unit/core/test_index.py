"""The index against the rows it speaks of, and against files that changed under it."""

import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import CatalogueError
from astroflow_core.index import UNKNOWN, column_facts, row_facts, row_groups
from astroflow_core.index_file import INDEX_FILE, footer_digest
from astroflow_data.index import write_index

CATALOGUE = """
title: Gaia
default_database: gaia
databases: [{name: gaia, release: gaia_dr3, path: .}]
"""
PARTS = (
    {"source_id": [1 << 43, 2 << 43, 3 << 43], "x": [1.0, float("nan"), None]},
    {"source_id": [5 << 43, 7 << 43], "x": [float("nan"), float("nan")]},
)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    folder = tmp_path / "GDR3_VARI_AGN"
    folder.mkdir()
    for number, part in enumerate(PARTS):
        pq.write_table(pa.table(part), folder / f"{number}.parquet", row_group_size=2)
    return Catalogue.open(tmp_path).table("vari_agn")


@pytest.fixture(params=["from footers", "from the file"])
def indexed(table: Table, request: pytest.FixtureRequest) -> Table:
    """Return the table without an index file, then with one."""
    if request.param == "from the file":
        write_index(table.folder)
    return table


def reopened(table: Table) -> Table:
    return Catalogue.open(table.database.path).table(table.name)


def test_every_row_group_is_there_with_its_ids(indexed: Table) -> None:
    groups = row_groups(indexed)
    assert groups.file.tolist() == [0, 0, 1]
    assert groups.number.tolist() == [0, 1, 0]
    assert (groups.first >> 43).tolist() == [1, 3, 5]
    assert (groups.last >> 43).tolist() == [2, 3, 7]
    assert groups.rows.tolist() == [2, 1, 2]
    assert groups.is_bounded


def test_nulls_and_bytes_are_those_of_the_footers(indexed: Table) -> None:
    facts = column_facts(indexed)
    metadata = pq.read_metadata(indexed.files[0])
    assert facts.names == ("source_id", "x")
    assert facts.nulls.tolist() == [[0, 0], [0, 1], [0, 0]]
    assert facts.sizes[0, 1] == metadata.row_group(0).column(1).total_compressed_size


@pytest.mark.parametrize(
    ("pixels", "files"),
    [
        ([(0, 1)], []),
        ([(1, 2)], [[0]]),
        ([(3, 4)], [[1]]),
        ([(2, 4)], [[0, 1]]),
        ([(4, 5)], []),
        ([(6, 7)], [[0]]),
        ([(1, 2), (7, 9)], [[0], [0]]),
        ([(8, 9)], []),
        ([], []),
    ],
)
def test_groups_are_chosen_by_ranges_of_ids(
    indexed: Table, pixels: list[tuple[int, int]], files: list[list[int]]
) -> None:
    ranges = np.array(pixels, np.int64).reshape(-1, 2) << 43
    chosen = row_groups(indexed).touching(ranges).by_file()
    assert [numbers for _, numbers in chosen] == files


def test_a_group_without_statistics_is_always_chosen(table: Table) -> None:
    pq.write_table(pa.table(PARTS[0]), table.folder / "0.parquet", write_statistics=False)
    groups = row_groups(table)
    assert not groups.is_bounded
    assert groups.touching(np.array([[0, 1]])).file.tolist() == [0]
    assert column_facts(table).nulls[0].tolist() == [UNKNOWN, UNKNOWN]


def test_a_group_with_a_row_without_id_is_always_chosen(table: Table) -> None:
    pq.write_table(pa.table({"source_id": [None, 9], "x": [1.0, 2.0]}), table.files[0])
    assert not row_groups(table).is_bounded


def test_lists_have_bytes_and_no_count_of_nulls(table: Table) -> None:
    rows = pa.table({"source_id": [1], "times": [[1.0, 2.0]]})
    pq.write_table(rows, table.files[0])
    table.files[1].unlink()
    facts = column_facts(reopened(table))
    assert facts.nulls.tolist() == [[0, UNKNOWN]]
    assert (facts.sizes > 0).all()


def test_rows_tell_nans_and_pixels(table: Table) -> None:
    write_index(table.folder)
    facts = row_facts(table)
    assert facts is not None
    assert dict(zip(facts.names, facts.nans, strict=True)) == {"source_id": 0, "x": 3}
    assert facts.pixel_counts is not None
    assert np.flatnonzero(facts.pixel_counts).tolist() == [1, 2, 3, 5, 7]


def test_without_an_index_rows_tell_nothing(table: Table) -> None:
    assert row_facts(table) is None


@pytest.mark.parametrize("ids", [[-5, 1], [1, 12 * 4**12 << 35]])
def test_ids_that_are_no_places_make_no_map(table: Table, ids: list[int]) -> None:
    pq.write_table(pa.table({"source_id": ids, "x": [1.0, 2.0]}), table.files[1])
    write_index(table.folder)
    facts = row_facts(table)
    assert facts is not None
    assert facts.pixel_counts is None


def test_an_edited_file_is_noticed_and_its_footer_read(table: Table) -> None:
    write_index(table.folder)
    pq.write_table(pa.table({"source_id": [8 << 43], "x": [1.0]}), table.files[1])
    with pytest.warns(UserWarning, match=r"1\.parquet was changed or added since.*data index"):
        groups = row_groups(table)
    assert groups.rows.tolist() == [2, 1, 1]
    assert row_facts(table) is None


def test_an_edit_of_equal_size_is_noticed(table: Table) -> None:
    write_index(table.folder)
    size = table.files[1].stat().st_size
    changed = {"source_id": [5 << 43, 9 << 43], "x": [float("nan"), float("nan")]}
    pq.write_table(pa.table(changed), table.files[1], row_group_size=2)
    assert table.files[1].stat().st_size == size
    with pytest.warns(UserWarning, match=r"1\.parquet was changed"):
        assert row_groups(table).last[-1] == 9 << 43


def test_an_added_file_is_noticed(table: Table) -> None:
    write_index(table.folder)
    pq.write_table(pa.table(PARTS[0]), table.folder / "2.parquet")
    with pytest.warns(UserWarning, match=r"2\.parquet was changed or added"):
        assert row_groups(reopened(table)).rows.sum() == 8


def test_a_missing_file_is_refused(table: Table) -> None:
    write_index(table.folder)
    table.files[1].unlink()
    with pytest.raises(CatalogueError, match=r"1\.parquet is missing \(1 of 2 files are\)"):
        row_groups(reopened(table))


def test_a_copy_is_as_good_as_the_original(table: Table) -> None:
    write_index(table.folder)
    for path in table.files:
        os.utime(path, ns=(1, 1))
    facts = row_facts(table)
    assert facts is not None
    assert facts.nans.tolist() == [0, 3]


@pytest.mark.parametrize("contents", [b"", b"nonsense", b"PK\x03\x04 cut"])
def test_a_damaged_index_is_not_used(table: Table, contents: bytes) -> None:
    (table.folder / INDEX_FILE).write_bytes(contents)
    with pytest.warns(UserWarning, match="is not used, it cannot be read"):
        assert row_groups(table).rows.sum() == 5


def test_an_index_made_anew_is_used_at_once(table: Table) -> None:
    assert row_facts(table) is None
    write_index(table.folder)
    assert row_facts(table) is not None


def test_readers_of_parquet_pass_over_the_index(table: Table) -> None:
    write_index(table.folder)
    assert pq.read_table(table.folder).num_rows == 5
    assert [path.name for path in table.files] == ["0.parquet", "1.parquet"]


def test_the_digest_is_of_the_footer(table: Table, tmp_path: Path) -> None:
    copy = shutil.copy(table.files[0], tmp_path / "copy.parquet")
    assert footer_digest(copy) == footer_digest(table.files[0])
    assert footer_digest(copy) != footer_digest(table.files[1])


def test_the_sample_s_index_is_of_its_rows(sample: Path) -> None:
    table = Catalogue.open(sample).table("gaia_source")
    facts = row_facts(table)
    ids = pq.read_table(table.folder, columns=["source_id"])["source_id"].to_numpy()
    assert facts is not None
    assert facts.pixel_counts is not None
    assert (facts.pixel_counts == np.bincount(ids >> 43, minlength=786_432)).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert row_groups(table).rows.sum() == len(ids)
