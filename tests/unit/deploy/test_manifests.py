import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from astroflow_core.profile import Profile
from astroflow_hub.kubernetes.rules import HUB_RULES
from tools.images.recipe import IMAGES

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
MANIFESTS = sorted(p for p in DEPLOY.rglob("*.yaml") if "apiVersion: " in p.read_text())
PROFILES = sorted(DEPLOY.glob("overlays/*/profiles/*.yaml"))


# Somebody else's, as their project publishes them.
FOREIGN_IMAGES = {"keycloak"}


def objects(kind: str) -> list[dict[str, Any]]:
    found = (yaml.safe_load_all(path.read_text()) for path in MANIFESTS)
    return [one for documents in found for one in documents if one["kind"] == kind]


def pod_specs() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob"):
        for one in objects(kind):
            spec = one["spec"].get("jobTemplate", one)["spec"]["template"]["spec"]
            yield one["metadata"]["name"], spec


# A patch of an overlay names no image.
CONTAINERS = [
    pytest.param(container, id=f"{pod}/{container['name']}")
    for pod, spec in pod_specs()
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]
    if "image" in container
]


def as_set(rules: Any) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_hub_may_do_what_the_spawner_needs_and_nothing_else() -> None:
    roles = {role["metadata"]["name"]: role for role in objects("ClusterRole")}
    assert as_set(roles["astroflow-hub"]["rules"]) == as_set(HUB_RULES)


def test_nothing_may_read_secrets_or_do_everything() -> None:
    rules = [rule for kind in ("Role", "ClusterRole") for r in objects(kind) for rule in r["rules"]]
    granted = as_set(rules)
    assert {verb for _, resource, verb in granted if resource == "secrets"} == {"create"}
    assert not [right for right in granted if "*" in right]


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.name)
def test_profile_of_an_overlay_is_valid(path: Path) -> None:
    assert Profile.from_file(path).slug == path.stem


@pytest.mark.parametrize("container", CONTAINERS)
def test_container_is_confined_asks_for_little_and_runs_an_image_of_ours(
    container: dict[str, Any],
) -> None:
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["readOnlyRootFilesystem"] is True
    assert int(re.sub("m$", "", container["resources"]["requests"]["cpu"])) <= 100
    assert "memory" in container["resources"]["limits"]
    image = container["image"]
    assert image in FOREIGN_IMAGES or (IMAGES / image).is_dir()


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_busy_machine_takes_nobody_out_of_service(container: dict[str, Any]) -> None:
    probes = [container[name] for name in ("readinessProbe", "livenessProbe") if name in container]
    assert all(probe["timeoutSeconds"] >= 10 for probe in probes)


def test_no_secret_is_in_the_repository() -> None:
    assert not objects("Secret")


def test_secrets_are_long_and_different_each_time() -> None:
    first, second = _make_secrets(), _make_secrets()
    values = [v for secret in first.values() for v in secret.values()]
    assert min(map(len, values)) >= 16
    assert not set(values).intersection(v for secret in second.values() for v in secret.values())


def _make_secrets() -> dict[str, dict[str, str]]:
    path = DEPLOY / "base" / "make_secrets.py"
    spec = importlib.util.spec_from_file_location("make_secrets", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, dict[str, str]] = module.SECRETS
    return found
