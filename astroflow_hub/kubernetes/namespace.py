"""A person's namespace and who acts in it: service accounts, role and binding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astroflow_hub.kubernetes.person import MANAGED_BY
from astroflow_hub.kubernetes.rules import PERSON_RULES

if TYPE_CHECKING:
    from astroflow_hub.kubernetes.person import Person

Object = dict[str, Any]

SERVICE_ACCOUNT = "notebook"
ROLE = "notebook"


def build_namespace(name: str, person: Person, pod_security: str) -> Object:
    """Return the namespace; ``pod_security`` is the level that its pods are held to."""
    labels = {**person.identity, "pod-security.kubernetes.io/enforce": pod_security}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, "annotations": person.annotations},
    }


def build_access(namespace: str) -> list[Object]:
    """Return the service accounts of the namespace, and the role of the notebook's.

    Executors and workers run as ``default``, which has no rights and no token.
    """
    return [
        build("v1", "ServiceAccount", namespace, SERVICE_ACCOUNT),
        build("v1", "ServiceAccount", namespace, "default", automountServiceAccountToken=False),
        build("rbac.authorization.k8s.io/v1", "Role", namespace, ROLE, rules=[*PERSON_RULES]),
        build(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            namespace,
            ROLE,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE},
            subjects=[{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": namespace}],
        ),
    ]


def build(api_version: str, kind: str, namespace: str, name: str, **fields: Any) -> Object:
    """Return an object of the namespace, labelled as ours."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "labels": {**MANAGED_BY}},
        **fields,
    }
