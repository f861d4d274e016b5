"""The page on dependencies names the versions that are pinned."""

import json
import re
from pathlib import Path

import pytest

from sandbox.programs import MODULES, locked_version
from tools.images.recipe import IMAGES
from tools.keycloak.distribution import VERSION

PAGE = (Path(__file__).parents[2] / "docs/dependencies.md").read_text()
PROXY = json.loads((IMAGES / "proxy/package-lock.json").read_text())["packages"]


@pytest.mark.parametrize(
    ("name", "module", "path"),
    [
        ("Kubernetes", "kubernetes", "k8s.io/kubernetes"),
        ("Cilium", "cilium", "github.com/cilium/cilium"),
        ("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
        ("CoreDNS", "coredns", "github.com/coredns/coredns"),
        (
            "local-path-provisioner",
            "local-path-provisioner",
            "github.com/rancher/local-path-provisioner",
        ),
        ("metrics-server", "metrics-server", "sigs.k8s.io/metrics-server"),
        ("versitygw", "versitygw", "github.com/versity/versitygw"),
    ],
)
def test_go_modules_are_named_with_their_versions(name: str, module: str, path: str) -> None:
    assert f"{name} {locked_version(module, path).removeprefix('v')}" in PAGE


def test_every_go_program_is_named() -> None:
    named = {name.lower() for name in re.findall(r"[\w-]+(?= \d+\.\d+\.\d+)", PAGE)}
    assert {path.name for path in MODULES.iterdir()} - {"pause"} <= named


def test_proxy_and_keycloak_are_named_with_their_versions() -> None:
    proxy = PROXY["node_modules/configurable-http-proxy"]["version"]
    assert f"configurable-http-proxy {proxy}" in PAGE
    assert f"Keycloak {VERSION}" in PAGE
