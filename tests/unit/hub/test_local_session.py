"""What the hub tells a session is what the session's helpers read."""

from pathlib import Path
from typing import Any

from astroflow_core.machine import Machine
from astroflow_core.profile import Profile
from astroflow_core.session import ClusterSize, SessionSettings
from astroflow_hub.local_session import local_settings, session_environ

MACHINE = Machine(cores=4, memory=20 * 2**30)


def environ(sample: Path, **fields: Any) -> dict[str, str]:
    base = {"slug": "a", "display_name": "A", "catalogues": [sample.name]}
    profile = Profile.model_validate(base | fields)
    settings = local_settings(profile, MACHINE, sample.parent, Path("/cache"))
    return session_environ(profile, settings, 12345)


def test_the_round_trip_gives_the_same_settings(sample: Path) -> None:
    spark = {"pods": 10, "cores": 5, "memory": "7g"}
    told = environ(sample, default_database="gaiadr3", spark=spark, dask=spark)
    assert SessionSettings.from_environ(told) == SessionSettings(
        catalogues=(sample,),
        engine="local",
        default_database="gaiadr3",
        spark=ClusterSize(pods=1, cores=4, memory="6g"),
        dask=ClusterSize(pods=4, cores=1, memory="1536m"),
        cache_dir=Path("/cache"),
    )


def test_existing_notebooks_find_their_variables(sample: Path) -> None:
    told = environ(sample)
    assert told["DASK_SCHEDULER_ADDRESS"] == "tcp://127.0.0.1:12345"
    assert (Path(told["DASK_DATA_PATH_GAIA_DR3_SSD"]) / "GDR3_GAIA_SOURCE").is_dir()
    assert "DASK_DATA_PATH_GAIA_EDR3_SSD" in told


def test_what_the_profile_sets_comes_last(sample: Path) -> None:
    told = environ(sample, environment={"DASK_SCHEDULER_ADDRESS": "tcp://other:1", "MINE": "x"})
    assert (told["DASK_SCHEDULER_ADDRESS"], told["MINE"]) == ("tcp://other:1", "x")
