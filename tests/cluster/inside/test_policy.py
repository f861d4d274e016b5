from typing import Any

import pytest

from inside.kube import Kube, soon

SERVE = ("python", "-m", "http.server", "8080", "--directory", "/tmp")  # noqa: S108


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], **spec},
    }


DENY_ALL = policy("deny-all")
ALLOW_FRIENDS = policy(
    "allow-friends",
    ingress=[{"from": [{"podSelector": {"matchLabels": {"role": "friend"}}}]}],
)


@pytest.mark.parametrize("apart", [False, True], ids=["within a node", "across nodes"])
def test_policy_denies_and_allows(kube: Kube, node_names: list[str], *, apart: bool) -> None:
    if apart and len(node_names) < 2:
        pytest.skip("needs two nodes that take pods")
    here, there = _selector(node_names[0]), _selector(node_names[int(apart)])
    kube.start(
        kube.pod("web", *SERVE, nodeSelector=here),
        kube.pod("friend", nodeSelector=there, labels={"role": "friend"}),
        kube.pod("stranger", nodeSelector=there),
    )
    url = f"http://{kube.get('pod/web')['status']['podIP']}:8080"
    soon(lambda: kube.can_fetch("friend", url), "a connection before any policy")
    kube.create(DENY_ALL)
    soon(lambda: not kube.can_fetch("friend", url), "the end of connections")
    kube.create(ALLOW_FRIENDS)
    soon(lambda: kube.can_fetch("friend", url), "the friend's connection")
    assert not kube.can_fetch("stranger", url)


def _selector(node: str) -> dict[str, str]:
    return {"kubernetes.io/hostname": node}
