import subprocess
from pathlib import Path
from typing import Any

import pytest

from astroflow_hub.backup.objects import (
    HOME_PATH,
    Home,
    backup_command,
    build_pod,
    build_volume,
    restore_command,
)

UUID = "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"
AFFINITY = {"required": {"nodeSelectorTerms": []}}
HOME = Home(
    UUID,
    "hypatia",
    {
        "hostPath": {"path": "/volumes/one"},
        "nodeAffinity": AFFINITY,
        "capacity": {"storage": "30Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "local-path",
        "persistentVolumeReclaimPolicy": "Delete",
        "claimRef": {"namespace": "astroflow-hypatia", "name": "home", "uid": "1"},
    },
    node="node-2",
)


@pytest.fixture
def pod() -> dict[str, Any]:
    return build_pod(HOME, "astroflow-backup", "hub:1", backup_command(HOME), read_only=True)


def test_second_name_has_the_storage_of_the_first_and_never_deletes_it() -> None:
    volume, _ = build_volume(HOME, "astroflow-backup")
    assert volume["metadata"]["name"] == f"backup-{UUID}"
    assert volume["spec"] == {
        "hostPath": {"path": "/volumes/one"},
        "nodeAffinity": AFFINITY,
        "capacity": {"storage": "30Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "",
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": "astroflow-backup", "name": f"backup-{UUID}"},
    }


def test_claim_takes_this_volume_and_no_other() -> None:
    volume, claim = build_volume(HOME, "astroflow-backup")
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert claim["spec"]["storageClassName"] == ""
    assert claim["metadata"]["namespace"] == "astroflow-backup"


def test_pod_is_where_the_home_is_in_use_and_reads_only(pod: dict[str, Any]) -> None:
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "node-2"}
    assert {"name": "home", "mountPath": HOME_PATH, "readOnly": True} in container["volumeMounts"]


def test_pod_has_no_token_and_no_rights(pod: dict[str, Any]) -> None:
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_snapshots_go_by_the_uuid_which_a_renamed_account_keeps() -> None:
    assert backup_command(HOME)[4:8] == ["restic", "backup", "--host", UUID]
    assert restore_command(HOME, "latest", "restored")[-4:] == [
        *("--host", UUID),
        *("--target", "restored"),
    ]


def test_a_home_that_is_empty_is_no_failure(tmp_path: Path) -> None:
    done = subprocess.run(
        backup_command(HOME), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "the home is empty\n"
