"""Network policies of a person's namespace: everything is denied but what is named here.

They are plain ``NetworkPolicy`` objects, so that every engine enforces them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from astroflow_hub.kubernetes.namespace import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from astroflow_hub.kubernetes.namespace import Object

HUB_PORT = 8081
# Of a Dask scheduler.
SCHEDULER_PORT = 8786
DASHBOARD_PORT = 8787
# Where clusters, their nodes and clouds' metadata services live, unless an admin knows better:
# private, shared, link-local and benchmarking ranges, and their like in IPv6.
PRIVATE_RANGES = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "fc00::/7",
    "fe80::/10",
)
NODE_LOCAL_DNS = "169.254.20.10/32"


@dataclass(frozen=True, slots=True)
class Network:
    """What the policies of every person share."""

    hub_namespace: str
    hub_pods: Mapping[str, str]
    proxy_pods: Mapping[str, str]
    notebook_pods: Mapping[str, str]
    notebook_port: int
    api_servers: tuple[tuple[str, int], ...]
    cluster_ranges: tuple[str, ...] = PRIVATE_RANGES
    dns_namespace: str = field(default="kube-system")
    dask_namespace: str = field(default="dask-operator")
    shared_dask: bool = False


def build_policies(namespace: str, network: Network) -> list[Object]:
    """Return the policies of a namespace."""
    own: list[Object] = [{"podSelector": {}}]
    return [
        _policy(namespace, "deny-by-default", ["Ingress", "Egress"]),
        _policy(
            namespace,
            "own-namespace",
            ["Ingress", "Egress"],
            ingress=[{"from": own}],
            egress=[{"to": own}],
        ),
        _policy(
            namespace,
            "notebook",
            ["Ingress"],
            selects=network.notebook_pods,
            ingress=[
                {
                    "from": [
                        _pods(network.hub_namespace, network.hub_pods),
                        _pods(network.hub_namespace, network.proxy_pods),
                    ],
                    "ports": [_tcp(network.notebook_port)],
                }
            ],
        ),
        _policy(
            namespace,
            "dask-operator",
            ["Ingress"],
            # By it the operator learns which workers may go.
            selects={"dask.org/component": "scheduler"},
            ingress=[
                {
                    "from": [{"namespaceSelector": _named(network.dask_namespace)}],
                    "ports": [_tcp(DASHBOARD_PORT)],
                }
            ],
        ),
        _policy(namespace, "platform", ["Egress"], egress=_to_platform(network)),
        _policy(namespace, "internet", ["Egress"], egress=[{"to": _internet(network)}]),
        *([_shared_dask(namespace, network)] if network.shared_dask else []),
    ]


def api_servers(slices: Iterable[Object]) -> tuple[tuple[str, int], ...]:
    """Return where the API servers listen, from the endpoint slices of their service.

    A policy has to name these, as engines look at an address after that of a service is
    replaced.
    """
    found = {
        (address, port["port"])
        for part in slices
        for endpoint in part.get("endpoints") or []
        for address in endpoint["addresses"]
        for port in part.get("ports") or []
    }
    return tuple(sorted(found))


def _shared_dask(namespace: str, network: Network) -> Object:
    """Return what lets notebooks reach the Dask cluster that all share."""
    scheduler = _pods(network.dask_namespace, {"dask.org/component": "scheduler"})
    return _policy(
        namespace,
        "shared-dask",
        ["Egress"],
        selects=network.notebook_pods,
        egress=[{"to": [scheduler], "ports": [_tcp(SCHEDULER_PORT), _tcp(DASHBOARD_PORT)]}],
    )


def _to_platform(network: Network) -> list[dict[str, Any]]:
    dns = [
        {"namespaceSelector": _named(network.dns_namespace)},
        {"ipBlock": {"cidr": NODE_LOCAL_DNS}},
    ]
    api = [
        {"to": [{"ipBlock": {"cidr": _host(address)}}], "ports": [_tcp(port)]}
        for address, port in sorted(network.api_servers)
    ]
    return [
        {"to": dns, "ports": [{"protocol": "UDP", "port": 53}, _tcp(53)]},
        {"to": [_pods(network.hub_namespace, network.hub_pods)], "ports": [_tcp(HUB_PORT)]},
        *api,
    ]


def _internet(network: Network) -> list[dict[str, Any]]:
    """Return each address family without the ranges of it that are the cluster's."""
    return [
        {
            "ipBlock": {
                "cidr": everything,
                "except": [
                    cidr
                    for cidr in network.cluster_ranges
                    if ip_network(cidr).version == ip_network(everything).version
                ],
            }
        }
        for everything in ("0.0.0.0/0", "::/0")
    ]


def _policy(
    namespace: str,
    name: str,
    types: list[str],
    *,
    selects: Mapping[str, str] | None = None,
    **rules: Any,
) -> Object:
    selector = {"matchLabels": {**selects}} if selects else {}
    spec = {"podSelector": selector, "policyTypes": types, **rules}
    return build("networking.k8s.io/v1", "NetworkPolicy", namespace, name, spec=spec)


def _pods(namespace: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "namespaceSelector": _named(namespace),
        "podSelector": {"matchLabels": {**labels}},
    }


def _named(namespace: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


def _tcp(port: int) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}


def _host(address: str) -> str:
    return f"{address}/{ip_address(address).max_prefixlen}"
