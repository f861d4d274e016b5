"""Spark's configuration, one pure function an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core.idle import seconds
from astroflow_core.kubernetes.leases import SESSION_LABEL
from astroflow_core.kubernetes.notebook import TEMPORARY
from astroflow_core.session import OVERHEAD
from astroflow_spark_gaia.joins import extension_conf

if TYPE_CHECKING:
    from astroflow_core.idle import IdleTimes
    from astroflow_core.kubernetes.notebook import Notebook
    from astroflow_core.session import ClusterSize

TEMPLATE = "executor.json"  # the file that describes the pod of an executor
SCRATCH = "20Gi"  # what an executor may spill

EXECUTOR = "executor"  # the name of an executor's container
LOOPBACK = "127.0.0.1"
# What the system allows for the path of a socket, and what Spark's name of one takes of it.
_SOCKET_PATH = 100
_SOCKET_NAME = 45


def query_conf(cores: int) -> dict[str, str]:
    """Return what makes queries over catalogues fast and right, on any engine."""
    return {
        # As many partitions as cores; AQE splits what proves too large for one.
        "spark.sql.shuffle.partitions": str(cores),
        # Reading dictionaries to drop row groups costs seconds on columns of many values.
        "spark.hadoop.parquet.filter.dictionary.enabled": "false",
        # With it executors would compute in which piece of a join a row is, and need our jar.
        "spark.sql.sources.v2.bucketing.shuffle.enabled": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        # A bar drawn over the cell's output is no help to a reader of the notebook.
        "spark.ui.showConsoleProgress": "false",
    }


def local_conf(size: ClusterSize, scratch: Path) -> dict[str, str]:
    """Return the configuration of Spark in one JVM on this machine.

    Parameters
    ----------
    size
        One pod: its cores and the memory of the JVM.
    scratch
        A folder of the session's own, for everything that ends with it.
    """
    return (
        query_conf(size.cores)
        | extension_conf()
        | {
            "spark.app.name": "AstroFlow",
            "spark.master": f"local[{size.cores}]",
            "spark.driver.memory": size.memory,
            "spark.driver.host": LOOPBACK,
            "spark.driver.bindAddress": LOOPBACK,
            # Its web server costs start-up time, and on one machine nobody is led to it.
            "spark.ui.enabled": "false",
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        }
        | _socket_conf(scratch)
    )


def kubernetes_conf(
    size: ClusterSize, idle: IdleTimes, notebook: Notebook, session: str, scratch: Path
) -> dict[str, str]:
    """Return the configuration of Spark whose driver is in the notebook's pod.

    Parameters
    ----------
    size
        The executors, each a pod.
    idle
        When executors that have nothing to do are given back.
    session
        A name for all that belongs to this session, no other one's.
    scratch
        A folder of the session's own, in which `TEMPLATE` describes the executors' pods.
    """
    return (
        query_conf(size.pods * size.cores)
        | {
            "spark.app.name": "AstroFlow",
            "spark.master": "k8s://https://kubernetes.default.svc",
            "spark.driver.host": notebook.address,
            "spark.driver.bindAddress": notebook.address,
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
            # Nobody else in the cluster may send work, or listen.
            "spark.authenticate": "true",
            "spark.network.crypto.enabled": "true",
            # The first executors work while others are still being started.
            "spark.scheduler.minRegisteredResourcesRatio": "0",
            # On loopback, for the person's own server to hand on; looking changes nothing.
            "spark.ui.port": "0",
            "spark.ui.killEnabled": "false",
        }
        | _release_conf(size, idle)
        | _executor_conf(size, notebook, session, scratch)
        # A folder that executors have, too.
        | _socket_conf(Path(TEMPORARY))
    )


def _release_conf(size: ClusterSize, idle: IdleTimes) -> dict[str, str]:
    """Return what gives idle executors back, and takes them again for the next query.

    What one has of a shuffle goes with it, and is computed again where it is asked for; what
    a person cached stays, and keeps its executor.
    """
    release = f"{seconds(idle.release_after)}s"
    allocation = "spark.dynamicAllocation"
    return {
        f"{allocation}.enabled": "true",
        f"{allocation}.shuffleTracking.enabled": "true",
        f"{allocation}.shuffleTracking.timeout": release,
        f"{allocation}.executorIdleTimeout": release,
        f"{allocation}.minExecutors": "0",
        f"{allocation}.initialExecutors": str(size.pods),
        f"{allocation}.maxExecutors": str(size.pods),
    }


def _executor_conf(
    size: ClusterSize, notebook: Notebook, session: str, scratch: Path
) -> dict[str, str]:
    pod = "spark.kubernetes.executor"
    spill = f"{pod}.volumes.emptyDir.spark-local-dir-1"
    return {
        "spark.executor.cores": str(size.cores),
        "spark.executor.memory": size.memory,
        "spark.executor.memoryOverheadFactor": str(OVERHEAD),
        "spark.kubernetes.namespace": str(notebook.pod["metadata"]["namespace"]),
        # Executors are owned by the notebook's pod, and go with it.
        "spark.kubernetes.driver.pod.name": notebook.name,
        # It has no rights: what runs on executors never needs the cluster's API.
        "spark.kubernetes.authenticate.executor.serviceAccountName": "default",
        "spark.kubernetes.container.image": notebook.image,
        "spark.kubernetes.allocation.batch.size": str(size.pods),
        f"{pod}.podTemplateFile": str(scratch / TEMPLATE),
        f"{pod}.podTemplateContainerName": EXECUTOR,
        # It would hold nothing, and stay when the driver is killed.
        f"{pod}.disableConfigMap": "true",
        f"{pod}.podNamePrefix": session,
        f"{pod}.label.{SESSION_LABEL}": session,
        f"{pod}.request.cores": f"{size.cpu:g}",
        f"{spill}.mount.path": "/scratch",
        f"{spill}.options.sizeLimit": SCRATCH,
    }


def _socket_conf(folder: Path) -> dict[str, str]:
    """Let the JVM and Python's workers talk over sockets in ``folder``, faster than by TCP."""
    if len(str(folder)) + _SOCKET_NAME > _SOCKET_PATH:
        return {}
    return {
        "spark.python.unix.domain.socket.enabled": "true",
        "spark.python.unix.domain.socket.dir": str(folder),
    }
