"""The cables: a bridge that plays the world outside, and one card for each node."""

from sandbox.layout import CONTROL_PLANE, OUTSIDE_ADDRESSES, PODS, SERVICES, WORLD_ADDRESS, Node
from tools.shell import run

BRIDGE = "br0"


def make_world() -> None:
    """Make the bridge in our own network namespace, which has no uplink."""
    _ip("link set lo up")
    _ip(f"link add {BRIDGE} type bridge")
    _ip(f"addr add {WORLD_ADDRESS}/24 dev {BRIDGE}")
    _ip(f"link set {BRIDGE} up")
    for address in OUTSIDE_ADDRESSES:
        _ip(f"addr add {address}/32 dev lo")
    for network in (PODS, SERVICES):
        _ip(f"route add {network} via {CONTROL_PLANE.address}")


def plug_in(node: Node) -> None:
    """Make the node's network namespace and wire its card to the bridge."""
    _ip(f"netns add {node.name}")
    _ip(f"link add {node.name} type veth peer name eth0 netns {node.name}")
    _ip(f"link set {node.name} master {BRIDGE} up")
    inside = f"-n {node.name}"
    _ip(f"{inside} link set lo up")
    _ip(f"{inside} addr add {node.address}/24 dev eth0")
    _ip(f"{inside} link set eth0 up")
    _ip(f"{inside} route add default via {WORLD_ADDRESS} src {node.address}")
    run("ip", "netns", "exec", node.name, "sysctl", "-qw", "net.ipv4.ip_forward=1")


def unplug(node: Node) -> None:
    """Remove the node's card and namespace."""
    _ip(f"link del {node.name}")
    _ip(f"netns del {node.name}")


def _ip(command: str) -> None:
    run("ip", *command.split())
