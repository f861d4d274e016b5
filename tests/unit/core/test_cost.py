"""The cost of scans, measured rates, and the limit of a random part; no engine runs."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.cost import Cost, Read, ScanCost, cost_of
from astroflow_core.errors import CatalogueError, QueryError
from astroflow_core.random_rows import limit_of
from astroflow_core.rates import LEAST_BYTES, Meter, Rate, keep_rate, last_rate

RATE = Rate(1e6, "2026-11-23 07:00 UTC")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, ...]:
    """Return two files of two row groups each, with ids 0 to 399 and random numbers 399 to 0."""
    ids = np.arange(400)
    rows = pa.table({"source_id": ids, "ra": ids / 7, "random_index": ids[::-1]})
    paths = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    for number, path in enumerate(paths):
        pq.write_table(rows.slice(200 * number, 200), path, row_group_size=100)
    return paths


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", '["/none"]')
    monkeypatch.setenv("ASTROFLOW_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def size_of(path: Path, leaf: int, *groups: int) -> int:
    metadata = pq.read_metadata(path)
    return sum(metadata.row_group(g).column(leaf).total_compressed_size for g in groups)


def test_a_scan_of_everything(files: tuple[Path, ...]) -> None:
    (scan,) = cost_of([Read("t", files, ("ra",))], 2, None).scans
    size = sum(size_of(path, 1, 0, 1) for path in files)
    assert scan == ScanCost("t", 2, 4, 400, ("ra",), size)


@pytest.mark.parametrize(
    ("ids", "groups"), [([[150, 250]], 2), ([[0, 1], [399, 400]], 2), ([[500, 600]], 0), ([], 0)]
)
def test_ids_leave_out_row_groups(
    files: tuple[Path, ...], ids: list[list[int]], groups: int
) -> None:
    ranges = np.array(ids, np.int64).reshape(-1, 2)
    (scan,) = cost_of([Read("t", files, ("ra",), ids=ranges)], 2, None).scans
    assert (scan.row_groups, scan.rows) == (groups, 100 * groups)


def test_some_row_groups_of_some_files(files: tuple[Path, ...]) -> None:
    (scan,) = cost_of([Read("t", files[1:], ("ra",), groups=((1,),))], 2, None).scans
    assert scan == ScanCost("t", 1, 1, 100, ("ra",), size_of(files[1], 1, 1))


def test_files_of_several_folders_and_of_other_names(files: tuple[Path, ...]) -> None:
    other = files[0].parent / "other" / "rows.pq"
    other.parent.mkdir()
    other.write_bytes(files[0].read_bytes())
    (scan,) = cost_of([Read("t", (*files, other), ("ra", "nosuch"))], 2, None).scans
    assert (scan.files, scan.row_groups, scan.rows) == (3, 6, 600)


def test_a_scan_of_no_file_and_of_no_column(files: tuple[Path, ...]) -> None:
    cost = cost_of([Read("nothing", (), ("ra",)), Read("rows", files, ())], 2, RATE)
    assert [scan.size for scan in cost.scans] == [0, 0]
    assert "no column, the footers alone" in repr(cost)


def test_the_time_is_shared_by_the_cores_that_have_work() -> None:
    scan = ScanCost("t", 8, 8, 10, ("a",), 8_000_000)
    assert Cost((scan,), 2, RATE).seconds == 4
    assert Cost((scan,), 100, RATE).seconds == 1
    assert Cost((scan,), 2, None).seconds is None


def test_the_cost_is_readable() -> None:
    many = tuple(f"c{i}" for i in range(152))
    scan = ScanCost("gaiadr3.gaia_source", 1, 3386, 1_811_709_771, many, 600_000_000_000)
    assert repr(Cost((scan,), 1, RATE)) == (
        "gaiadr3.gaia_source: 1 file, 3,386 row groups, 1,811,709,771 rows\n"
        "  600.0 GB in 152 columns: c0, c1, c2, c3, c4, c5, c6, c7, …\n"
        "at most 600.0 GB in all, about 6.9 days on 1 core "
        "(1.0 MB/s a core, measured 2026-11-23 07:00 UTC)"
    )
    assert "the time is known after a first query" in repr(Cost((scan,), 1, None))


def test_a_rate_is_kept_for_later_sessions(cache: Path) -> None:
    assert last_rate("spark") is None
    keep_rate("spark", 8_000_000, 2.0)
    rate = last_rate("spark")
    assert rate is not None
    assert rate.bytes_per_second == 4_000_000
    assert [path.name for path in (cache / "rates").iterdir()] == ["spark.json"]
    assert last_rate("dask") is None


@pytest.mark.usefixtures("cache")
def test_little_is_no_measurement() -> None:
    keep_rate("spark", LEAST_BYTES - 1, 1.0)
    keep_rate("spark", LEAST_BYTES, 0.0)
    assert last_rate("spark") is None


@pytest.mark.parametrize("text", ["", "[]", '{"bytes_per_second": "x", "measured": 1}', "{}"])
def test_a_damaged_note_is_none(cache: Path, text: str) -> None:
    (cache / "rates").mkdir(parents=True)
    (cache / "rates" / "dask.json").write_text(text)
    assert last_rate("dask") is None


def test_no_place_for_a_note_harms_nobody(cache: Path) -> None:
    cache.touch()
    keep_rate("dask", LEAST_BYTES, 1.0)
    assert last_rate("dask") is None


def test_a_meter_sums_up_small_reads(cache: Path) -> None:
    meter = Meter("dask")
    for _ in range(4):
        meter.note(LEAST_BYTES // 4, 0.5)
    kept = json.loads((cache / "rates" / "dask.json").read_text())
    assert kept["bytes_per_second"] == LEAST_BYTES / 2


@pytest.mark.parametrize(("percent", "limit"), [(1, 4), (100, 400), (0.5, 2)])
def test_a_percentage_is_of_the_greatest_number(
    files: tuple[Path, ...], percent: float, limit: int
) -> None:
    assert limit_of(files, percent) == limit


def test_a_table_without_random_numbers_has_no_limit(tmp_path: Path) -> None:
    pq.write_table(pa.table({"random_index": ["x"]}), tmp_path / "a.parquet")
    assert limit_of([tmp_path / "a.parquet"], 1) is None


@pytest.mark.parametrize("percent", [0, 101, True])
def test_a_part_of_none_or_too_much_is_refused(files: tuple[Path, ...], percent: float) -> None:
    with pytest.raises(QueryError, match="give a number above 0, at most 100, such as 1"):
        limit_of(files, percent)


def test_without_statistics_no_limit_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"random_index": [1, 2]}), path, write_statistics=False)
    with pytest.raises(CatalogueError, match="keeps no statistics of 'random_index'"):
        limit_of([path], 1)
