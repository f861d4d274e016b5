"""The pod as KubeSpawner makes it of a profile and our traits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from astroflow_core.profile import Profile
from astroflow_core.server import Memory
from astroflow_core.session import SessionSettings
from astroflow_hub.kubernetes.pod import ImageError, check_image, in_place, kubernetes_settings
from astroflow_hub.kubernetes.volumes import CatalogueVolume
from astroflow_hub.spawner import AstroFlowSpawner

DIGEST = "registry.example.org/astroflow@sha256:" + 64 * "0"
VOLUMES = {"gaia-dr3": {"persistent_volume": {"nfs": {"server": "nfs", "path": "/gaia"}}}}


@pytest.fixture
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a spawner be made where there is no cluster to ask."""
    monkeypatch.setattr("kubernetes_asyncio.config.load_incluster_config", lambda: None)


async def manifest(profile: Profile, **traits: Any) -> dict[str, Any]:
    spawner = AstroFlowSpawner(_mock=True, profile=profile, catalogue_volumes=VOLUMES, **traits)
    spawner.namespace = "astroflow-hypatia"
    await spawner.load_user_options()
    pod = await spawner.get_pod_manifest()
    found: dict[str, Any] = spawner.api.api_client.sanitize_for_serialization(pod)
    return found


def environment(pod: dict[str, Any]) -> dict[str, str]:
    return {e["name"]: e.get("value", "") for e in pod["spec"]["containers"][0]["env"]}


@pytest.mark.usefixtures("no_cluster")
async def test_pod(golden: Callable[[str, Any], None], profile: Profile) -> None:
    pod = await manifest(profile)
    ours = {e["name"] for e in pod["spec"]["containers"][0]["env"]}
    shown = [e for e in pod["spec"]["containers"][0]["env"] if not e["name"].startswith("JUPYTER")]
    pod["spec"]["containers"][0]["env"] = [e for e in shown if not e["name"].startswith("JPY_")]
    assert "JUPYTERHUB_API_TOKEN" in ours
    golden("pod", pod["spec"])


@pytest.mark.usefixtures("no_cluster")
async def test_pod_is_labelled_as_a_notebook(profile: Profile) -> None:
    labels = (await manifest(profile))["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "notebook"
    assert labels["app.kubernetes.io/managed-by"] == "astroflow"


@pytest.mark.usefixtures("no_cluster")
async def test_braces_in_the_environment_of_a_profile_stay(profile: Profile) -> None:
    assert environment(await manifest(profile))["PATTERN"] == "{braces} stay"


@pytest.mark.usefixtures("no_cluster")
async def test_what_an_admin_adds_to_the_environment_stays(profile: Profile) -> None:
    pod = await manifest(profile, environment={"PROXY": "http://proxy.example.org"})
    assert environment(pod)["PROXY"] == "http://proxy.example.org"


@pytest.mark.usefixtures("no_cluster")
async def test_what_an_admin_mounts_stays(profile: Profile) -> None:
    shared = {"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}
    mount = {"name": "shared", "mountPath": "/shared"}
    pod = await manifest(profile, volumes=[shared], volume_mounts={"10": mount})
    assert shared in pod["spec"]["volumes"]
    assert mount in pod["spec"]["containers"][0]["volumeMounts"]


@pytest.mark.usefixtures("no_cluster")
async def test_memory_without_a_limit_is_limited_to_the_guarantee(profile: Profile) -> None:
    pod = await manifest(profile.model_copy(update={"memory": Memory(guarantee="3g")}))
    assert pod["spec"]["containers"][0]["resources"]["limits"]["memory"] == 3 * 2**30


@pytest.mark.usefixtures("no_cluster")
async def test_namespaces_cannot_be_switched_off() -> None:
    switched = Config({"KubeSpawner": {"enable_user_namespaces": False}})
    assert AstroFlowSpawner(_mock=True, config=switched).enable_user_namespaces


def test_session_reads_what_the_hub_writes(
    profile: Profile, volumes: dict[str, CatalogueVolume]
) -> None:
    settings = kubernetes_settings(profile, volumes)
    assert SessionSettings.from_environ(settings.settings_to_environ()) == settings


def test_session_is_told_the_paths_of_its_catalogues(
    profile: Profile, volumes: dict[str, CatalogueVolume]
) -> None:
    assert kubernetes_settings(profile, volumes).catalogues == (Path("/mnt/gaia-dr3"),)


def test_image_by_digest_is_accepted() -> None:
    check_image(DIGEST, require_digest=True)


def test_image_by_tag_is_accepted_where_no_digest_is_asked_for() -> None:
    check_image("astroflow:1", require_digest=False)


@pytest.mark.parametrize("image", ["astroflow:1", "astroflow", "a@sha256:12", f"{DIGEST}0"])
def test_image_by_tag_is_refused_where_a_digest_is_asked_for(image: str) -> None:
    with pytest.raises(ImageError, match="named by a tag"):
        check_image(image, require_digest=True)


def test_what_is_ours_replaces_what_an_admin_put_in_its_place() -> None:
    configured: list[dict[str, Any]] = [{"name": "home", "emptyDir": {}}, {"name": "a"}]
    ours = [{"name": "home"}]
    assert in_place(configured, ours, "name") == [{"name": "home"}, {"name": "a"}]
