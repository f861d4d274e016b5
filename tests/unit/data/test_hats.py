"""HATS, checked against its standard with pyarrow and healpy: what is written and what is read."""

from pathlib import Path

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from astroflow_core.catalogue import Catalogue, Table
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.hats import read_properties
from astroflow_core.index import row_groups
from astroflow_core.regions import cone
from astroflow_core.search import cone_search, moc_search, plan
from astroflow_data.commands import app
from astroflow_data.hats import export_hats, register_hats

MOST_ROWS = 30_000
CONES = [(266.4, -29.0, 2), (0, 90, 3), (359.99, 0.01, 2), (269.4485, 4.7394, 0.01), (100, 20, 120)]


@pytest.fixture(scope="module")
def source(sample: Path) -> Table:
    return Catalogue.open(sample).table("gaia_source")


@pytest.fixture(scope="module")
def exported(source: Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("hats") / "gaia_bright"
    made = export_hats(source, target, MOST_ROWS)
    assert (made.rows, made.without_position) == (482_106, 0)
    return target


@pytest.fixture(scope="module")
def registered(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Table:
    (table,) = register_hats(exported, tmp_path_factory.mktemp("data")).databases[0].tables
    return table


@pytest.fixture
def without_ids(tmp_path: Path) -> Path:
    """Return a HATS catalogue of another survey: 12 pixels of order 0, without source_id."""
    rng = np.random.default_rng(5)
    ra, dec = rng.uniform(0, 360, 5000), np.degrees(np.arcsin(rng.uniform(-1, 1, 5000)))
    places = healpy.ang2pix(2**29, ra, dec, nest=True, lonlat=True)
    rows = pa.table({"_healpix_29": places, "ra": ra, "dec": dec}).sort_by("_healpix_29")
    folder = tmp_path / "Survey-1"
    for pixel in range(12):
        path = folder / f"dataset/Norder=0/Dir=0/Npix={pixel}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        inside = np.asarray(rows["_healpix_29"]) >> 58 == pixel
        pq.write_table(rows.filter(pa.array(inside)), path)
    pq.write_table(rows.slice(0, 10), folder / "dataset/data_thumbnail.parquet")
    (folder / "properties").write_text("obs_collection=survey\ndataproduct_type=object\n")
    return folder


def ids(rows: pa.Table) -> list[int]:
    return sorted(rows["source_id"].to_pylist())


def test_every_row_is_in_the_file_of_its_pixel_in_order(exported: Path) -> None:
    for path in sorted((exported / "dataset").rglob("*.parquet")):
        order = int(path.parent.parent.name.removeprefix("Norder="))
        pixel = int(path.stem.removeprefix("Npix="))
        rows = pq.ParquetFile(path).read()
        places = rows["_healpix_29"].to_numpy()
        found = healpy.ang2pix(
            2**29, rows["ra"].to_numpy(), rows["dec"].to_numpy(), nest=True, lonlat=True
        )
        assert (found == places).all()
        assert (places >> 2 * (29 - order) == pixel).all()
        assert (np.diff(places) >= 0).all()
        assert path.parent.name == f"Dir={pixel // 10000 * 10000}"
        assert 0 < len(rows) <= MOST_ROWS


def test_no_row_is_missing_or_altered(exported: Path, source: Table) -> None:
    found = ds.dataset(sorted((exported / "dataset").rglob("Npix=*.parquet"))).to_table()
    expected = pq.read_table(source.folder)
    found = found.drop_columns("_healpix_29").sort_by("source_id")
    assert found.equals(expected.sort_by("source_id"))


def test_partitions_and_properties_are_told(exported: Path) -> None:
    lines = (exported / "partition_info.csv").read_text().splitlines()
    files = sorted((exported / "dataset").rglob("Npix=*.parquet"))
    told = {tuple(line.split(",")) for line in lines[1:]}
    assert lines[0] == "Norder,Npix"
    assert told == {(f.parent.parent.name[7:], f.stem[5:]) for f in files}
    properties = read_properties(exported)
    assert properties["obs_collection"] == "gaia_bright"
    assert properties["hats_nrows"] == "482106"
    assert (properties["hats_col_ra"], properties["hats_col_dec"]) == ("ra", "dec")
    assert "DPAC" in properties["obs_ack"]
    assert (exported / "properties").read_text() == (exported / "hats.properties").read_text()
    schema = pq.read_schema(exported / "dataset" / "_common_metadata")
    assert schema.names[0] == "_healpix_29"
    assert schema.field("ra").metadata[b"unit"] == b"deg"


@pytest.mark.parametrize("place", CONES)
def test_a_region_of_a_registered_catalogue_has_the_same_rows(
    registered: Table, source: Table, place: tuple[float, float, float]
) -> None:
    assert ids(cone_search(registered, *place)) == ids(cone_search(source, *place))


def test_a_region_opens_few_files(registered: Table) -> None:
    found = plan(registered, cone(266.4, -29.0, 2))
    assert len(found.groups) <= 2
    assert len(row_groups(registered)) == len(registered.files) > 20


def test_files_of_one_name_in_two_orders_are_two(registered: Table) -> None:
    assert len({path.name for path in registered.files}) < len(registered.files)
    runner = CliRunner().invoke(app, ["index", str(registered.database.path)])
    assert runner.exit_code == 0, runner.exception
    assert row_groups(registered).rows.sum() == 482_106


def test_a_survey_without_source_id_is_searched_by_position(
    without_ids: Path, tmp_path: Path
) -> None:
    (table,) = register_hats(without_ids, tmp_path / "data").databases[0].tables
    assert (table.full_name, table.key) == ("survey_1.survey_1", "_healpix_29")
    rows = pa.concat_tables(pq.ParquetFile(path).read() for path in table.files)
    inside = cone(10, 80, 12).contains(rows["ra"].to_numpy(), rows["dec"].to_numpy())
    assert len(cone_search(table, 10, 80, 12)) == inside.sum() > 0
    assert len(plan(table, cone(10, 80, 12)).groups) < 12
    assert len(moc_search(table, "0/3")) == pq.read_metadata(table.files[3]).num_rows
    assert not plan(table, cone(10, 80, 1)).prunes


def test_of_a_collection_the_primary_is_meant(without_ids: Path, tmp_path: Path) -> None:
    without_ids.rename(tmp_path / "inner")
    collection = tmp_path / "both"
    collection.mkdir()
    (tmp_path / "inner").rename(collection / "main")
    text = "obs_collection=both\nhats_primary_table_url=main\n"
    (collection / "collection.properties").write_text(text)
    (table,) = register_hats(collection, tmp_path / "data", "both").databases[0].tables
    assert (table.full_name, table.folder) == ("both.both", collection / "main")


def test_the_commands_say_what_they_made(sample: Path, tmp_path: Path) -> None:
    target = tmp_path / "bright"
    arguments = ["export-hats", str(sample), str(target), "--table", "gaiadr3.gaia_source"]
    exporting = CliRunner().invoke(app, arguments)
    assert exporting.exit_code == 0, exporting.exception
    assert f"{target}: 482106 rows in 12 files" in exporting.output.replace("\n", "")
    data = tmp_path / "data"
    registering = CliRunner().invoke(app, ["register-hats", str(target), "--out", str(data)])
    assert registering.output.replace("\n", "").endswith("bright: bright.bright")
    with pytest.raises(DataError, match="exists already"):
        register_hats(target, data)
    with pytest.raises(DataError, match="exists already"):
        export_hats(Catalogue.open(sample).table("gaia_source"), target)


def test_what_has_no_position_is_left_out_and_counted(make_table: Table, tmp_path: Path) -> None:
    made = export_hats(make_table, tmp_path / "hats")
    assert (made.rows, made.without_position) == (2, 2)


@pytest.fixture
def make_table(tmp_path: Path) -> Table:
    """Return a table of four rows: two have a position, one NULL, one NaN."""
    root = tmp_path / "small"
    (root / "t").mkdir(parents=True)
    release = "name: r\ntitle: R\nreference_epoch: 2016.0\nacknowledgement: ''\n"
    release += "tables: [{name: t, folder: t}]\n"
    (root / "r.yaml").write_text(release)
    text = "title: T\ndefault_database: d\ndatabases: [{name: d, release: r.yaml, path: .}]\n"
    (root / "catalogue.yaml").write_text(text)
    places = {"ra": [0.0, 0.0, None, float("nan")], "dec": [90.0, -90.0, 1.0, 1.0]}
    # Ids in the pixels of the poles, level 12.
    poles = [(4**12 - 1) << 35, (8 * 4**12) << 35]
    rows = pa.table({"source_id": [poles[0], poles[1], poles[1] + 1, poles[1] + 2], **places})
    pq.write_table(rows, root / "t" / "a.parquet")
    return Catalogue.open(root).table("t")


def test_ids_that_are_not_of_their_positions_are_found_out(
    make_table: Table, tmp_path: Path
) -> None:
    rows = pq.read_table(make_table.files[0])
    wrong = rows.set_column(0, "source_id", pa.array([(2 << 59) + number for number in range(4)]))
    pq.write_table(wrong, make_table.files[0])
    with pytest.raises(DataError, match="has 2 rows with a position and 0 were found"):
        export_hats(make_table, tmp_path / "hats")
    assert not (tmp_path / "hats").exists()


def test_without_a_position_in_any_row_there_is_nothing_to_map(
    make_table: Table, tmp_path: Path
) -> None:
    pq.write_table(pq.read_table(make_table.files[0]).slice(2), make_table.files[0])
    with pytest.raises(DataError, match="has no row with a position"):
        export_hats(make_table, tmp_path / "hats")


def test_a_table_without_positions_is_no_map(sample: Path, tmp_path: Path) -> None:
    table = Catalogue.open(sample).table("galactic_coordinates")
    with pytest.raises(DataError, match="has no column 'ra', so it is no map of the sky"):
        export_hats(table, tmp_path / "hats")


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ("obs_collection=x\ndataproduct_type=margin\n", "is a HATS margin catalogue"),
        ("obs_collection=x\nhats_npix_suffix=/\n", "has no files dataset/Norder=0"),
        ("obs_collection=x\nhats_nrows=7\n", "has 5000 rows and its properties say 7"),
        ("dataproduct_type=object\n", "do not tell obs_collection"),
    ],
)
def test_what_is_no_catalogue_of_objects_is_refused(
    without_ids: Path, tmp_path: Path, properties: str, words: str
) -> None:
    (without_ids / "properties").write_text(properties)
    with pytest.raises(CatalogueError, match=words):
        register_hats(without_ids, tmp_path / "data")


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"is no HATS catalogue: it has no hats\.properties"):
        register_hats(tmp_path, tmp_path / "data")
