"""What footers tell of whole, broken and strange parquet files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import CatalogueError
from astroflow_core.footers import (
    Footer,
    arrow_schema,
    ordered_footers,
    read_footer,
    read_footers,
    read_metadata,
    read_schema,
)

CATALOGUE = """
title: Gaia
default_database: gaia
databases: [{name: gaia, release: gaia_dr3_sample, path: .}]
"""
GALACTIC = {"source_id": pa.int64(), "l": pa.float64(), "b": pa.float64()}


def write_ids(path: Path, ids: list[int] | list[int | None] | range, **options: object) -> Path:
    pq.write_table(pa.table({"source_id": pa.array(ids, pa.int64())}), path, **options)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "GDR3_GALACTIC_COORDINATES").mkdir()
    return Catalogue.open(tmp_path).table("galactic_coordinates")


@pytest.fixture
def write_schema(table: Table) -> Callable[[dict[str, pa.DataType]], None]:
    """Return how to write the table's one file, empty, with the given columns."""

    def write(types: dict[str, pa.DataType]) -> None:
        pq.write_table(pa.schema(types).empty_table(), table.folder / "0.parquet")

    return write


def test_a_footer_tells_rows_and_the_range_of_the_key(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", [7, 8, 40])
    assert read_footer(path, "source_id") == Footer(path, rows=3, first_key=7, last_key=40)


def test_the_range_spans_all_row_groups(tmp_path: Path) -> None:
    ids = np.random.default_rng(1).permutation(1000).tolist()
    footer = read_footer(write_ids(tmp_path / "0.parquet", ids, row_group_size=64), "source_id")
    assert (footer.rows, footer.first_key, footer.last_key) == (1000, 0, 999)


def test_ids_above_what_a_double_holds_are_exact(tmp_path: Path) -> None:
    ids = [6917528997577384318, 6917528997577384319]
    footer = read_footer(write_ids(tmp_path / "0.parquet", ids), "source_id")
    assert (footer.first_key, footer.last_key) == (ids[0], ids[1])


def test_an_empty_file_has_no_range(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", [])
    assert read_footer(path, "source_id") == Footer(path, rows=0, first_key=None, last_key=None)


def test_a_key_after_nested_columns_is_found(tmp_path: Path) -> None:
    flux = pa.array([[1.0, 2.0], [3.0]])
    band = pa.array([{"g": 1, "bp": 2}, {"g": 3, "bp": 4}])
    path = tmp_path / "0.parquet"
    pq.write_table(pa.table({"flux": flux, "band": band, "source_id": [5, 9]}), path)
    footer = read_footer(path, "source_id")
    assert (footer.first_key, footer.last_key) == (5, 9)


def test_a_missing_key_is_told_the_columns(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", [1])
    with pytest.raises(
        CatalogueError, match="no plain column 'transit_id'; its columns are source"
    ):
        read_footer(path, "transit_id")


def test_a_nested_key_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    pq.write_table(pa.table({"source_id": pa.array([[1, 2]])}), path)
    with pytest.raises(CatalogueError, match="no plain column 'source_id'"):
        read_footer(path, "source_id")


@pytest.mark.parametrize("ids", [[1, None, 3], [None, None]])
def test_rows_without_a_key_are_refused(tmp_path: Path, ids: list[int | None]) -> None:
    with pytest.raises(CatalogueError, match="rows whose 'source_id' is NULL"):
        read_footer(write_ids(tmp_path / "0.parquet", ids), "source_id")


def test_a_key_without_statistics_is_refused(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "0.parquet", [1, 2], write_statistics=False)
    with pytest.raises(CatalogueError, match="keeps no statistics of 'source_id'"):
        read_footer(path, "source_id")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_named(tmp_path: Path, share: float) -> None:
    path = write_ids(tmp_path / "0.parquet", range(10_000))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(CatalogueError, match=r"0\.parquet is not a whole parquet file"):
        read_metadata(path)


def test_a_file_of_another_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "0.parquet").write_text("source_id,ra\n1,2\n" * 100)
    with pytest.raises(CatalogueError, match=r"0\.parquet is not a whole parquet file"):
        read_metadata(tmp_path / "0.parquet")


def test_files_are_read_by_name(table: Table) -> None:
    write_ids(table.folder / "1.parquet", [30, 40])
    write_ids(table.folder / "0.parquet", [10, 20])
    assert [footer.first_key for footer in read_footers(table)] == [10, 30]


def test_files_in_order_are_kept_without_the_empty_ones(table: Table) -> None:
    write_ids(table.folder / "0.parquet", [10, 20])
    write_ids(table.folder / "1.parquet", [])
    write_ids(table.folder / "2.parquet", [21, 40])
    names = [footer.path.name for footer in ordered_footers(table)]
    assert names == ["0.parquet", "2.parquet"]


@pytest.mark.parametrize("second", [[20, 30], [15, 16], [1, 2], [5, 50]])
def test_files_that_overlap_are_refused(table: Table, second: list[int]) -> None:
    write_ids(table.folder / "0.parquet", [10, 20])
    write_ids(table.folder / "1.parquet", second)
    message = rf"not in order of source_id: 0\.parquet ends at 20, 1\.parquet begins at {second[0]}"
    with pytest.raises(CatalogueError, match=message):
        ordered_footers(table)


def test_a_table_of_empty_files_is_empty(table: Table) -> None:
    write_ids(table.folder / "0.parquet", [])
    with pytest.raises(CatalogueError, match="is empty: no file has a row"):
        ordered_footers(table)


def test_the_schema_carries_unit_ucd_and_description(table: Table) -> None:
    field = arrow_schema(table.definition.columns).field("l")
    assert field.type == pa.float64()
    assert field.metadata == {
        b"unit": b"deg",
        b"ucd": b"pos.galactic.lon",
        b"description": b"Galactic longitude",
    }


def test_the_schema_of_a_file_as_the_release_says(
    table: Table, write_schema: Callable[[dict[str, pa.DataType]], None]
) -> None:
    write_schema(GALACTIC)
    assert read_schema(table).equals(arrow_schema(table.definition.columns), check_metadata=True)


def test_columns_come_in_the_order_of_the_release_and_as_wide_as_the_file(
    table: Table, write_schema: Callable[[dict[str, pa.DataType]], None]
) -> None:
    write_schema({"b": pa.float32(), "source_id": pa.int64(), "l": pa.float64()})
    schema = read_schema(table)
    assert schema.names == ["source_id", "l", "b"]
    assert schema.types == [pa.int64(), pa.float64(), pa.float32()]
    assert schema.field("b").metadata[b"unit"] == b"deg"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"l": pa.string()}, "column 'l' is string, not double"),
        ({"l": pa.int64()}, "column 'l' is int64, not double"),
        ({"source_id": pa.float64()}, "column 'source_id' is double, not int64"),
        ({"source_id": pa.uint64()}, "column 'source_id' is uint64, not int64"),
        ({"l": pa.list_(pa.float64())}, r"column 'l' is list<.*>, not double"),
        ({"ruwe": pa.float32()}, "column 'ruwe' is unknown"),
    ],
)
def test_another_schema_is_refused(
    table: Table,
    write_schema: Callable[[dict[str, pa.DataType]], None],
    changes: dict[str, pa.DataType],
    message: str,
) -> None:
    write_schema(GALACTIC | changes)
    with pytest.raises(CatalogueError, match=rf"does not follow Gaia DR3 .*: {message}$"):
        read_schema(table)


def test_every_difference_is_told_at_once(
    table: Table, write_schema: Callable[[dict[str, pa.DataType]], None]
) -> None:
    write_schema({"source_id": pa.string(), "l": pa.float64(), "lat": pa.float64()})
    with pytest.raises(CatalogueError) as failure:
        read_schema(table)
    assert str(failure.value).endswith(
        "column 'b' is missing; column 'lat' is unknown; column 'source_id' is string, not int64"
    )


def test_a_table_without_columns_in_the_release_is_as_its_files_are(tmp_path: Path) -> None:
    text = CATALOGUE.replace("gaia_dr3_sample", "gaia_dr3")
    (tmp_path / "catalogue.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "GDR3_EPOCH_PHOTOMETRY").mkdir()
    found = pa.schema({"source_id": pa.int64(), "g_transit_time": pa.list_(pa.float64())})
    pq.write_table(found.empty_table(), tmp_path / "GDR3_EPOCH_PHOTOMETRY" / "0.parquet")
    assert read_schema(Catalogue.open(tmp_path).table("epoch_photometry")).equals(found)


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    before = read_footer(write_ids(tmp_path / "0.parquet", [7, 8, 40]), "source_id")
    after = read_footer(write_ids(tmp_path / "0.parquet", [7, 8, 41]), "source_id")
    assert (before.last_key, after.last_key) == (40, 41)
