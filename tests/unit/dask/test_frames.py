"""Rows as pandas has them, exact in every whole number, and what a wrong request is told."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astroflow_core.errors import CatalogueError
from astroflow_dask_gaia.frames import read_files, read_table, to_pandas

from .conftest import MakeCatalogue

BIG = 2**53 + 1  # the first whole number that a float cannot hold


@pytest.fixture
def frame() -> pd.DataFrame:
    rows = pa.table(
        {
            "source_id": pa.array([BIG, BIG + 1]),
            "solution_id": pa.array([BIG, None]),
            "n_obs": pa.array([None, 3], pa.int16()),
            "in_qso_candidates": pa.array([True, None]),
            "phot_g_mean_mag": pa.array([None, 9.5], pa.float32()),
            "libname": pa.array(["MARCS", None]),
        }
    )
    return to_pandas(rows, "source_id")


def test_the_index_is_the_key_as_plain_int64(frame: pd.DataFrame) -> None:
    assert (frame.index.name, frame.index.dtype) == ("source_id", "int64")
    assert frame.index.tolist() == [BIG, BIG + 1]


def test_whole_numbers_stay_exact_beside_a_null(frame: pd.DataFrame) -> None:
    assert frame["solution_id"].dtype == "Int64"
    assert frame["solution_id"].iloc[0] == BIG
    assert frame["solution_id"].iloc[1] is pd.NA


def test_each_type_has_its_missing_value(frame: pd.DataFrame) -> None:
    types = frame.dtypes.astype(str).to_dict()
    assert types["n_obs"] == "Int16"
    assert types["in_qso_candidates"] == "boolean"
    assert types["phot_g_mean_mag"] == "float32"
    assert frame.isna().sum().to_dict() == dict.fromkeys(types, 1)


def test_a_partition_without_files_has_the_columns_of_another(tmp_path: Path) -> None:
    like = tmp_path / "0.parquet"
    pq.write_table(pa.table({"source_id": [1], "l": [1.0], "b": [2.0]}), like)
    empty = read_files((), ["b"], "source_id", like)
    assert empty.dtypes.to_dict() == {"b": "float64"}
    assert (empty.index.name, empty.index.dtype, len(empty)) == ("source_id", "int64", 0)


def test_a_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    pq.write_table(pa.table({"source_id": [1]}), path)
    with pytest.raises(CatalogueError, match=r"0\.parquet cannot be read: .*\bb\b"):
        read_files((path,), ["b"], "source_id", path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("galactic_coordinate", "did you mean 'galactic_coordinates'"),
        ("gaia.galactic_coordinate", "did you mean 'galactic_coordinates'"),
        ("gaiadr9.gaia_source", "no database 'gaiadr9'"),
        ("gaia_source", "is not here"),
        ("", "no table ''"),
    ],
)
def test_a_table_that_is_not_there_is_told(
    make_catalogue: MakeCatalogue, name: str, told: str
) -> None:
    make_catalogue(galactic_coordinates=[[1]])
    with pytest.raises(CatalogueError, match=told):
        read_table(name)


def test_a_wrong_column_is_told_with_the_nearest(make_catalogue: MakeCatalogue) -> None:
    make_catalogue(galactic_coordinates=[[1]])
    with pytest.raises(CatalogueError, match=r"no column 'B' in gaia\.galactic.*did you mean 'b'"):
        read_table("galactic_coordinates", columns=["l", "B"])


def test_a_truncated_file_is_told_before_anything_is_computed(
    make_catalogue: MakeCatalogue,
) -> None:
    path = make_catalogue(galactic_coordinates=[[1]]).table("galactic_coordinates").files[0]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CatalogueError, match="not a whole parquet file"):
        read_table("galactic_coordinates")
