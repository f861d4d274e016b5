"""Spark in one JVM on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_spark_gaia.conf import local_conf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from astroflow_core.session import ClusterSize
    from astroflow_spark_gaia.gaia_session import GaiaSession


@dataclass(frozen=True)
class Local:
    """An engine with no executors but the driver."""

    size: ClusterSize

    @property
    def driver_memory(self) -> str:
        """The memory of the JVM."""
        return self.size.memory

    def conf(self, scratch: Path) -> dict[str, str]:
        """Return Spark's configuration."""
        return local_conf(self.size, scratch)

    def await_ready(self, session: GaiaSession, say: Callable[[str], None]) -> None:
        """Return at once: the driver does the work."""
