from typing import Any

from inside.kube import Kube

HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}
CLAIM: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "home"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    },
}
NOTE = "/home/jovyan/note"


def test_home_survives_its_pod(kube: Kube) -> None:
    kube.create(CLAIM)
    kube.start(kube.pod("before", home=HOME))
    kube.python("before", f"open('{NOTE}', 'w').write('kept')")
    kube("delete", "pod", "before")
    kube.start(kube.pod("after", home=HOME))
    assert kube.python("after", f"print(open('{NOTE}').read())") == "kept"
