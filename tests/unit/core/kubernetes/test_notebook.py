"""Pods for workers are like the notebook's, and can do less."""

from typing import Any

from astroflow_core.kubernetes.notebook import TEMPORARY, Notebook, worker_pod

DIGEST = f"registry:5000/astroflow@sha256:{'a' * 64}"
POD: dict[str, Any] = {
    "metadata": {"name": "jupyter-hypatia", "namespace": "astroflow-hypatia", "uid": "1"},
    "spec": {
        "serviceAccountName": "notebook",
        "imagePullSecrets": [{"name": "registry"}],
        "nodeSelector": {"pool": "gaia"},
        "securityContext": {"runAsNonRoot": True},
        "tolerations": [
            {"key": "gaia", "operator": "Exists"},
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
        ],
        "containers": [
            {
                "name": "notebook",
                "image": "registry:5000/astroflow:1",
                "env": [{"name": "JUPYTERHUB_API_TOKEN", "value": "secret"}],
                "resources": {"limits": {"memory": "2Gi"}},
                "securityContext": {"readOnlyRootFilesystem": True},
                "volumeMounts": [
                    {"name": "home", "mountPath": "/home/jovyan"},
                    {"name": "temporary", "mountPath": TEMPORARY},
                    {"name": "gaia", "mountPath": "/mnt/gaia-dr3"},
                    {"name": "kube-api-access-x", "mountPath": "/var/run/secrets"},
                ],
            }
        ],
        "volumes": [
            {"name": "home", "persistentVolumeClaim": {"claimName": "home"}},
            {"name": "temporary", "emptyDir": {}},
            {"name": "gaia", "persistentVolumeClaim": {"claimName": "catalogue-gaia"}},
            {"name": "kube-api-access-x", "projected": {}},
        ],
    },
    "status": {
        "podIP": "198.18.0.7",
        "containerStatuses": [{"name": "notebook", "imageID": DIGEST, "state": {}}],
    },
}
NOTEBOOK = Notebook(POD, frozenset({"catalogue-gaia"}))


def worker(notebook: Notebook = NOTEBOOK) -> dict[str, Any]:
    spec: dict[str, Any] = worker_pod(notebook, "executor", scratch="20Gi")["spec"]
    return spec


def test_the_notebook_is_known_by_what_runs() -> None:
    assert NOTEBOOK.image == DIGEST
    assert NOTEBOOK.memory == 2 * 2**30
    assert NOTEBOOK.address == "198.18.0.7"
    assert NOTEBOOK.owner["uid"] == "1"


def test_a_worker_runs_the_notebook_s_image_on_the_notebook_s_nodes() -> None:
    spec = worker()
    assert spec["containers"][0]["image"] == DIGEST
    assert spec["nodeSelector"] == {"pool": "gaia"}
    assert spec["tolerations"] == [{"key": "gaia", "operator": "Exists"}]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]


def test_a_worker_reads_shared_volumes_and_writes_to_its_own_only() -> None:
    assert worker()["containers"][0]["volumeMounts"] == [
        {"name": "gaia", "mountPath": "/mnt/gaia-dr3", "readOnly": True},
        {"name": "temporary", "mountPath": TEMPORARY},
    ]
    assert worker()["containers"][0]["workingDir"] == TEMPORARY
    assert worker()["volumes"][-1] == {"name": "temporary", "emptyDir": {"sizeLimit": "20Gi"}}


def test_a_home_that_many_nodes_can_mount_is_there_to_read() -> None:
    shared = Notebook(POD, frozenset({"catalogue-gaia", "home"}))
    home = {"name": "home", "mountPath": "/home/jovyan", "readOnly": True}
    assert home in worker(shared)["containers"][0]["volumeMounts"]


def test_a_worker_has_no_token_and_nothing_of_the_notebook_s_environment() -> None:
    spec = worker()
    assert not spec["automountServiceAccountToken"]
    assert "serviceAccountName" not in spec
    assert "env" not in spec["containers"][0]
