"""`astroflow doctor` against a real cluster: all is well, and everything that can be wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from inside.hub.deployed import CATALOGUES, LOCAL, DeployedHub
from inside.kube import Kube

# It takes one of the cluster's kinds away for a while.
pytestmark = pytest.mark.alone

CONFIG = """
c.AstroFlowSpawner.catalogue_volumes = {
    "gaia-dr3": {"persistent_volume": {"hostPath": {"path": "%(catalogues)s/gaia-dr3"}}},
    "empty": {"persistent_volume": {"hostPath": {"path": "%(catalogues)s/empty"}}},
    "unnamed": {"persistent_volume": "no-such-volume"},
}
"""
CRD = "customresourcedefinition/daskjobs.kubernetes.dask.org"
SCRATCH = "app.kubernetes.io/component=doctor"


@dataclass(frozen=True)
class Diagnosis:
    """How a run of the doctor ended, and what it found."""

    code: int
    findings: list[dict[str, str]]

    def states(self) -> set[tuple[str, str]]:
        return {(finding["check"], finding["state"]) for finding in self.findings}

    def of(self, check: str, subject: str) -> dict[str, str]:
        found = [f for f in self.findings if (f["check"], f["subject"]) == (check, subject)]
        assert len(found) == 1, self.findings
        return found[0]


def examine(*options: str, kubeconfig: str | None = None) -> Diagnosis:
    command = [Path(sys.executable).with_name("astroflow"), "doctor", "--json", *options]
    env = {**os.environ, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return Diagnosis(done.returncode, json.loads(done.stdout))


def profile(slug: str, **fields: Any) -> dict[str, Any]:
    return {"slug": slug, "display_name": slug, "catalogues": ["gaia-dr3"], **fields}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("doctor") / "config.py"
    file.write_text(CONFIG % {"catalogues": CATALOGUES})
    return f"--config={file}"


@pytest.fixture(scope="module")
def well(hub: DeployedHub, config: str) -> Diagnosis:
    return examine(config, f"--profiles={LOCAL / 'profiles'}", f"--image={hub.kube.image}")


@pytest.fixture(scope="module")
def ill(hub: DeployedHub, config: str, tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    folder = tmp_path_factory.mktemp("profiles")
    sizes = {
        "s": {"display_name": "S"},
        "xl": {"display_name": "XL", "cpu": {"guarantee": 1000}},
    }
    lost = hub.kube.image.replace("astroflow:dev", "astroflow:never-built")
    for wrong in (
        profile("fine"),
        profile("giant", options={"size": {"display_name": "Size", "choices": sizes}}),
        profile("gold", home={"storage_class": "gold"}),
        profile("lost", image=lost),
        profile("empty", catalogues=["empty"]),
        profile("unknown", catalogues=["gaia-dr9"]),
        profile("unnamed", catalogues=["unnamed"]),
    ):
        (folder / f"{wrong['slug']}.yaml").write_text(yaml.safe_dump(wrong))
    image = f"--image={hub.kube.image}"
    with without_dask_jobs(hub.kube):
        return examine(config, f"--profiles={folder}", image, "--account=default:default")


@contextmanager
def without_dask_jobs(kube: Kube) -> Iterator[None]:
    """Take one of the Dask operator's kinds away for a while; nobody uses it."""
    definition = kube.get(CRD)
    kube("delete", CRD)
    try:
        yield
    finally:
        wanted = {key: definition[key] for key in ("apiVersion", "kind", "spec")}
        metadata = {"name": definition["metadata"]["name"]}
        kube("create", "--filename=-", stdin=json.dumps({**wanted, "metadata": metadata}))


@pytest.mark.timeout(600)
def test_cluster_that_carries_the_hub_has_no_problem(well: Diagnosis) -> None:
    assert {state for _, state in well.states()} == {"ok"}, well.findings
    assert well.code == 0


def test_every_check_says_something(well: Diagnosis) -> None:
    assert {check for check, _ in well.states()} == {
        *("permissions", "storage", "nodes", "dask", "catalogues", "images", "network"),
    }


def test_catalogue_was_read_where_people_find_it(well: Diagnosis) -> None:
    assert "/mnt/gaia-dr3/catalogue.yaml" in well.of("catalogues", "gaia-dr3")["says"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("check", "subject", "says", "cure"),
    [
        ("storage", "gold", "gold names it and there is no such class", "local-path"),
        ("nodes", "giant, size = xl", "its notebook asks for 1000 cores", "smaller"),
        ("dask", "daskjobs.kubernetes.dask.org", "does not know it", "dask-kubernetes"),
        ("permissions", "namespaces", "default:default may not create", "cluster role"),
        ("permissions", "pods", "default:default may not create", "cluster role"),
        ("catalogues", "empty", "catalogue.yaml: No such file", "catalogue_volumes"),
        ("catalogues", "gaia-dr9", "'gaia-dr9' is missing", "catalogue_volumes"),
        ("catalogues", "unnamed", "no PersistentVolume 'no-such-volume'", "catalogue_volumes"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(
    ill: Diagnosis, check: str, subject: str, says: str, cure: str
) -> None:
    found = ill.of(check, subject)
    assert found["state"] == "problem"
    assert says in found["says"]
    assert cure in found["cure"]


def test_image_that_cannot_be_pulled_is_told(ill: Diagnosis, hub: DeployedHub) -> None:
    lost = hub.kube.image.replace("astroflow:dev", "astroflow:never-built")
    found = ill.of("images", lost)
    assert found["state"] == "problem"
    assert "not found" in found["says"]
    assert "image of lost" in found["cure"]


def test_what_is_right_beside_it_stays_right(ill: Diagnosis, hub: DeployedHub) -> None:
    assert ill.code == 1
    assert ill.of("catalogues", "gaia-dr3")["state"] == "ok"
    assert ill.of("images", hub.kube.image)["state"] == "ok"
    assert ill.of("nodes", "gold")["state"] == "ok"
    assert ill.of("network", "what comes in")["state"] == "ok"


@pytest.mark.timeout(300)
def test_account_that_may_do_nothing_is_told_so(hub: DeployedHub, kube: Kube, config: str) -> None:
    kubeconfig = str(Path(config.removeprefix("--config=")).with_name("poor.conf"))
    Path(kubeconfig).write_text(_kubeconfig_of(kube, "default"))
    options = (config, f"--profiles={LOCAL / 'profiles'}", f"--image={hub.kube.image}")
    found = examine(*options, kubeconfig=kubeconfig)
    assert found.code == 1
    assert found.states() == {
        *((check, "problem") for check in ("permissions", "storage", "nodes")),
        *((check, "skipped") for check in ("catalogues", "images", "network")),
        ("dask", "ok"),
    }
    assert "cannot list resource" in found.of("storage", "could not be checked")["says"]


@pytest.mark.timeout(300)
def test_hub_pod_examines_itself_and_tries_nothing_it_may_not(hub: DeployedHub) -> None:
    inside = ("astroflow", "doctor", "--json", "--config=/config/hub/jupyterhub_config.py")
    found = Diagnosis(0, json.loads(hub.kube("exec", "deployment/hub", "--", *inside)))
    assert found.states() == {
        *((check, "ok") for check in ("permissions", "storage", "nodes", "dask")),
        *((check, "skipped") for check in ("catalogues", "images", "network")),
    }


def test_nothing_of_the_doctor_stays(hub: DeployedHub, well: Diagnosis, ill: Diagnosis) -> None:
    assert well.findings
    assert ill.findings
    namespaces = hub.kube.list("namespaces", SCRATCH)
    assert [n for n in namespaces if n["status"]["phase"] != "Terminating"] == []
    volumes = hub.kube.list("persistentvolumes")
    names = [v["metadata"]["name"] for v in volumes if "deletionTimestamp" not in v["metadata"]]
    assert [name for name in names if name.startswith("astroflow-doctor")] == []


def _kubeconfig_of(kube: Kube, account: str) -> str:
    admin = json.loads(kube("config", "view", "--raw", "--minify", "--output=json"))
    user = {"name": "poor", "user": {"token": kube("create", "token", account).strip()}}
    cluster = admin["clusters"][0]
    context = {"name": "poor", "context": {"cluster": cluster["name"], "user": "poor"}}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "users": [user],
            "contexts": [context],
            "current-context": "poor",
        }
    )
