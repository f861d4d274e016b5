"""What an admin's catalogue may say, and what it is told when it is wrong."""

from pathlib import Path

import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError

TWO_LAYOUTS = """
title: Gaia
default_database: gaiadr3ssd
databases:
  - {name: gaiadr3, release: gaia_dr3, path: spark/GDR3, layout: {kind: hash_buckets}}
  - {name: gaiadr3ssd, release: gaia_dr3, path: dask, variable: DASK_DATA_PATH_GAIA_DR3_SSD}
  - {name: gaiaedr3, release: gaia_edr3, path: dask}
"""


def write(root: Path, text: str) -> Path:
    (root / "catalogue.yaml").write_text(text, encoding="utf-8")
    return root


def add_table(folder: Path, *files: str) -> None:
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).touch()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, TWO_LAYOUTS)


def test_a_catalogue_tells_its_title_and_databases(root: Path) -> None:
    catalogue = Catalogue.open(root)
    assert catalogue.title == "Gaia"
    assert catalogue.name == root.name
    assert [database.name for database in catalogue.databases] == [
        "gaiadr3",
        "gaiadr3ssd",
        "gaiaedr3",
    ]
    assert [database.variable for database in catalogue.databases] == [
        None,
        "DASK_DATA_PATH_GAIA_DR3_SSD",
        None,
    ]


def test_the_layout_chooses_the_folder(root: Path) -> None:
    add_table(root / "spark/GDR3/GDR3_GAIASOURCE")
    add_table(root / "spark/GDR3/GDR3_VARI_SUMMARY")
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    catalogue = Catalogue.open(root)
    assert catalogue.table("gaiadr3.gaia_source").folder == root / "spark/GDR3/GDR3_GAIASOURCE"
    assert catalogue.table("gaiadr3.vari_summary").folder == root / "spark/GDR3/GDR3_VARI_SUMMARY"
    assert catalogue.table("gaiadr3ssd.gaia_source").folder == root / "dask/GDR3_GAIA_SOURCE"


def test_a_layout_tells_its_buckets(root: Path) -> None:
    assert Catalogue.open(root).database("gaiadr3").layout.model_dump() == {
        "kind": "hash_buckets",
        "buckets": 2048,
    }


def test_a_bare_name_is_in_the_default_database(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    assert Catalogue.open(root).table("gaia_source").full_name == "gaiadr3ssd.gaia_source"


def test_names_are_found_in_any_case(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    table = Catalogue.open(root).table("GaiaDR3ssd.GAIA_Source")
    assert table.full_name == "gaiadr3ssd.gaia_source"


def test_only_tables_that_are_here_are_listed_in_the_order_of_the_release(root: Path) -> None:
    add_table(root / "dask/GDR3_VARI_SUMMARY")
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    add_table(root / "dask/GDR3_UNKNOWN")
    database = Catalogue.open(root).database("gaiadr3ssd")
    assert [table.name for table in database.tables] == ["gaia_source", "vari_summary"]


def test_a_table_knows_its_key_and_its_parquet_files_by_name(root: Path) -> None:
    folder = root / "dask/GDR3_OA_NEURON_INFORMATION"
    add_table(folder, "part-1.parquet", "part-0.parquet", "_SUCCESS")
    table = Catalogue.open(root).table("oa_neuron_information")
    assert table.key == "som_id"
    assert table.files == (folder / "part-0.parquet", folder / "part-1.parquet")


def test_a_missing_folder_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nowhere: catalogue\.yaml is missing; .*data sample"):
        Catalogue.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "catalogue.yaml: not valid YAML: "),
        ("", r"catalogue.yaml: \(whole file\): "),
        ("- title", r"catalogue.yaml: \(whole file\): "),
        ("title: Gaia", "default_database: Field required; databases: Field required"),
        (TWO_LAYOUTS + "owner: me", "owner: there is no such field"),
        (TWO_LAYOUTS.replace("path: dask}", "paht: dask}"), r"databases\.2\.paht: there is no"),
        (TWO_LAYOUTS.replace("gaiaedr3", "gaiadr3"), "the database 'gaiadr3' is defined twice"),
        (
            TWO_LAYOUTS.replace("default_database: gaiadr3ssd", "default_database: gaia"),
            "default_database 'gaia' is none of gaiadr3, gaiadr3ssd, gaiaedr3",
        ),
        (TWO_LAYOUTS.replace("name: gaiaedr3", "name: Gaia-EDR3"), r"databases\.2\.name: "),
        (TWO_LAYOUTS.replace("hash_buckets", "heap"), r"databases\.0\.layout: .*'heap'"),
        (TWO_LAYOUTS.replace("hash_buckets", "hash_buckets, buckets: 0"), "buckets: .*than 0"),
        (TWO_LAYOUTS.replace("release: gaia_edr3", "release: gaia_edr4"), "no release 'gaia_edr4'"),
        ("title: Gaia\ndefault_database: x\ndatabases: []", "databases: .*at least 1"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        Catalogue.open(write(tmp_path, text))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_bytes(b"title: \xff")
    with pytest.raises(CatalogueError, match=r"catalogue\.yaml: cannot be read"):
        Catalogue.open(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gaiadr3.gaia_sorce", "no table 'gaia_sorce' in gaiadr3; did you mean 'gaia_source'?"),
        ("gaiaedr3.xyz", "no table 'xyz' in gaiaedr3; there are gaia_source, gaia_source_tmasspsc"),
        ("gaia_dr3.gaia_source", "no database 'gaia_dr3' in Gaia; did you mean 'gaiadr3'?"),
        ("hipparcos.main", "no database 'hipparcos' in Gaia; there are gaiadr3, gaiadr3ssd, gaia"),
        ("a.b.gaia_source", "no database 'a.b' in Gaia"),
        ("", "no table '' in gaiadr3ssd"),
    ],
)
def test_a_misspelt_name_is_told_the_nearest(root: Path, name: str, message: str) -> None:
    with pytest.raises(CatalogueError) as failure:
        Catalogue.open(root).table(name)
    assert str(failure.value).startswith(message)


def test_a_table_whose_folder_is_missing_is_told_what_is_here(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    with pytest.raises(
        CatalogueError, match=r"gaiadr3ssd\.vari_agn is not here.*here: gaia_source"
    ):
        Catalogue.open(root).table("vari_agn")


def test_a_database_without_any_folder_says_so(root: Path) -> None:
    with pytest.raises(CatalogueError, match="Tables of gaiadr3 that are here: none"):
        Catalogue.open(root).table("gaiadr3.gaia_source")


def test_a_folder_without_files_is_an_empty_table(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE", "_SUCCESS")
    with pytest.raises(CatalogueError, match=r"gaia_source is empty: .* holds no \*\.parquet file"):
        _ = Catalogue.open(root).table("gaia_source").files


def test_a_folder_that_goes_away_is_told(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    table = Catalogue.open(root).table("gaia_source")
    table.folder.rmdir()
    with pytest.raises(CatalogueError, match=r"its folder .* is missing"):
        _ = table.files


def test_reprs_name_what_they_stand_for(root: Path) -> None:
    add_table(root / "dask/GDR3_GAIA_SOURCE")
    catalogue = Catalogue.open(root)
    assert repr(catalogue) == f"<Catalogue Gaia at {root}>"
    assert (
        repr(catalogue.database("gaiadr3")) == f"<Database gaiadr3: Gaia DR3 at {root}/spark/GDR3>"
    )
    assert repr(catalogue.table("gaia_source")) == (
        f"<Table gaiadr3ssd.gaia_source at {root}/dask/GDR3_GAIA_SOURCE>"
    )
