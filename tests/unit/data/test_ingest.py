"""Bulk files become a table: every row as it was, in order, with an index that counts right."""

import fcntl
import hashlib
import json
import re
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from astroflow_core.buckets import bucket_of
from astroflow_core.catalogue import Catalogue, HashBuckets
from astroflow_core.errors import AstroFlowError
from astroflow_core.footers import ordered_footers, read_schema
from astroflow_core.index import row_facts, row_groups
from astroflow_core.index_file import INDEX_FILE
from astroflow_data.databases import Home
from astroflow_data.ingest import job as ingest_job
from astroflow_data.ingest import merge, runs
from astroflow_data.ingest.inputs import find_inputs
from astroflow_data.ingest.job import Ingest, find_table
from astroflow_data.manifest import Manifest
from astroflow_data.verify import Subject

RELEASE = """
name: gaia_test
title: Gaia test
reference_epoch: 2016.0
acknowledgement: ESA, DPAC
tables:
  - name: gaia_source
    folder: SOURCES
    description: sources
    columns:
      - {name: solution_id, type: int64}
      - {name: designation, type: string, ucd: meta.id}
      - {name: source_id, type: int64}
      - {name: ra, type: float64, unit: deg}
      - {name: ruwe, type: float32}
      - {name: n_obs, type: int16}
      - {name: has_rvs, type: bool}
      - {name: libname, type: string}
  - {name: epoch_photometry, folder: EPOCHS, description: arrays}
  - name: orbits
    folder: ORBITS
    unique_key: false
    description: several a source
    columns:
      - {name: source_id, type: int64}
      - {name: period, type: float64}
  - name: classes
    folder: CLASSES
    key: class_name
    description: by a text
    columns:
      - {name: class_name, type: string}
      - {name: number, type: int32}
"""
ROWS = 6000
WriteBulk = Callable[..., list[Path]]


def sources(rows: int = ROWS) -> pa.Table:
    """Return made-up sources all over the sky, with every kind of gap, by id."""
    rng = np.random.default_rng(8)
    ids = np.sort(rng.choice(12 << 59, rows, replace=False))
    ruwe = rng.random(rows).astype(np.float32)
    ruwe[rng.random(rows) < 0.1] = np.nan
    return pa.table(
        {
            "solution_id": pa.array(np.full(rows, 1636148068921376768)),
            "designation": pa.array([f"Gaia DR3 {i}" for i in ids.tolist()]),
            "source_id": ids,
            "ra": pa.array(rng.random(rows) * 360, mask=rng.random(rows) < 0.1),
            "ruwe": pa.array(ruwe, mask=rng.random(rows) < 0.3, from_pandas=False),
            "n_obs": pa.array(rng.integers(-5, 500, rows).astype(np.int16)),
            "has_rvs": pa.array(rng.random(rows) < 0.5, mask=rng.random(rows) < 0.1),
            "libname": pa.array(rng.choice(["MARCS", "a, b", 'say "x"', None], rows)),
        }
    )


class Admin:
    """Ingests into one catalogue, as the command does."""

    def __init__(self, folder: Path) -> None:
        (folder / "release.yaml").write_text(RELEASE)
        self.folder = folder
        self.root = folder / "catalogue"

    def job(self, *inputs: Path, table: str = "gaia_source", **options: object) -> Ingest:
        """Return the job that the command would run."""
        home = Home(self.root, str(self.folder / "release.yaml"))
        kind = options.pop("layout", "source_id_order")
        layout = home.layout(kind, options.pop("buckets", None))
        return Ingest(
            find_inputs(inputs) if inputs else (),
            home.release,
            find_table(home.release, table),
            layout,
            home.folder(kind),
            options.pop("files", None),
            options.pop("workers", 2),
        )

    def ingest(self, *inputs: Path, **options: object) -> Path:
        """Ingest, and return the table's folder."""
        job = self.job(*inputs, **options)
        job.run(lambda *_: None)
        Home(self.root, str(self.folder / "release.yaml")).register(job.layout)
        return job.target

    def problems(self, folder: Path) -> tuple[str, ...]:
        """Return what `astroflow data verify` finds wrong."""
        opened = Catalogue.open(self.root)
        tables = {t.folder: t for d in opened.databases for t in d.tables}
        return Subject.of_table(tables[folder]).verify(lambda *_: None).problems


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory, write_bulk: WriteBulk) -> Path:
    folder = tmp_path_factory.mktemp("bulk")
    write_bulk(sources(), folder, 5)
    return folder


@pytest.fixture(scope="module")
def made(bulk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an admin who has ingested, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    Admin(folder).ingest(bulk, files=3)
    return folder


def read(folder: Path) -> pa.Table:
    """Return the rows of a table in the order in which they lie in its files."""
    files = sorted(folder.glob("*.parquet"))
    return pa.concat_tables(pq.read_table(file) for file in files).replace_schema_metadata(None)


def same(found: pa.Table, expected: pa.Table) -> bool:
    """Return whether two tables hold the same values, NaN and NULL apart."""
    pairs = zip(found.columns, expected.columns, strict=True)
    return found.column_names == expected.column_names and all(
        repr(ours.to_pylist()) == repr(theirs.cast(ours.type).to_pylist()) for ours, theirs in pairs
    )


def hashes(folder: Path) -> dict[str, str]:
    """Return the checksum of each file of a table, but for the index, which knows of times."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.suffix != ".npz"
    }


def hidden(folder: Path) -> list[str]:
    """Return what an ingest left hidden beside its tables, but for the lock's file."""
    return [path.name for path in folder.glob(".*") if path.name != ingest_job.LOCK_FILE]


def test_rows_come_out_as_they_went_in(admin: Admin, bulk: Path) -> None:
    table = admin.ingest(bulk, files=4)
    assert same(read(table), sources())
    assert admin.problems(table) == ()
    assert hidden(table.parent) == []


def test_files_are_ranges_of_the_sky_with_as_many_rows(admin: Admin, bulk: Path) -> None:
    admin.ingest(bulk, files=4)
    footers = ordered_footers(Catalogue.open(admin.root).table("gaia_source"))
    assert [footer.rows for footer in footers] == pytest.approx([ROWS / 4] * 4, rel=0.01)


def test_the_catalogue_offers_the_table_under_both_names(admin: Admin, bulk: Path) -> None:
    admin.ingest(bulk)
    opened = Catalogue.open(admin.root)
    assert [d.name for d in opened.databases] == ["gaiatest", "gaiatestssd"]
    assert opened.default_database == "gaiatestssd"
    assert opened.database("gaiatestssd").variable == "DASK_DATA_PATH_GAIA_TEST_SSD"
    for database in opened.databases:
        assert read_schema(database.table("gaia_source")).names == sources().column_names
    admin.ingest(bulk, layout="hash_buckets", buckets=2)
    layouts = {d.name: d.layout.kind for d in Catalogue.open(admin.root).databases}
    assert layouts == {"gaiatest": "hash_buckets", "gaiatestssd": "source_id_order"}


@pytest.mark.parametrize("layout", ["source_id_order", "hash_buckets"])
def test_the_index_counts_as_numpy_does(admin: Admin, bulk: Path, layout: str) -> None:
    admin.ingest(bulk, layout=layout, buckets=4)
    table = Catalogue.open(admin.root).table("gaia_source")
    facts, rows = row_facts(table), sources()
    assert facts is not None
    nans = dict(zip(facts.names, facts.nans.tolist(), strict=True))
    assert nans["ruwe"] == sum(repr(value) == "nan" for value in rows["ruwe"].to_pylist())
    assert nans["ra"] == 0
    pixels = rows["source_id"].to_numpy() >> 43
    assert np.array_equal(facts.pixel_counts, np.bincount(pixels, minlength=12 * 4**8))
    assert row_groups(table).rows.sum() == ROWS


def test_every_row_is_in_the_bucket_that_its_hash_names(admin: Admin, bulk: Path) -> None:
    table = admin.ingest(bulk, layout="hash_buckets", buckets=3)
    assert same(read(table).sort_by("source_id"), sources())
    for number, path in enumerate(sorted(table.glob("*.parquet"))):
        ids = pq.read_table(path)["source_id"].combine_chunks()
        assert set(bucket_of(ids, 3)) == {number}
        assert (np.diff(ids.to_numpy()) > 0).all()
    assert (table / "_SUCCESS").exists()


@pytest.mark.parametrize("layout", ["source_id_order", "hash_buckets"])
def test_small_pieces_and_any_order_give_the_same_bytes(
    admin: Admin, bulk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    at_once = admin.ingest(bulk, layout=layout, buckets=3)
    shuffled = sources().take(np.random.default_rng(1).permutation(ROWS))
    (tmp_path / "other").mkdir()
    pq.write_table(shuffled, tmp_path / "other" / "a.parquet", row_group_size=700)
    monkeypatch.setattr(runs, "RUN_BYTES", 20_000)
    monkeypatch.setattr(runs, "_LEAST_ROWS", 3)
    monkeypatch.setattr("astroflow_data.ingest.reader._BATCH_ROWS", 64)
    monkeypatch.setattr(merge, "_CHUNK_BYTES", 150_000)
    monkeypatch.setattr(merge, "ROW_GROUP_ROWS", 1024)
    again = Admin(tmp_path / "other")
    in_pieces = again.ingest(tmp_path / "other" / "a.parquet", layout=layout, buckets=3, workers=1)
    assert same(read(in_pieces), read(at_once))
    assert again.problems(in_pieces) == ()


def test_workers_do_not_change_a_byte(admin: Admin, bulk: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    alone = Admin(tmp_path / "other").ingest(bulk, workers=1)
    assert hashes(alone) == hashes(admin.ingest(bulk, workers=4))


def test_csv_without_a_header_and_uncompressed_is_read_by_the_release(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    import gzip

    (packed,) = write_bulk(sources(50), tmp_path / "in", 1, header=False)
    plain = tmp_path / "plain.csv"
    plain.write_bytes(gzip.decompress(packed.read_bytes()).replace(b"null", b""))
    assert same(read(admin.ingest(plain)), sources(50))


def test_arrays_are_lists_and_columns_come_from_the_file(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    rows = pa.table(
        {
            "source_id": [3 << 40, 1 << 50],
            "g_mag": pa.array([[1.5, None, float("nan")], None], pa.list_(pa.float64())),
            "flux": pa.array([[], [2.5]], pa.list_(pa.float32())),
        }
    )
    table = admin.ingest(*write_bulk(rows, tmp_path / "in", 1), table="epoch_photometry")
    assert same(read(table), rows)
    assert admin.problems(table) == ()


def test_the_second_table_is_cut_as_the_first(
    admin: Admin, bulk: Path, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    admin.ingest(bulk, files=4)
    ids = sources()["source_id"].to_numpy()
    few = pa.table({"source_id": np.repeat(ids[:60], 2), "period": np.arange(120.0)})
    table = admin.ingest(*write_bulk(few, tmp_path / "in", 3), table="orbits")
    assert len(list(table.glob("*.parquet"))) == 4
    assert same(read(table), few)
    assert admin.problems(table) == ()
    table.rename(tmp_path / "orbits")
    with pytest.raises(AstroFlowError, match=r"--files 7: .* has 4, and the tables"):
        admin.ingest(bulk, table="orbits", files=7)


def test_a_key_that_is_no_place_makes_one_file(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    rows = pa.table({"class_name": ["b", "a", "c"], "number": pa.array([1, 2, 3], pa.int32())})
    table = admin.ingest(*write_bulk(rows, tmp_path / "in", 2), table="classes")
    assert read(table).to_pydict() == {"class_name": ["a", "b", "c"], "number": [2, 1, 3]}
    assert admin.problems(table) == ()


def test_ids_of_the_solar_system_are_no_places(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    rows = pa.table({"source_id": [-5, -4_284_967_286], "period": [1.0, 2.0]})
    table = admin.ingest(*write_bulk(rows, tmp_path / "in", 1), table="orbits")
    assert read(table)["source_id"].to_pylist() == [-4_284_967_286, -5]
    assert row_facts(Catalogue.open(admin.root).table("orbits")).pixel_counts is None


def edited(paths: list[Path], change: Callable[[str], str]) -> None:
    """Change the text of the second file of some."""
    import gzip

    text = gzip.decompress(paths[1].read_bytes()).decode()
    paths[1].write_bytes(gzip.compress(change(text).encode()))


LINE = 12 + 5  # of the second file: 12 lines of comments, one of names, then rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("\n1636148068921376768,", "\n163614806892137676x,", 4),
            "GaiaSource_000001.csv.gz, line 14: '163614806892137676x' in 'solution_id' is no int64",
        ),
        (
            lambda text: "\n".join([*text.split("\n")[:16], "1,2,3", ""]),
            "GaiaSource_000001.csv.gz, line 17: 3 values where the table has 8 columns",
        ),
        (
            lambda text: text.replace("n_obs", "n_obz"),
            "is not gaia_source of this release: column 'n_obs' is missing; column 'n_obz' is",
        ),
        (
            lambda text: text.replace(",n_obs,", ",ruwe,"),
            "has the column 'ruwe' twice",
        ),
        (
            lambda text: text.replace(",source_id,", ",id,"),
            "column 'source_id' is missing; column 'id' is unknown",
        ),
        (
            lambda _: "",
            "has no line that names its columns",
        ),
    ],
)
def test_a_bad_input_is_named_with_its_place_and_nothing_is_published(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    paths = write_bulk(sources(100), tmp_path / "in", 4)
    edited(paths, change)
    with pytest.raises(AstroFlowError) as failure:
        admin.ingest(*paths)
    assert message in str(failure.value)
    assert not (admin.root / "gaia_test" / "source_id_order" / "SOURCES").exists()


def test_a_row_without_its_key_is_named(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    rows = pa.table({"source_id": pa.array([1, 2, None]), "period": [1.0, 2.0, 3.0]})
    paths = write_bulk(rows, tmp_path / "in", 1)
    with pytest.raises(AstroFlowError, match=r"000000\.csv\.gz: row 3 has no source_id"):
        admin.ingest(*paths, table="orbits")


def test_a_truncated_file_is_named(admin: Admin, write_bulk: WriteBulk, tmp_path: Path) -> None:
    paths = write_bulk(sources(3000), tmp_path / "in", 2)
    paths[1].write_bytes(paths[1].read_bytes()[:-9000])
    with pytest.raises(AstroFlowError, match=r"000001\.csv\.gz cannot be read .*download it again"):
        admin.ingest(*paths)


def test_a_source_that_stands_twice_is_named_with_its_files(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    rows = sources(100)
    twice = pa.concat_tables([rows, rows.slice(40, 1)])
    with pytest.raises(AstroFlowError) as failure:
        admin.ingest(*write_bulk(twice, tmp_path / "in", 4))
    said = str(failure.value)
    assert f"source_id {rows['source_id'][40]} stands twice" in said
    assert "GaiaSource_000001.csv.gz" in said
    assert "GaiaSource_000003.csv.gz" in said


def test_a_run_goes_on_with_what_was_read_before_an_error(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    paths = write_bulk(sources(100), tmp_path / "in", 3)
    whole = paths[1].read_bytes()
    edited(paths, lambda text: text.replace("Gaia DR3", "Gaia, DR3"))
    with pytest.raises(AstroFlowError, match="9 values where the table has 8 columns"):
        admin.ingest(*paths, workers=1)
    runs_of_first = next(admin.root.rglob(f"{find_inputs(paths)[0].token}-00000.arrow"))
    made = runs_of_first.stat().st_ino
    paths[1].write_bytes(whole)
    again = admin.job(*paths, workers=1)
    seen = []
    again.run(lambda *_: seen.append(runs_of_first.exists() and runs_of_first.stat().st_ino))
    assert made in seen
    assert same(read(again.target), sources(100))


def test_a_table_that_is_there_is_not_made_again(admin: Admin, bulk: Path) -> None:
    table = admin.ingest(bulk)
    before = hashes(table)
    (table.parent / ".SOURCES.ingest" / "runs").mkdir(parents=True)
    assert admin.ingest(bulk) == table
    assert hashes(table) == before
    assert hidden(table.parent) == []
    with pytest.raises(AstroFlowError, match="exists already and was made of other files"):
        admin.ingest(min(bulk.iterdir()))


def test_two_ingests_do_not_meet(admin: Admin, bulk: Path) -> None:
    database = admin.job(bulk).database
    database.mkdir(parents=True)
    with (database / ingest_job.LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AstroFlowError, match="another ingest is at work in"):
            admin.ingest(bulk)


def test_a_disk_too_small_is_told_before_anything_is_read(
    admin: Admin, bulk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")(10, 9, 1)  # noqa: PYI024 (as shutil's)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(AstroFlowError, match=r"needs about .* MB while it is made, and its disk"):
        admin.ingest(bulk)


def test_checksums_that_came_along_are_compared(
    admin: Admin, write_bulk: WriteBulk, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    paths = write_bulk(sources(100), folder, 2)
    sums = [hashlib.md5(path.read_bytes()).hexdigest() for path in paths]  # noqa: S324 (ESA's)
    lines = [f"{sum_}  {path.name}\n" for sum_, path in zip(sums, paths, strict=True)]
    (folder / "_MD5SUM.txt").write_text("".join(lines))
    assert same(read(admin.ingest(folder)), sources(100))
    paths[0].rename(tmp_path / "elsewhere.csv.gz")
    with pytest.raises(AstroFlowError, match="lacks 1 of the 2 files of its list of checksums"):
        find_inputs([folder])
    write_bulk(sources(90), folder, 2)
    with pytest.raises(AstroFlowError, match=r"has the MD5 checksum \w+, and \w+ was promised"):
        admin.ingest(folder, layout="hash_buckets", buckets=2)


def test_unknown_inputs_and_names_are_refused(admin: Admin, bulk: Path, tmp_path: Path) -> None:
    with pytest.raises(AstroFlowError, match="did you mean 'gaia_source'"):
        admin.job(bulk, table="gaia_sorce")
    with pytest.raises(AstroFlowError, match="no release 'gaia_dr9'; the releases are"):
        Home(tmp_path, "gaia_dr9")
    with pytest.raises(AstroFlowError, match="is none of"):
        find_inputs([tmp_path / "release.yaml"])
    with pytest.raises(AstroFlowError, match=r"cannot be read: No such file"):
        find_inputs([tmp_path / "x.csv"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AstroFlowError, match=r"empty holds no \*\.csv\.gz"):
        find_inputs([tmp_path / "empty"])


def test_a_catalogue_of_others_is_left_alone(tmp_path: Path, sample: Path) -> None:
    with pytest.raises(AstroFlowError, match=r"gaiadr3 in .* is a database of gaia_dr3_sample"):
        Home(sample, "gaia_dr3")
    (tmp_path / "synth.yaml").touch()
    with pytest.raises(AstroFlowError, match="is a synthetic catalogue"):
        Home(tmp_path, "gaia_dr3")


def test_rows_say_of_what_kind_they_are(admin: Admin, bulk: Path, tmp_path: Path) -> None:
    table = admin.ingest(bulk)
    file = next(table.glob("*.parquet"))
    assert pq.read_metadata(file).metadata[b"astroflow.label"] == b"real"
    synthetic = sources(10).replace_schema_metadata({"astroflow.label": "synthetic"})
    pq.write_table(synthetic, tmp_path / "s.parquet")
    buckets = {"layout": "hash_buckets", "buckets": 1}
    with pytest.raises(AstroFlowError, match="the inputs are real and synthetic"):
        admin.ingest(tmp_path / "s.parquet", bulk, **buckets)
    (made,) = admin.ingest(tmp_path / "s.parquet", **buckets).glob("*.parquet")
    assert pq.read_metadata(made).metadata[b"astroflow.label"] == b"synthetic"


def test_the_manifest_lists_files_and_inputs(admin: Admin, bulk: Path) -> None:
    manifest = Manifest.of(admin.ingest(bulk, layout="hash_buckets", buckets=2))
    assert (manifest.release, manifest.table, manifest.rows) == ("gaia_test", "gaia_source", ROWS)
    assert manifest.layout == HashBuckets(buckets=2)
    assert [entry.name for entry in manifest.inputs] == sorted(path.name for path in bulk.iterdir())
    assert sum(entry.rows for entry in manifest.files) == ROWS


def truncate(table: Path) -> None:
    path = table / "part-00001.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def rewrite(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    def write(table: Path) -> None:
        (table / "_manifest.json").unlink()
        path = table / "part-00001.parquet"
        rows = pq.read_table(path)
        pq.write_table(change(rows).replace_schema_metadata(rows.schema.metadata), path)

    return write


def edit_by_hand(table: Path) -> None:
    path = table / "part-00001.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.slice(1), path)


def of_another_release(table: Path) -> None:
    path = table / "_manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"release": "gaia_dr2"}))


def index_with(
    name: str, change: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> Callable[[Path], None]:
    def write(table: Path) -> None:
        with np.load(table / INDEX_FILE) as saved:
            arrays = dict(saved)
        np.savez_compressed(table / INDEX_FILE, **arrays | {name: change(arrays[name])})

    return write


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (truncate, r"part-00001\.parquet is truncated: \d+ of \d+ bytes are left"),
        (edit_by_hand, r"part-00001\.parquet (was changed: its checksum|is truncated)"),
        (lambda t: (t / "part-00002.parquet").unlink(), r"part-00002\.parquet is missing"),
        (
            lambda t: (t / "x.parquet").write_bytes((t / "part-00000.parquet").read_bytes()),
            r"x\.parquet is no file of the table",
        ),
        (of_another_release, "is gaia_source of gaia_dr2 .* by its manifest, and gaia_source of"),
        (lambda t: (t / "_manifest.json").write_text("{"), r"_manifest\.json is damaged"),
        (rewrite(lambda r: r.take([1, 0])), "is not in order of source_id: .* follows"),
        (rewrite(lambda r: r.take([0, 0])), r"has source_id \d+ twice"),
        (
            rewrite(lambda r: r.drop(["ruwe"])),
            "does not follow Gaia test: column 'ruwe'",
        ),
        (
            rewrite(lambda r: r.set_column(2, "source_id", pa.array(range(len(r))))),
            "holds a source_id outside of its range",
        ),
        (index_with("nans", lambda n: n + 1), r"does not tell what the files hold \(nans\)"),
        (index_with("pixel_counts", np.flip), r"what the files hold \(pixel_counts\)"),
        (index_with("group_rows", lambda n: n - 1), r"what the files hold \(group_rows\)"),
        (lambda t: (t / INDEX_FILE).write_text("?"), r"_index\.npz is not of these files"),
    ],
)
def test_verify_names_what_is_wrong(
    made: Path, tmp_path: Path, damage: Callable[[Path], object], problem: str
) -> None:
    copy = Admin(shutil.copytree(made, tmp_path / "copy"))
    table = copy.job().target
    damage(table)
    assert re.search(problem, "; ".join(copy.problems(table)))


def test_verify_finds_a_row_in_another_bucket(admin: Admin, bulk: Path) -> None:
    table = admin.ingest(bulk, layout="hash_buckets", buckets=2)
    (table / "_manifest.json").unlink()
    first, second = sorted(table.glob("*.parquet"))
    first.write_bytes(second.read_bytes())
    assert admin.problems(table) == (f"{first} holds a source_id of another bucket",)


def test_a_folder_without_a_manifest_is_not_verified(tmp_path: Path) -> None:
    unfinished = tmp_path / "db" / ".SOURCES.ingest"
    unfinished.mkdir(parents=True)
    with pytest.raises(AstroFlowError, match="SOURCES is not ingested to its end"):
        Subject.of_folder(tmp_path / "db" / "SOURCES")
    with pytest.raises(AstroFlowError, match="holds neither a catalogue nor a table"):
        Subject.of_folder(tmp_path)
