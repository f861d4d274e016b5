"""Spark's configuration on one machine."""

from pathlib import Path

from astroflow_core.session import ClusterSize
from astroflow_spark_gaia.conf import local_conf, query_conf

SIZE = ClusterSize(pods=1, cores=3, memory="2g")
SCRATCH = Path("/tmp/astroflow-spark-1")  # noqa: S108  # a name; nothing is made there


def test_cores_and_memory_are_those_of_the_size() -> None:
    conf = local_conf(SIZE, SCRATCH)
    assert conf["spark.master"] == "local[3]"
    assert conf["spark.sql.shuffle.partitions"] == "3"
    assert conf["spark.driver.memory"] == "2g"


def test_nothing_listens_beyond_this_machine() -> None:
    conf = local_conf(SIZE, SCRATCH)
    assert conf["spark.driver.host"] == conf["spark.driver.bindAddress"] == "127.0.0.1"
    assert conf["spark.ui.enabled"] == "false"


def test_all_that_spark_writes_goes_to_the_scratch_folder() -> None:
    conf = local_conf(SIZE, SCRATCH)
    assert conf["spark.local.dir"] == str(SCRATCH)
    assert conf["spark.sql.warehouse.dir"] == f"file://{SCRATCH}/warehouse"
    assert conf["spark.python.unix.domain.socket.dir"] == str(SCRATCH)


def test_a_folder_too_long_for_a_socket_leaves_tcp() -> None:
    conf = local_conf(SIZE, Path("/" + "x" * 80))
    assert "spark.python.unix.domain.socket.enabled" not in conf


def test_what_would_make_joins_wrong_is_off_on_every_engine() -> None:
    assert query_conf(4)["spark.sql.sources.v2.bucketing.shuffle.enabled"] == "false"
