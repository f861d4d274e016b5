"""Make the class archive that lets Spark start in half the time: once a machine.

``python -m astroflow_spark_gaia.warm_up`` takes about a minute, and nothing where the archive
is already there. Sessions work without it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from astroflow_core.catalogue import CATALOGUE_FILE
from astroflow_core.errors import AstroFlowError, SessionError
from astroflow_core.footers import arrow_schema
from astroflow_core.release import Release
from astroflow_core.session import PREFIX, ClusterSize, SessionSettings
from astroflow_spark_gaia.archive import archive_path, options_to_make
from astroflow_spark_gaia.conf import local_conf
from astroflow_spark_gaia.databases import Databases
from astroflow_spark_gaia.java import find_java
from astroflow_spark_gaia.jvm import Jvm, jvm_command, new_log, spark_home, spark_jars

if TYPE_CHECKING:
    from astroflow_spark_gaia.gaia_session import GaiaSession

_RELEASE = "gaia_dr3_sample"
_SIZE = ClusterSize(pods=1, cores=2, memory="1g")
_WRITING_SECONDS = 300


def warm_up(cache_dir: Path) -> Path:
    """Return the class archive of this machine's Java and Spark, made now where it is missing.

    Raises
    ------
    MissingDependencyError
        When there is no Java that Spark can use.
    SessionError
        When Spark does not start, or writes no archive; the message names its log.
    """
    java, jars = find_java(os.environ), spark_jars(spark_home())
    archive = archive_path(cache_dir / "spark", java, jars)
    if not archive.is_file():
        print("==> preparing a faster start of Spark, once (a minute or two)", flush=True)  # noqa: T201
        archive.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=archive.parent, prefix="making-") as folder:
            made = Path(folder) / archive.name
            options = options_to_make(java, made)
            command = jvm_command(java, jars, _SIZE.memory, options)
            _train(Jvm.start(command, new_log(cache_dir / "logs")), made)
            made.replace(archive)
    return archive


def _train(jvm: Jvm, made: Path) -> None:
    """Have a JVM load what a first session needs, and write it down as it ends."""
    from astroflow_spark_gaia.gaia_session import GaiaSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    try:
        session = GaiaSession(jvm, _SIZE, local_conf(_SIZE, jvm.scratch))
        session.attach(_few_rows(jvm.scratch / "catalogue"))
        _use(session)
        session.sparkContext.stop()
        jvm.end(patience=_WRITING_SECONDS)
        session.stop()
    finally:
        jvm.end()
    if not made.is_file():
        raise SessionError(f"Java wrote no class archive: {jvm.last_words()}")


def _few_rows(root: Path) -> Databases:
    """Return the databases of a catalogue made in ``root``: one table of one row."""
    table = Release.named(_RELEASE).tables[0]
    folder = root / table.folder
    folder.mkdir(parents=True)
    rows = pa.Table.from_pylist([{table.key: 1}], schema=arrow_schema(table.columns))
    pq.write_table(rows, folder / "rows.parquet")
    database = {"name": "warm", "release": _RELEASE, "path": "."}
    contents = {"title": "Warm", "default_database": "warm", "databases": [database]}
    (root / CATALOGUE_FILE).write_text(json.dumps(contents), encoding="utf-8")
    return Databases(SessionSettings(catalogues=(root,)))


def _use(session: GaiaSession) -> None:
    """Do a little of everything that a notebook does first."""
    session.sql("DESCRIBE gaia_source").collect()
    session.sql("SELECT COUNT(*) FROM gaia_source").collect()
    session.sql(
        "SELECT healpix(6, source_id) AS pixel, COUNT(*), AVG(phot_g_mean_mag) FROM gaia_source "
        "WHERE phot_g_mean_mag < 9 GROUP BY 1 ORDER BY 1"
    ).toPandas()
    session.sql("SELECT * FROM gaia_source a JOIN gaia_source b USING (source_id)").collect()
    session.sparkContext.parallelize([1]).map(str).collect()


def main() -> int:
    """Make the archive, and return 1 where that fails."""
    try:
        archive = warm_up(_cache_dir())
    except AstroFlowError as error:
        print(f"Spark starts without a class archive: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Spark starts faster with {archive}")  # noqa: T201
    return 0


def _cache_dir() -> Path:
    """Return the folder that sessions started in this environment look into."""
    default = SessionSettings.model_fields["cache_dir"].default
    return Path(os.environ.get(f"{PREFIX}CACHE_DIR", default)).expanduser()


if __name__ == "__main__":
    sys.exit(main())
