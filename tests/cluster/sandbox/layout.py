"""Where everything of a cluster lies: folders, names, addresses.

The addresses are from the ranges set aside for benchmarks (198.18.0.0/15) and
documentation (203.0.113.0/24): never those of a network the machine is in.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = REPOSITORY / "tests" / "cluster"

PODS = "198.18.0.0/17"
SERVICES = "198.19.0.0/16"
DNS_ADDRESS = "198.19.0.10"
WORLD_ADDRESS = "198.18.255.254"
OUTSIDE_ADDRESSES = ("203.0.113.10", "203.0.113.130")
REGISTRY = f"{WORLD_ADDRESS}:5000"

# What a node calls its own folder, short because sockets' paths must be.
NODE_HOME = Path("/run/node")


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster; the first one carries the control plane."""

    name: str
    address: str


NODES = (Node("node-1", "198.18.255.1"), Node("node-2", "198.18.255.2"))
CONTROL_PLANE = NODES[0]
API_SERVER = f"https://{CONTROL_PLANE.address}:6443"


def find_node(name: str) -> Node:
    """Return the node called `name`."""
    return next(node for node in NODES if node.name == name)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster, known by the folder that holds all its state."""

    state: Path

    @classmethod
    def from_environ(cls) -> "Cluster":
        """Return the cluster of this checkout, or the one a person names."""
        chosen = os.environ.get("ASTROFLOW_CLUSTER_DIR", REPOSITORY / ".astroflow" / "cluster")
        return cls(Path(chosen).resolve())

    @property
    def identity(self) -> str:
        """A name that no other cluster on this machine has."""
        return f"astroflow-{hashlib.sha256(bytes(self.state)).hexdigest()[:8]}"

    @property
    def bin(self) -> Path:
        """The folder of programs, one link each."""
        return self.state / "bin"

    @property
    def pki(self) -> Path:
        """The folder of certificates and their keys."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """The folder of every daemon's output; it outlives a failed start."""
        return self.state / "log"

    @property
    def ready(self) -> Path:
        """The file that tells that the world is there."""
        return self.state / "ready"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's credentials."""
        return self.credentials("super-admin")

    def credentials(self, user: str) -> Path:
        """Return the kubeconfig of a control plane's component."""
        return self.state / "conf" / f"{user}.conf"

    def home(self, node: Node) -> Path:
        """Return the folder that `node` sees as `NODE_HOME`."""
        return self.state / node.name

    def cgroup(self, node: Node) -> str:
        """Return the name of the node's folder in each cgroup hierarchy."""
        return f"{self.identity}-{node.name}"
