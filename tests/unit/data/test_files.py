"""What a parquet file of ours says of itself, and how it is encoded."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.release import Release
from astroflow_data.files import NewFile, Origin, write_all

RELEASE = Release.named("gaia_dr3_sample")
TABLE = RELEASE.tables[0]
REAL = Origin(RELEASE, "real", "a note")
ROWS = pa.table(
    {
        "source_id": [1, 2, 3],
        "ra": [0.0, 1.0, 2.0],
        "dec": [0.0, 1.0, 2.0],
        "phot_g_mean_mag": pa.array([5.0, 6.0, 7.0], pa.float32()),
        "phot_bp_mean_mag": pa.array([1.0, None, float("nan")], pa.float32()),
        "phot_rp_mean_mag": pa.array([None, None, -1.0], pa.float32()),
    }
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.parquet"


def write(path: Path, *chunks: pa.Table) -> pq.FileMetaData:
    """Write a file of the sample's schema and return its footer."""
    NewFile(path, REAL.schema(TABLE, first_source_id=0), "source_id", lambda: chunks).write()
    return pq.read_metadata(path)


def test_rows_come_back_as_they_were_null_and_nan_apart(path: Path) -> None:
    write(path, ROWS)
    assert pq.read_table(path).column("phot_bp_mean_mag").null_count == 1
    assert str(pq.read_table(path)["phot_bp_mean_mag"][2]) == "nan"


def test_the_footer_tells_release_table_label_and_whom_to_thank(path: Path) -> None:
    metadata = write(path, ROWS).metadata
    assert metadata[b"astroflow.release"] == b"gaia_dr3_sample"
    assert metadata[b"astroflow.table"] == b"gaia_source"
    assert metadata[b"astroflow.label"] == b"real"
    assert metadata[b"astroflow.first_source_id"] == b"0"
    assert b"DPAC" in metadata[b"astroflow.acknowledgement"]
    assert metadata[b"astroflow.licence"] == b"CC BY-SA 3.0 IGO"


def test_synthetic_rows_thank_nobody_for_data() -> None:
    metadata = Origin(RELEASE, "synthetic", "made up").schema(TABLE).metadata
    assert metadata[b"astroflow.label"] == b"synthetic"
    assert b"astroflow.acknowledgement" not in metadata


def test_columns_keep_their_units(path: Path) -> None:
    write(path, ROWS)
    assert pq.read_schema(path).field("phot_bp_mean_mag").metadata[b"unit"] == b"mag"


def test_a_file_without_rows_is_whole(path: Path) -> None:
    assert write(path).num_rows == 0
    assert pq.read_table(path).column_names == ROWS.column_names


def test_keys_are_packed_floats_split_and_both_without_a_dictionary(path: Path) -> None:
    group = write(path, ROWS).row_group(0)
    assert "DELTA_BINARY_PACKED" in group.column(0).encodings
    assert group.column(0).compression == "UNCOMPRESSED"
    assert "BYTE_STREAM_SPLIT" in group.column(1).encodings
    assert group.column(1).compression == "ZSTD"
    assert not any(group.column(i).has_dictionary_page for i in range(group.num_columns))


def test_row_groups_say_their_order_and_range(path: Path) -> None:
    group = write(path, ROWS).row_group(0)
    assert group.sorting_columns[0].column_index == 0
    assert (group.column(0).statistics.min, group.column(0).statistics.max) == (1, 3)


def test_each_chunk_begins_a_row_group(path: Path) -> None:
    assert write(path, ROWS.slice(0, 2), ROWS.slice(2)).num_row_groups == 2


def test_the_first_failure_ends_the_writing_of_all(tmp_path: Path) -> None:
    schema = REAL.schema(TABLE)
    good = NewFile(tmp_path / "good.parquet", schema, "source_id", lambda: [ROWS])
    bad = NewFile(tmp_path / "none" / "bad.parquet", schema, "source_id", lambda: [ROWS])
    with pytest.raises(FileNotFoundError):
        list(write_all([bad, good]))


def test_narrow_whole_numbers_go_into_a_dictionary(path: Path) -> None:
    schema = pa.schema([("source_id", pa.int64()), ("n", pa.int16())])
    rows = pa.table([[1, 2], [7, 7]], schema=schema)
    NewFile(path, schema, "source_id", lambda: [rows]).write()
    group = pq.read_metadata(path).row_group(0)
    assert group.column(1).has_dictionary_page
    assert not group.column(0).has_dictionary_page
