"""What a session on this machine is told: the environment of a person's server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_core.machine import fit
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.machine import Machine
    from astroflow_core.profile import Profile

# Of the memory: a part for Spark and one for Dask, as a person may use both at once; the
# rest is for the notebooks and the machine itself.
CLUSTER_SHARE = 0.3


def local_settings(
    profile: Profile, machine: Machine, data_dir: Path, cache_dir: Path
) -> SessionSettings:
    """Return the settings of a session of ``profile`` on ``machine``.

    Spark runs in one process here (``local[*]``), Dask in one a core at most.
    """
    root = data_dir.resolve()
    return SessionSettings(
        catalogues=tuple(root / name for name in profile.catalogues),
        engine="local",
        default_database=profile.default_database,
        spark=fit(profile.spark, machine, pods=1, share=CLUSTER_SHARE),
        dask=fit(profile.dask, machine, pods=machine.cores, share=CLUSTER_SHARE),
        cache_dir=cache_dir.resolve(),
        idle=profile.idle,
    )


def session_environ(
    profile: Profile, settings: SessionSettings, scheduler_port: int
) -> dict[str, str]:
    """Return the environment of the session; what the profile sets comes last.

    Raises
    ------
    CatalogueError
        When a catalogue of the session is missing or not valid.
    """
    return {
        **settings.to_environ(),
        "DASK_SCHEDULER_ADDRESS": f"tcp://127.0.0.1:{scheduler_port}",
        **profile.environment,
    }
