"""`astroflow doctor` where there is no cluster; tests/cluster has the real one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from astroflow_core.errors import AstroFlowError
from astroflow_hub.doctor.commands import _as_json, app
from astroflow_hub.doctor.finding import good, problem

CHECKOUT = Path(__file__).parents[4]
GOOD = good("storage", "fast", "exists")
BAD = problem("dask", "daskclusters", "the cluster does not know it", "install it")
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: x, user: {}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
"""


def run_doctor(*options: str) -> None:
    arguments = ["--image", "registry/astroflow:1", *options]
    CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_finding_is_one_line() -> None:
    assert str(GOOD) == "ok       storage: fast: exists"
    assert str(BAD) == "problem  dask: daskclusters: the cluster does not know it; install it"


def test_findings_are_data_for_a_program() -> None:
    assert [(f["check"], f["state"]) for f in json.loads(_as_json([GOOD, BAD]))] == [
        ("storage", "ok"),
        ("dask", "problem"),
    ]


def test_a_cluster_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(KUBECONFIG)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(AstroFlowError, match=r"http://127\.0\.0\.1:9 does not answer"):
        run_doctor("--profiles", str(CHECKOUT / "profiles"))


def test_without_a_kubeconfig_and_not_in_a_pod_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AstroFlowError, match="set KUBECONFIG, or run it in the hub's pod"):
        run_doctor("--profiles", str(CHECKOUT / "profiles"))


def test_broken_profiles_are_told_before_any_cluster_is_asked(tmp_path: Path) -> None:
    with pytest.raises(AstroFlowError, match="there is no profile"):
        run_doctor("--profiles", str(tmp_path))
