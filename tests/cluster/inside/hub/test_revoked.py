"""An account that is revoked, or a cluster that is not trusted: told, and a new start cures it."""

from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub
from inside.hub.offered import offered, profile
from inside.kube import Kube, soon
from tools.person import Kernel, Person

pytestmark = pytest.mark.timeout(600)

ONE = profile(
    "revoked",
    memory={"guarantee": "512m", "limit": "2g"},
    spark={"pods": 1, "cores": 1, "memory": "512m", "guarantee": 0.05},
    dask={"pods": 1, "cores": 1, "memory": "512m", "guarantee": 0.05},
    quota={"cpu": 6, "memory": "24g", "pods": 12},
)
ENGINES = (
    "from astroflow_spark_gaia import spark",
    "from astroflow_dask_gaia import client",
)
CURE = "stop your server and start it again (File > Hub Control Panel)"
OF_THE_POD = """
import os
from astroflow_core.kubernetes.api import Namespace
len(Namespace.of_this_pod(os.environ).find("pods"))
"""
# The API server is the real one; what the pod trusts is somebody else's certificate.
TRUST_ANOTHER = """
from pathlib import Path
from distributed.security import Security
from kubernetes.config import incluster_config
Path("/tmp/other.pem").write_text(Security.temporary().tls_ca_file)
incluster_config.SERVICE_CERT_FILENAME = "/tmp/other.pem"
"""


@pytest.fixture(scope="module")
def ruth(hub: DeployedHub) -> Iterator[Person]:
    with offered(hub, ONE), hub.person("ruth") as person:
        person.start("revoked")
        yield person
        person.stop()


@pytest.fixture
def kernel(ruth: Person) -> Iterator[Kernel]:
    with ruth.kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def space(hub: DeployedHub, ruth: Person) -> Kube:
    return hub.namespace_of(ruth.name)


def refusal(kernel: Kernel, code: str) -> str:
    return kernel.run(code).error or ""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_certificate_of_somebody_else_is_told(kernel: Kernel, engine: str) -> None:
    assert kernel.run(TRUST_ANOTHER).error is None
    told = f"the cluster shows a certificate that this server does not trust: {CURE}"
    assert told in refusal(kernel, engine)


def test_rights_that_were_taken_are_told(kernel: Kernel, space: Kube) -> None:
    space("delete", "rolebinding", "notebook")
    soon(lambda: refusal(kernel, OF_THE_POD), "the end of the rights", 60)
    assert [engine for engine in ENGINES if CURE not in refusal(kernel, engine)] == []
    assert "cannot list resource" in refusal(kernel, ENGINES[0])


def test_a_revoked_account_is_told_and_a_new_start_cures_it(ruth: Person, space: Kube) -> None:
    with ruth.kernel() as kernel:
        space("delete", "serviceaccount", "notebook")
        told = f"the cluster refuses: Unauthorized: {CURE}"
        soon(lambda: told in refusal(kernel, OF_THE_POD), "the end of the account", 60)
        assert [engine for engine in ENGINES if told not in refusal(kernel, engine)] == []
    ruth.stop()
    ruth.start("revoked")
    with ruth.kernel() as kernel:
        assert kernel.run(OF_THE_POD).text == "1"
