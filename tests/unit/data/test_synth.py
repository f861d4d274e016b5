"""Synthetic catalogues: what is made, what is refused, and that nothing but the seed decides."""

import hashlib
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import DataError
from astroflow_core.footers import read_schema
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import Recipe

COLUMNS = ("ra", "dec", "parallax", "bp_rp", "radial_velocity", "ag_gspphot", "has_xp_sampled")
TABLES = ("gaia_source", "xp_sampled_mean_spectrum")
ORDER, BUCKETS = "source_id_order", "hash_buckets"


def make(
    root: Path, tables: tuple[str, ...] = TABLES, layout: str = ORDER, **recipe: object
) -> Path:
    chosen = {"rows": 30_000, "columns": COLUMNS, "files": 3, "buckets": 4} | recipe
    make_synth(root, Recipe.for_rows(**chosen), tables, layout, lambda *_: None)
    return root


def rows(root: Path, name: str) -> pa.Table:
    table = Catalogue.open(root).table(name)
    return pq.read_table(table.folder, schema=read_schema(table)).sort_by("source_id")


@pytest.fixture(scope="module")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("data") / "synth")


def test_gaia_source_has_the_rows_asked_for(synth: Path) -> None:
    assert rows(synth, "gaia_source").num_rows == 30_000


def test_a_catalogue_of_few_columns_follows_a_release_of_its_own(synth: Path) -> None:
    table = Catalogue.open(synth).table("gaia_source")
    assert sorted(read_schema(table).names) == sorted(["source_id", *COLUMNS])


def test_the_notebooks_names_are_there_in_their_order(synth: Path) -> None:
    databases = Catalogue.open(synth).databases
    assert [d.name for d in databases] == ["gaiadr3", "gaiadr3ssd", "gaiaedr3ssd", "gaiaedr3"]
    assert [d.variable for d in databases] == [
        *(None, "DASK_DATA_PATH_GAIA_DR3_SSD", "DASK_DATA_PATH_GAIA_EDR3_SSD", None)
    ]


def test_files_say_that_they_are_synthetic_and_where_they_are_cut(synth: Path) -> None:
    files = Catalogue.open(synth).table("gaia_source").files
    metadata = [pq.read_metadata(file).metadata for file in files]
    assert {m[b"astroflow.label"] for m in metadata} == {b"synthetic"}
    assert metadata[0][b"astroflow.first_source_id"] == b"0"
    stops = [m[b"astroflow.stop_source_id"] for m in metadata]
    assert [m[b"astroflow.first_source_id"] for m in metadata] == [b"0", *stops[:-1]]
    assert int(stops[-1]) == 12 << 59


def test_a_table_s_sources_are_those_that_gaia_source_flags(synth: Path) -> None:
    sources = rows(synth, "gaia_source")
    flagged = sources.filter(sources["has_xp_sampled"])["source_id"]
    assert flagged.equals(rows(synth, "xp_sampled_mean_spectrum")["source_id"])


@pytest.mark.parametrize(
    ("column", "part"),
    [
        ("parallax", 1_467_744_818 / 1_811_709_771),
        ("bp_rp", 1_542_033_472 / 1_811_709_771),
        ("radial_velocity", 33_810_838 / 1_811_709_771),
        ("ag_gspphot", 470_759_263 / 1_811_709_771),
    ],
)
def test_as_many_values_are_missing_as_in_the_release(
    synth: Path, column: str, part: float
) -> None:
    sources = rows(synth, "gaia_source")
    assert 1 - sources[column].null_count / sources.num_rows == pytest.approx(part, abs=0.01)


def test_nan_stands_beside_null(synth: Path) -> None:
    assert pc.sum(pc.is_nan(rows(synth, "gaia_source")["ag_gspphot"])).as_py() > 0


@pytest.mark.parametrize("changed", [{"files": 7}, {"layout": BUCKETS}])
def test_rows_depend_on_neither_files_nor_layout(
    synth: Path, tmp_path: Path, changed: dict[str, object]
) -> None:
    other = make(tmp_path / "other", **changed)
    assert frame(other, "gaia_source").equals(frame(synth, "gaia_source"))


def test_rows_do_not_depend_on_which_columns_are_made(synth: Path, tmp_path: Path) -> None:
    one = frame(make(tmp_path / "one", ("gaia_source",), columns=("bp_rp",)), "gaia_source")
    assert one.equals(frame(synth, "gaia_source").select(one.columns))


def test_another_seed_gives_other_rows(synth: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other", seed=1)
    assert rows(other, "gaia_source").num_rows == 30_000
    assert not np.isin(rows(other, "gaia_source")["source_id"], rows(synth, "gaia_source")[0]).any()


def test_the_same_command_gives_the_same_bytes(synth: Path, tmp_path: Path) -> None:
    assert digests(make(tmp_path / "again")) == digests(synth)


def test_every_table_is_cut_at_the_same_ids(synth: Path) -> None:
    catalogue = Catalogue.open(synth)
    cuts = [[bounds(f) for f in catalogue.table(name).files] for name in TABLES]
    assert cuts[0] == cuts[1]


def test_tables_and_layouts_are_added_to_what_is_there(tmp_path: Path) -> None:
    root = make(tmp_path / "synth", ("gaia_source",))
    before = digests(root / "gaia_dr3")
    make(root, ("gaia_source", "gaiaedr3.gedr3dist"))
    make(root, ("gaia_source",), BUCKETS)
    catalogue = Catalogue.open(root)
    assert digests(root / "gaia_dr3").items() >= before.items()
    assert [t.name for t in catalogue.database("gaiaedr3ssd").tables] == ["gedr3dist"]
    assert catalogue.database("gaiadr3").layout.kind == BUCKETS
    assert frame(root, "gaiadr3.gaia_source").equals(frame(root, "gaiadr3ssd.gaia_source"))


def test_the_variable_of_files_in_order_is_not_given_to_buckets(tmp_path: Path) -> None:
    root = make(tmp_path / "synth", ("gaia_source",), BUCKETS)
    assert [d.variable for d in Catalogue.open(root).databases] == [None] * 4


def test_a_table_whose_columns_no_release_lists_has_its_key_and_says_so(synth: Path) -> None:
    (name, file) = ("xp_sampled_mean_spectrum", 0)
    path = Catalogue.open(synth).table(name).files[file]
    assert pq.read_schema(path).names == ["source_id"]
    assert b"the key alone" in pq.read_metadata(path).metadata[b"astroflow.note"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"rows": 5}, "--rows 5 where there is --rows 30000"),
        ({"seed": 1}, "--seed 1 where there is --seed 0"),
        ({"columns": ("ra",)}, "--columns ra where there is --columns ra,dec"),
    ],
)
def test_other_rows_are_not_mixed_in(
    synth: Path, changed: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        make(synth, **changed)


def test_a_catalogue_that_is_not_synthetic_is_left_alone(sample: Path) -> None:
    with pytest.raises(DataError, match="is no synthetic catalogue; it was left as it is"):
        make(sample)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gaia_sorce", "no table 'gaia_sorce'.*did you mean 'gaia_source'"),
        ("gaiaedr3.vari_agn", "no table 'gaiaedr3.vari_agn'"),
        ("../x", "no table '../x'"),
    ],
)
def test_an_unknown_table_is_named_before_anything_is_made(
    tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        make(tmp_path / "synth", (name,))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ({"columns": ("parallaxx",)}, "no column 'parallaxx'.*did you mean 'parallax'"),
        ({"rows": 0}, "rows: Input should be greater than 0"),
        ({"files": 0}, "files: Input should be greater than 0"),
    ],
)
def test_an_impossible_recipe_is_refused(recipe: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Recipe.for_rows(**({"rows": 10} | recipe))


def frame(root: Path, name: str) -> pl.DataFrame:
    """Return a table whose comparison tells NULL from NaN, and takes NaN for equal to itself."""
    return pl.DataFrame(rows(root, name))


def digests(root: Path) -> dict[str, str]:
    """Return the digest of every data file under ``root``."""
    files = sorted(root.rglob("*.parquet"))
    return {f.name + f.parent.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def bounds(file: Path) -> tuple[bytes, bytes]:
    """Return the range of ids that a file says it covers."""
    metadata = pq.read_metadata(file).metadata
    return metadata[b"astroflow.first_source_id"], metadata[b"astroflow.stop_source_id"]
