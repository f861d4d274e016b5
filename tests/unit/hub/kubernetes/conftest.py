"""Objects as they are built, compared with golden files; and a profile to build them from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astroflow_core.profile import Profile
from astroflow_hub.kubernetes.person import Person
from astroflow_hub.kubernetes.volumes import CatalogueVolume, read_volumes

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, Any], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Return a check that what is built equals the golden file of a name."""
    rewrite = bool(request.config.getoption("--rewrite-golden"))

    def check(name: str, built: Any) -> None:
        path = GOLDEN / f"{name}.json"
        text = json.dumps(built, indent=2, sort_keys=True) + "\n"
        if rewrite:
            path.write_text(text)
        assert text == path.read_text()

    return check


@pytest.fixture
def hypatia() -> Person:
    return Person("hypatia", "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11", "astroflow")


@pytest.fixture
def profile() -> Profile:
    return Profile.model_validate(
        {
            "slug": "gaia-dr3",
            "display_name": "Gaia DR3",
            "catalogues": ["gaia-dr3"],
            "image": "registry.example.org/astroflow:1",
            "cpu": {"guarantee": 0.5, "limit": 2},
            "memory": {"guarantee": "1g", "limit": "4g"},
            "home": {"size": "30Gi", "storage_class": "fast"},
            "spark": {"pods": 10, "cores": 5, "memory": "7g"},
            "dask": {"pods": 2, "cores": 1, "memory": "512m"},
            "node_selector": {"pool": "notebooks"},
            "tolerations": [{"key": "notebooks", "operator": "Exists", "effect": "NoSchedule"}],
            "environment": {"PATTERN": "{braces} stay", "FOLDER": "/home/jovyan"},
        }
    )


@pytest.fixture
def volumes() -> dict[str, CatalogueVolume]:
    nfs = {"nfs": {"server": "nfs.example.org", "path": "/gaia-dr3"}}
    dask = {"persistent_volume": "gaia-dask", "catalogues": ["gaia-dr3"]}
    return read_volumes(
        {
            "gaia-dr3": {"persistent_volume": nfs},
            "gaia-dr3-data-ssd-dask": dask,
            "other": dask | {"catalogues": ["x"]},
        }
    )
