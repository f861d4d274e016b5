"""Who may do what: the rules of a person's role, and of the hub's that gives it."""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]

_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "patch", "update"]
_OBJECTS = [*_READ, *_WRITE, "deletecollection"]

# What Spark's driver and Dask's client call, in the person's own namespace. No secrets, no
# exec: nothing that Spark or Dask needs, and a way around what the namespace is limited to.
PERSON_RULES: tuple[Rule, ...] = (
    {
        "apiGroups": [""],
        "resources": ["pods", "services", "configmaps", "persistentvolumeclaims"],
        "verbs": _OBJECTS,
    },
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["events", "resourcequotas"], "verbs": _READ},
    {
        "apiGroups": ["kubernetes.dask.org"],
        "resources": ["daskclusters", "daskworkergroups", "daskautoscalers", "daskjobs"],
        "verbs": _OBJECTS,
    },
    {
        "apiGroups": ["kubernetes.dask.org"],
        "resources": ["daskworkergroups/scale"],
        "verbs": ["get", "patch", "update"],
    },
)

# The hub may hand out only what it has itself, hence the person's rules.
HUB_RULES: tuple[Rule, ...] = (
    *PERSON_RULES,
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": [*_READ, "create", "patch"]},
    {
        "apiGroups": [""],
        "resources": ["serviceaccounts", "resourcequotas", "limitranges"],
        "verbs": ["create", "patch"],
    },
    {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["roles", "rolebindings"],
        "verbs": ["create", "patch"],
    },
    {
        "apiGroups": ["networking.k8s.io"],
        "resources": ["networkpolicies"],
        "verbs": ["create", "patch"],
    },
    {
        "apiGroups": [""],
        "resources": ["persistentvolumes"],
        "verbs": ["get", "create", "patch", "delete"],
    },
    {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
    {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": ["list"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
)
