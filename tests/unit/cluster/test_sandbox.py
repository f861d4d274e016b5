import os
from pathlib import Path

import pytest

from sandbox import preflight
from sandbox.errors import SandboxError
from sandbox.layout import Cluster
from sandbox.programs import kubernetes_version, locked_version
from sandbox.testing import run_tests


def test_every_person_but_root_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SandboxError, match="needs root: run `sudo make"):
        preflight.check(Cluster(Path("unused")))


def test_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(preflight.PACKAGES, "buildah", "/nowhere/buildah")
    with pytest.raises(SandboxError, match=r"apt-get install --no-install-recommends buildah$"):
        preflight.check_packages(["buildah"])


def test_external_cluster_needs_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/someone/.kube/config")
    monkeypatch.delenv("ASTROFLOW_REGISTRY", raising=False)
    with pytest.raises(SandboxError, match="set ASTROFLOW_REGISTRY"):
        run_tests(Cluster(Path("unused")), [])


def test_versions_are_read_from_the_locked_modules() -> None:
    assert kubernetes_version().startswith("v1.")
    assert locked_version("etcd", "go.etcd.io/etcd/server/v3").startswith("v3.")


def test_module_that_is_not_locked_is_named() -> None:
    with pytest.raises(SandboxError, match=r"etcd/go\.mod does not require"):
        locked_version("etcd", "example.org/none")


def test_clusters_in_two_folders_share_no_name() -> None:
    assert Cluster(Path("/one")).identity != Cluster(Path("/two")).identity


@pytest.mark.parametrize("module", ["kubernetes", "etcd", "cilium", "coredns", "metrics-server"])
def test_locks_name_no_place_to_download_from(module: str) -> None:
    folder = Path(preflight.__file__).parents[1] / "programs" / module
    assert "://" not in (folder / "go.sum").read_text()
