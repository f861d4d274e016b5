from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyterhub.app import JupyterHub

from astroflow_hub.kubernetes.volumes import read_volumes
from astroflow_hub.spawner import AstroFlowSpawner

VALUES = Path(__file__).resolve().parents[3] / "deploy" / "z2jh" / "values.yaml"


@pytest.fixture
def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(VALUES.read_text())
    return found


@pytest.fixture
def hub(values: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JupyterHub:
    """Return a JupyterHub that has read the chart's setting and then ours, as the chart does."""
    monkeypatch.setenv("POD_NAMESPACE", "jhub")
    config = tmp_path / "jupyterhub_config.py"
    chart = 'c = get_config()\nc.KubeSpawner.image = "from-the-chart:1"\n'
    config.write_text(chart + "\n".join(values["hub"]["extraConfig"].values()))
    app = JupyterHub(log_level="CRITICAL")
    app.load_config_file(str(config))
    return app


def test_hub_starts_servers_with_our_spawner(hub: JupyterHub) -> None:
    assert hub.spawner_class is AstroFlowSpawner
    assert hub.hub_connect_url == "http://hub.jhub:8081"


def test_every_setting_is_a_trait_that_can_be_configured(hub: JupyterHub) -> None:
    traits = AstroFlowSpawner.class_traits(config=True)
    assert set(hub.config.AstroFlowSpawner) <= set(traits)


def test_volumes_are_valid_and_the_chart_still_names_the_image(hub: JupyterHub) -> None:
    assert set(read_volumes(hub.config.AstroFlowSpawner.catalogue_volumes)) == {"gaia-dr3"}
    assert AstroFlowSpawner.class_traits()["image"].metadata["config"]
    assert hub.config.KubeSpawner.image == "from-the-chart:1"


def test_profiles_are_where_the_spawner_looks(values: dict[str, Any], hub: JupyterHub) -> None:
    mounts = {mount["name"]: mount["mountPath"] for mount in values["hub"]["extraVolumeMounts"]}
    assert mounts["profiles"] == hub.config.AstroFlowSpawner.profiles_dir
