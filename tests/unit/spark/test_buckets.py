"""Files are buckets to Spark where they are buckets, whatever a catalogue calls them."""

import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.buckets import bucket_of
from astroflow_core.catalogue import Database, DatabaseEntry, Table
from astroflow_core.release import Release
from astroflow_spark_gaia.buckets import bucket_count

SAMPLE = Release.named("gaia_dr3_sample").tables[0]
KEYS = pa.array(range(4295806720, 4295806720 * 100, 4295806720))
BUCKETS = {"kind": "hash_buckets", "buckets": 16}


def table_in(folder: Path, layout: dict[str, object]) -> Table:
    entry = {"name": "gaia", "release": "gaia_dr3_sample", "path": ".", "layout": layout}
    return Table(Database(DatabaseEntry.model_validate(entry), folder), SAMPLE)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    table = table_in(tmp_path, BUCKETS)
    table.folder.mkdir(parents=True)
    return table


def write(table: Table, name: str, keys: pa.Array) -> None:
    pq.write_table(pa.table({"source_id": keys}), table.folder / name)


def test_files_in_order_of_their_key_are_no_buckets(tmp_path: Path) -> None:
    assert bucket_count(table_in(tmp_path, {"kind": "source_id_order"})) is None


def test_a_bucket_proves_the_layout(table: Table) -> None:
    seventh = KEYS.filter(pa.array(bucket_of(KEYS, 16) == 7))
    write(table, "part-0_00006.c000.parquet", KEYS[:0])
    write(table, "part-0_00007.c000.parquet", seventh)
    with warnings.catch_warnings(action="error"):
        assert bucket_count(table) == 16


@pytest.mark.parametrize("name", ["part-0_00007.c000.parquet", "part-00007.parquet"])
def test_other_files_are_no_buckets_and_it_is_said(table: Table, name: str) -> None:
    write(table, name, KEYS)
    with pytest.warns(UserWarning, match=rf"{name} is not a bucket of 16 by source_id: joins of"):
        assert bucket_count(table) is None


def test_a_table_without_rows_is_what_it_is_called(table: Table) -> None:
    write(table, "part-0_00007.c000.parquet", KEYS[:0])
    assert bucket_count(table) == 16


def test_a_key_of_another_type_proves_nothing(table: Table) -> None:
    write(table, "part-0_00007.c000.parquet", pa.array(["M31"]))
    assert bucket_count(table) is None


def test_a_damaged_file_proves_nothing(table: Table) -> None:
    (table.folder / "part-0_00007.c000.parquet").write_text("?")
    assert bucket_count(table) is None
