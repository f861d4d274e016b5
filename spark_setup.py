"""The name under which existing notebooks import the Spark session's setup.

>>> SparkSetup(pods=10, cpu=5, mem=10).get_spark_session()  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_data_gaia_dr3 import SetupDataGaiaDR3

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class SparkSetup:
    """A Spark session of ``pods`` executors, each with ``cpu`` cores and ``mem`` GiB.

    ``data_setup`` names the databases; a session here has those of its catalogues.
    """

    pods: int = 10
    cpu: int = 5
    mem: int = 10
    data_setup: type[SetupDataGaiaDR3] = SetupDataGaiaDR3

    def get_spark_session(self) -> SparkSession:
        """Return the session in use, or start one of this size; see `connect` for errors."""
        from astroflow_spark_gaia.session import current_or

        return current_or(pods=self.pods, cores=self.cpu, memory=f"{self.mem}g")
