"""Pieces of several tables against every row of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astroflow_core import alignment
from astroflow_core.alignment import FileRanges, align, common_edges, file_ranges
from astroflow_core.catalogue import Catalogue, Table

CATALOGUE = """
title: Gaia
default_database: gaia
databases: [{name: gaia, release: gaia_dr3, path: .}]
"""
ORDER = [pq.SortingColumn(0)]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "GDR3_VARI_AGN").mkdir()
    return Catalogue.open(tmp_path).table("vari_agn")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pieces of any size, as if the files were large."""
    monkeypatch.setattr(alignment, "_SMALLEST", 1)
    monkeypatch.setattr(alignment, "_LARGEST", 1)


def write(
    table: Table, *files: list[int | None], order: list[pq.SortingColumn] | None = None
) -> Table:
    for number, ids in enumerate(files):
        rows = pa.table({"source_id": pa.array(ids, pa.int64())})
        path = table.folder / f"{number}.parquet"
        pq.write_table(rows, path, row_group_size=2, sorting_columns=order)
    return table


def in_order(table: Table) -> bool:
    ranges = file_ranges(table)
    assert ranges is not None
    return ranges.in_order


def of_ids(name: str, files: list[list[int]]) -> FileRanges:
    files = sorted(files, key=lambda ids: (min(ids), max(ids)))
    return FileRanges(
        tuple(Path(f"{name}{number}") for number in range(len(files))),
        np.array([min(ids) for ids in files], np.int64),
        np.array([max(ids) for ids in files], np.int64),
        np.ones(len(files), np.int64),
        in_order=False,
    )


def test_files_come_in_order_of_their_ids_and_empty_ones_are_left_out(table: Table) -> None:
    ranges = file_ranges(write(table, [7, 9, 8], [], [1, 3, 2]))
    assert ranges is not None
    assert [path.name for path in ranges.paths] == ["2.parquet", "0.parquet"]
    assert (ranges.first.tolist(), ranges.last.tolist()) == ([1, 7], [3, 9])


def test_of_some_files_only_these_are_told(table: Table) -> None:
    some = {write(table, [1], [2], [3]).folder / "1.parquet"}
    ranges = file_ranges(table, some)
    assert ranges is not None
    assert ranges.first.tolist() == [2]


def test_a_table_without_rows_has_no_ranges(table: Table) -> None:
    ranges = file_ranges(write(table, []))
    assert ranges is not None
    assert ranges.paths == ()
    assert ranges.between([5]) == [(), ()]


def test_rows_without_an_id_may_be_anywhere(table: Table) -> None:
    assert file_ranges(write(table, [1, 2], [3, None])) is None


def test_rows_are_in_order_where_footers_say_so(table: Table) -> None:
    assert in_order(write(table, [1, 2, 2, 3], [4, 5], order=ORDER))


@pytest.mark.parametrize(
    ("files", "order"),
    [
        ([[1, 2], [3, 4]], None),
        ([[1, 2], [3, 4]], [pq.SortingColumn(0, descending=True)]),
        ([[3, 4, 1, 2]], ORDER),
        ([[1, 5], [3, 7]], ORDER),
    ],
    ids=["nothing said", "the other way", "groups out of order", "files that overlap"],
)
def test_otherwise_they_are_not(
    table: Table, files: list[list[int | None]], order: list[pq.SortingColumn] | None
) -> None:
    assert not in_order(write(table, *files, order=order))


FILES = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=4), min_size=1, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(FILES, min_size=1, max_size=3))
@pytest.mark.usefixtures("small_pieces")
def test_no_id_is_in_files_of_two_pieces(tables: list[list[list[int]]]) -> None:
    files = [sorted(table, key=lambda ids: (min(ids), max(ids))) for table in tables]
    ranges = [of_ids(str(number), table) for number, table in enumerate(files)]
    edges = common_edges(ranges, cores=1)
    assert edges is not None
    for table, of_table in zip(files, ranges, strict=True):
        pieces = of_table.between(edges)
        assert [path for piece in pieces for path in piece] == list(of_table.paths)
        rows = dict(zip(of_table.paths, table, strict=True))
        for number, piece in enumerate(pieces):
            ids = [source_id for path in piece for source_id in rows[path]]
            assert np.searchsorted(edges, ids, side="right").tolist() == [number] * len(ids)


@pytest.mark.usefixtures("small_pieces")
def test_pieces_begin_where_no_file_of_any_table_is_cut() -> None:
    left = of_ids("left", [[0, 9], [10, 19], [20, 29], [30, 39]])
    right = of_ids("right", [[2, 8], [12, 21], [33, 50]])
    assert common_edges([left, right], cores=1) == [10, 30]


@pytest.mark.usefixtures("small_pieces")
def test_cores_are_not_left_idle() -> None:
    left = of_ids("left", [[0, 9], [10, 19]])
    assert common_edges([left, of_ids("right", [[5, 15]])], cores=2) is None
    assert common_edges([left, left], cores=2) == [10]


@pytest.mark.usefixtures("small_pieces")
def test_a_table_that_fits_no_other_is_left_out() -> None:
    left, right = of_ids("left", [[0, 9], [10, 19]]), of_ids("right", [[3, 4], [12, 13]])
    other = of_ids("other", [[0, 18], [1, 19]])
    assert align([other, left, right], cores=2) == ([10], [left, right])
    assert align([other, left], cores=2) is None


def test_small_files_are_one_piece() -> None:
    left = of_ids("left", [[0, 9], [10, 19]])
    assert common_edges([left, left], cores=2) == []


def test_many_small_files_are_several_pieces() -> None:
    table = of_ids("table", [[number] for number in range(1000)])
    assert common_edges([table, table], cores=2) == list(range(64, 1000, 64))
