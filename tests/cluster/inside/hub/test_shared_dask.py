"""The Dask cluster that all share: at the address older notebooks name, for notebooks alone."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from inside.hub.deployed import DeployedHub
from inside.kube import Kube
from sandbox.layout import REPOSITORY
from tools.person import Person
from tools.shell import CommandError, run

pytestmark = pytest.mark.timeout(600)

HOST = "simple-scheduler.dask-operator.svc.cluster.local"
OVERLAY = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{shared}]
patches:
  - target: {{kind: DaskCluster}}
    patch: |-
      - op: replace
        path: /spec/scheduler/spec/containers/0/image
        value: {registry}/astroflow:dev
      - op: replace
        path: /spec/worker/spec/containers/0/image
        value: {registry}/astroflow:dev
"""
ADD_UP = f"""
from distributed import Client
Client("tcp://{HOST}:8786").submit(sum, [1, 2, 3]).result()
"""
KNOCK = f"import socket; socket.create_connection(('{HOST}', 8786), timeout=5)"


@pytest.fixture(scope="module")
def shared(
    hub: DeployedHub, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kube]:
    folder = tmp_path_factory.mktemp("shared")
    source = os.path.relpath(REPOSITORY / "deploy" / "shared-dask", folder)
    (folder / "kustomization.yaml").write_text(OVERLAY.format(shared=source, registry=registry))
    kube = replace(hub.kube, namespace="dask-operator")
    run("kubectl", "apply", "--kustomize", folder)
    kube.wait("service/simple-scheduler", "create")
    kube.wait("deployment/simple-scheduler", "create")
    kube.wait("deployment/simple-scheduler", "condition=Available", 120)
    yield kube
    run("kubectl", "delete", "--kustomize", folder, "--wait=false")


@pytest.fixture
def elsa(hub: DeployedHub) -> Iterator[Person]:
    with hub.person("elsa") as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


@pytest.mark.usefixtures("shared")
def test_an_older_notebook_computes_in_it(elsa: Person) -> None:
    with elsa.kernel() as kernel:
        assert kernel.run(ADD_UP, 120).text == "6"


@pytest.mark.usefixtures("shared")
def test_who_is_no_notebook_does_not_reach_it(kube: Kube) -> None:
    kube.start(kube.pod("stranger"))
    with pytest.raises(CommandError, match="timed out"):
        kube.python("stranger", KNOCK)
