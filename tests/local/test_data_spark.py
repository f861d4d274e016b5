"""Hash buckets as Spark itself sees them."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from astroflow_core.catalogue import Catalogue
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import Recipe
from astroflow_spark_gaia import connect
from astroflow_spark_gaia.gaia_session import GaiaSession

ROWS, BUCKETS = 30_000, 4
TWO_MASS = "gaia_source_tmasspsc_best_neighbours"
CLASSES = "vari_classifier_class_definition"
JOIN = f"gaiadr3.gaia_source g JOIN gaiadr3.{TWO_MASS} t ON g.source_id = t.source_id"
BUCKET = re.compile(r".*_(\d+)\.c000.*\.parquet")


@pytest.fixture(scope="module")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a synthetic catalogue that has the same tables in both layouts."""
    root = tmp_path_factory.mktemp("data") / "synth"
    recipe = Recipe.for_rows(ROWS, buckets=BUCKETS, columns=("ra", "dec", "phot_g_mean_mag"))
    for layout in ("source_id_order", "hash_buckets"):
        make_synth(root, recipe, ("gaia_source", TWO_MASS, CLASSES), layout, lambda *_: None)
    _mislay(root)
    return root


def _mislay(root: Path) -> None:
    """Add a database whose ranges of ids are named, and called, what buckets are."""
    contents = yaml.safe_load((root / "catalogue.yaml").read_text())
    (buckets,) = (d for d in contents["databases"] if d["name"] == "gaiadr3")
    contents["databases"].append(buckets | {"name": "mislaid", "path": "mislaid"})
    (root / "catalogue.yaml").write_text(yaml.safe_dump(contents))
    opened = Catalogue.open(root)
    for name in ("gaia_source", TWO_MASS):
        folder = root / "mislaid" / opened.table(f"gaiadr3.{name}").folder.name
        folder.mkdir(parents=True)
        for number, file in enumerate(opened.table(f"gaiadr3ssd.{name}").files):
            shutil.copy(file, folder / f"part-{number}_{number % BUCKETS:05}.c000.parquet")


@pytest.fixture(scope="module")
def spark(synth: Path) -> Iterator[GaiaSession]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROFLOW_CATALOGUES", json.dumps([str(synth)]))
        with pytest.warns(UserWarning, match="is not a bucket of 4 by source_id: joins of mislaid"):
            session = connect(pods=1, cores=2, memory="1g")
        # So that small tables are joined as large ones are, not sent whole to every task.
        session.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
        yield session
        session.stop()


def keys_by_bucket(folder: Path, key: str) -> dict[int, list[object]]:
    """Return the keys in every bucket's file, in the order in which they lie there."""
    return {
        int(BUCKET.fullmatch(path.name)[1]): pq.read_table(path)[key].to_pylist()
        for path in folder.glob("*.parquet")
        if pq.read_metadata(path).num_rows
    }


@pytest.mark.parametrize(
    ("table", "key"), [("gaia_source", "source_id"), (CLASSES, "classifier_name")]
)
def test_spark_puts_the_same_rows_into_the_same_buckets(
    spark: GaiaSession, synth: Path, tmp_path: Path, table: str, key: str
) -> None:
    writer = spark.table(f"gaiadr3ssd.{table}").repartition(1).write
    writer.bucketBy(BUCKETS, key).sortBy(key).saveAsTable("by_spark", path=str(tmp_path / "a"))
    spark.sql("DROP TABLE by_spark")
    ours = Catalogue.open(synth).table(f"gaiadr3.{table}").folder
    assert keys_by_bucket(ours, key) == keys_by_bucket(tmp_path / "a", key)


def test_a_join_on_the_key_moves_no_row(spark: GaiaSession) -> None:
    plan = spark.sql(f"SELECT t.j_m FROM {JOIN}")._jdf.queryExecution().executedPlan()
    assert "SortMergeJoin" in plan.toString()
    assert "Exchange" not in plan.toString()


@pytest.mark.parametrize("database", ["gaiadr3", "mislaid"])
def test_a_join_finds_every_neighbour(spark: GaiaSession, synth: Path, database: str) -> None:
    neighbours = Catalogue.open(synth).table(f"gaiadr3ssd.{TWO_MASS}")
    expected = sum(pq.read_metadata(file).num_rows for file in neighbours.files)
    join = JOIN.replace("gaiadr3.gaia_source ", f"{database}.gaia_source ")
    assert spark.sql(f"SELECT COUNT(*) FROM {join}").collect()[0][0] == expected
    assert expected > ROWS / 5


@pytest.mark.parametrize("database", ["gaiadr3", "gaiadr3ssd", "mislaid"])
def test_a_look_up_by_key_finds_its_row(spark: GaiaSession, synth: Path, database: str) -> None:
    ids = pq.read_table(Catalogue.open(synth).table("gaia_source").folder)["source_id"]
    some = ids.to_pylist()[:: ROWS // 20]
    found = spark.sql(
        f"SELECT source_id FROM {database}.gaia_source "
        f"WHERE source_id IN ({', '.join(map(str, some))}) ORDER BY source_id"
    )
    assert [row[0] for row in found.collect()] == some
    # One by one: Spark then looks in one bucket alone.
    looked_up = [
        spark.sql(f"SELECT source_id FROM {database}.gaia_source WHERE source_id = {one}").collect()
        for one in some[::3]
    ]
    assert looked_up == [[(one,)] for one in some[::3]]


@pytest.mark.parametrize("database", ["gaiadr3", "gaiadr3ssd"])
def test_spark_reads_every_encoding_as_pyarrow_does(
    spark: GaiaSession, synth: Path, database: str
) -> None:
    table = Catalogue.open(synth).table(f"{database}.{TWO_MASS}")
    by_arrow = pq.read_table(table.folder).sort_by("source_id")
    by_spark = spark.table(table.full_name).orderBy("source_id").toArrow()
    assert by_spark.cast(by_arrow.schema).equals(by_arrow)
