"""A real local cluster over the sample: numbers against pyarrow, numpy and healpy."""

import os
from collections.abc import Iterator
from pathlib import Path

import dask.dataframe as dd
import healpy
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from distributed import Client

import astroflow_dask_gaia
from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, SessionError
from astroflow_dask_gaia import connect, healpix_counts, read_table
from astroflow_dask_gaia.local import LocalClient

SIZE = '{"pods": 2, "cores": 1, "memory": "1g"}'


@pytest.fixture(scope="module", autouse=True)
def client(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", f'["{sample}"]')
        patch.setenv("ASTROFLOW_DASK", SIZE)
        patch.setenv("ASTROFLOW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        patch.chdir(tmp_path_factory.mktemp("home"))
        yield astroflow_dask_gaia.client
        astroflow_dask_gaia.client.close()
        assert list(Path.cwd().iterdir()) == []


@pytest.fixture(scope="module")
def stars(sample: Path) -> pd.DataFrame:
    return read_with_pyarrow(sample, "gaia_source")


@pytest.fixture(scope="module")
def galactic(sample: Path) -> pd.DataFrame:
    return read_with_pyarrow(sample, "galactic_coordinates")


def read_with_pyarrow(sample: Path, table: str) -> pd.DataFrame:
    folder = Catalogue.open(sample).table(table).folder
    return pq.read_table(folder).to_pandas().set_index("source_id")


def test_the_cluster_has_the_session_s_sizes(client: Client) -> None:
    workers = client.scheduler_info(n_workers=-1)["workers"]
    assert [w["nthreads"] for w in workers.values()] == [1, 1]
    assert [w["memory_limit"] for w in workers.values()] == [2**30, 2**30]
    assert {w["host"] for w in workers.values()} == {"127.0.0.1"}


def test_a_later_import_gives_the_same_client(client: Client) -> None:
    assert astroflow_dask_gaia.client is client


@pytest.mark.parametrize("level", [0, 6, 9, 11])
def test_counts_are_those_of_numpy(stars: pd.DataFrame, level: int) -> None:
    pixels = stars.index.to_numpy() // 2 ** (35 + 2 * (12 - level))
    counts = healpix_counts(level)
    assert counts.dtype == np.int64
    assert counts.shape == (12 * 4**level,)
    assert (counts == np.bincount(pixels, minlength=12 * 4**level)).all()


def test_counts_are_those_of_healpy_but_for_stars_at_the_edges(stars: pd.DataFrame) -> None:
    pixels = healpy.ang2pix(64, stars["ra"], stars["dec"], nest=True, lonlat=True)
    wrong = np.abs(healpix_counts(6) - np.bincount(pixels, minlength=49_152)).sum()
    assert wrong < 0.001 * len(stars)


def test_counts_of_another_table(galactic: pd.DataFrame) -> None:
    counts = healpix_counts(3, table="gaiadr3.galactic_coordinates")
    assert (counts == np.bincount(galactic.index.to_numpy() >> 53, minlength=768)).all()


def test_a_table_is_indexed_by_source_id_with_known_divisions(stars: pd.DataFrame) -> None:
    frame = read_table("gaiadr3.gaia_source")
    assert isinstance(frame, dd.DataFrame)
    assert frame.known_divisions
    assert (frame.divisions[0], frame.divisions[-1]) == (stars.index.min(), stars.index.max())
    assert frame.columns.tolist() == stars.columns.tolist()
    assert frame.dtypes.to_dict() == stars.dtypes.to_dict()


def test_a_table_holds_every_row(stars: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(read_table("gaia_source").compute(), stars)


def test_each_partition_lies_between_its_divisions() -> None:
    frame = read_table("gaia_source", columns=[])
    ranges = frame.map_partitions(
        lambda part: pd.DataFrame({"first": [part.index.min()], "last": [part.index.max()]}),
        meta={"first": "int64", "last": "int64"},
    ).compute()
    assert ranges["first"].tolist() == list(frame.divisions[:-1])
    assert (ranges["last"].iloc[:-1].to_numpy() < np.array(frame.divisions[1:-1])).all()
    assert ranges["last"].iloc[-1] == frame.divisions[-1]


def test_only_the_columns_in_use_are_read() -> None:
    frame = read_table("gaia_source", columns=["source_id", "ra", "dec", "ra"])
    assert frame.columns.tolist() == ["ra", "dec"]
    assert "columns=['dec']" in str(frame["dec"].sum().optimize(fuse=False).tree_repr())


def test_statistics_are_those_of_pandas(stars: pd.DataFrame) -> None:
    frame = read_table("gaia_source")
    assert frame.count().compute().to_dict() == stars.count().to_dict()
    assert frame["ra"].mean().compute() == pytest.approx(stars["ra"].mean(), rel=1e-12)
    assert len(frame) == len(stars)


def test_a_range_of_ids_is_found_by_the_index(stars: pd.DataFrame) -> None:
    first, last = stars.index[1000], stars.index[90_000]
    found = read_table("gaia_source").loc[first:last].compute()
    pd.testing.assert_frame_equal(found, stars.loc[first:last])


def test_a_join_by_index_moves_no_row_and_is_that_of_pandas(
    stars: pd.DataFrame, galactic: pd.DataFrame
) -> None:
    left, right = read_table("gaia_source"), read_table("galactic_coordinates")
    joined = left.join(right, how="inner")
    assert left.divisions == right.divisions == joined.divisions
    assert "Shuffle" not in joined.optimize(fuse=False).tree_repr()
    pd.testing.assert_frame_equal(joined.compute(), stars.join(galactic, how="inner"))


def test_a_file_with_another_schema_is_named(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue.open(sample)
    folder = tmp_path / "gaia_dr3" / "GDR3_GALACTIC_COORDINATES"
    folder.mkdir(parents=True)
    (tmp_path / "catalogue.yaml").write_bytes((sample / "catalogue.yaml").read_bytes())
    for index, path in enumerate(catalogue.table("galactic_coordinates").files[:2]):
        rows = pq.read_table(path)
        pq.write_table(rows.drop_columns(["b"] * index), folder / path.name)
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{tmp_path}"]')
    with pytest.raises(CatalogueError, match=r"part-00001\.parquet cannot be read.*\bb\b"):
        read_table("galactic_coordinates")["b"].sum().compute()


def test_an_empty_table_is_told(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gaia_dr3" / "GDR3_GALACTIC_COORDINATES"
    folder.mkdir(parents=True)
    (tmp_path / "catalogue.yaml").write_bytes((sample / "catalogue.yaml").read_bytes())
    schema = pq.read_schema(Catalogue.open(sample).table("galactic_coordinates").files[0])
    pq.write_table(schema.empty_table(), folder / "part-00000.parquet")
    monkeypatch.setenv("ASTROFLOW_CATALOGUES", f'["{tmp_path}"]')
    with pytest.raises(CatalogueError, match="is empty: no file has a row"):
        healpix_counts(6, "galactic_coordinates")
    with pytest.raises(CatalogueError, match="is empty: no file has a row"):
        read_table("galactic_coordinates")


def test_workers_that_die_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astroflow_dask_gaia.counts.count_files", _die)
    with pytest.raises(SessionError, match=r"workers died.*connect\(memory=…\)"):
        healpix_counts(9)


def _die(*_: object, **__: object) -> None:
    os._exit(1)


def test_the_person_s_own_client_is_used(client: Client) -> None:
    with Client(client.scheduler.address) as own:
        assert astroflow_dask_gaia.client is own
    assert astroflow_dask_gaia.client is client


def test_asking_for_sizes_replaces_the_cluster(client: Client) -> None:
    other = connect(workers=1, threads=2)
    assert isinstance(other, LocalClient)
    assert list(other.nthreads().values()) == [2]
    assert client.status == "closed"
    assert astroflow_dask_gaia.client is other


def test_a_closed_client_is_replaced() -> None:
    closed = astroflow_dask_gaia.client
    closed.close()
    assert astroflow_dask_gaia.client is not closed
    assert len(astroflow_dask_gaia.client.nthreads()) == 2
