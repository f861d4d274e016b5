"""A node: the files and command lines of its containerd, kubelet, proxy and Cilium."""

import os
import shutil
from pathlib import Path

from sandbox.daemon import Daemon
from sandbox.layout import DNS_ADDRESS, NODE_HOME, PODS, REGISTRY, Cluster, Node

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CONTROL_PLANE_MEMORY = 3 * 1024  # MiB, kept from both nodes
LOOPBACK_PLUGIN = Path("/usr/lib/cni/loopback")
LLVM = "/usr/lib/llvm-19/bin"


def write_configuration(cluster: Cluster, node: Node) -> None:
    """Write what the node's programs read; called inside the node."""
    _write("containerd.toml", _containerd_config())
    _write(f"certs.d/{REGISTRY}/hosts.toml", _registry_config())
    _write("kubelet.yaml", _kubelet_config(cluster, node))
    plugins = NODE_HOME / "cni-bin"
    plugins.mkdir(exist_ok=True)
    for plugin in (LOOPBACK_PLUGIN, cluster.bin / "cilium-cni"):
        shutil.copy(plugin, plugins)
    shutil.copytree(cluster.bin / "cilium-bpf", NODE_HOME / "cilium/bpf", dirs_exist_ok=True)


def node_daemons(cluster: Cluster, node: Node) -> list[Daemon]:
    """Return the node's programs in the order to start them."""
    return [
        Daemon("containerd", ["containerd", f"--config={NODE_HOME}/containerd.toml"]),
        _kubelet(node),
        _kube_proxy(cluster, node),
        _cilium(cluster),
    ]


def share_of_machine() -> tuple[int, int]:
    """Return what one node offers to pods: thousandths of a core, MiB of memory."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _cores() * 500, (pages // 2**20 - CONTROL_PLANE_MEMORY) // 2


def _cores() -> int:
    return os.cpu_count() or 1


def _write(name: str, text: str) -> None:
    path = NODE_HOME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _containerd_config() -> str:
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{NODE_HOME}/containerd"
state = "/run/containerd"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{NODE_HOME}/opt"
[{cri}]
  sandbox_image = "{REGISTRY}/pause"
  restrict_oom_score_adj = true
[{cri}.cni]
  bin_dir = "{NODE_HOME}/cni-bin"
  conf_dir = "{NODE_HOME}/cni"
[{cri}.registry]
  config_path = "{NODE_HOME}/certs.d"
[{cri}.containerd]
  # The registry keeps the layers; a node needs only what it unpacked.
  discard_unpacked_layers = true
[{cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[{cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
"""


def _registry_config() -> str:
    return f"""\
server = "http://{REGISTRY}"
[host."http://{REGISTRY}"]
  capabilities = ["pull", "resolve"]
"""


def _kubelet_config(cluster: Cluster, node: Node) -> str:
    cpu, memory = share_of_machine()
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return f"""\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /{cluster.cgroup(node)}
failSwapOn: false
# Each node would report the whole machine: scheduling is real with a share each.
systemReserved: {{cpu: {_cores() * 1000 - cpu}m, memory: {total - memory}Mi}}
clusterDNS: [{DNS_ADDRESS}]
clusterDomain: cluster.local
resolvConf: ""
containerRuntimeEndpoint: unix://{CONTAINERD_SOCKET}
podLogsDir: {NODE_HOME}/pod-logs
volumePluginDir: {NODE_HOME}/volume-plugins
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {cluster.pki}/ca.crt}}
authorization: {{mode: Webhook}}
serializeImagePulls: false
nodeStatusUpdateFrequency: 3s
nodeLeaseDurationSeconds: 8
evictionHard: {{memory.available: 200Mi, nodefs.available: 2%, imagefs.available: 2%}}
imageGCHighThresholdPercent: 100
"""


def _kubelet(node: Node) -> Daemon:
    return Daemon(
        "kubelet",
        [
            "kubelet",
            f"--config={NODE_HOME}/kubelet.yaml",
            f"--kubeconfig={NODE_HOME}/conf/kubelet.conf",
            f"--node-ip={node.address}",
            f"--hostname-override={node.name}",
            f"--root-dir={NODE_HOME}/kubelet",
            f"--cert-dir={NODE_HOME}/kubelet-pki",
        ],
    )


def _kube_proxy(cluster: Cluster, node: Node) -> Daemon:
    return Daemon(
        "kube-proxy",
        [
            "kube-proxy",
            f"--kubeconfig={cluster.kubeconfig}",
            "--proxy-mode=nftables",
            f"--cluster-cidr={PODS}",
            f"--hostname-override={node.name}",
            "--conntrack-max-per-core=0",  # the limit is the whole machine's
        ],
    )


def _cilium(cluster: Cluster) -> Daemon:
    return Daemon(
        "cilium-agent",
        [
            "cilium-agent",
            f"--k8s-kubeconfig-path={cluster.kubeconfig}",
            "--k8s-namespace=kube-system",
            "--enable-ipv4=true",
            "--enable-ipv6=false",
            "--ipam=kubernetes",
            "--identity-allocation-mode=crd",
            "--routing-mode=native",
            f"--ipv4-native-routing-cidr={PODS}",
            "--auto-direct-node-routes=true",
            "--devices=eth0",
            "--kube-proxy-replacement=false",
            "--enable-host-legacy-routing=true",
            "--enable-ipv4-masquerade=false",
            "--enable-ipv6-masquerade=false",
            "--enable-l7-proxy=false",
            "--enable-hubble=false",
            "--enable-health-checking=false",
            "--enable-endpoint-health-checking=false",
            "--enable-health-check-nodeport=false",
            "--enable-gops=false",
            # The defaults make a change of labels take 15 s to reach the policies.
            "--identity-change-grace-period=100ms",
            "--identity-max-jitter=0s",
            "--k8s-client-qps=100",
            "--k8s-client-burst=200",
            # Else no ipBlock ever matches a node or the API server.
            "--policy-cidr-match-mode=nodes",
            f"--lib-dir={NODE_HOME}/cilium",
            "--state-dir=/run/cilium",
            "--bpf-root=/sys/fs/bpf",
            "--cgroup-root=/run/cilium/cgroupv2",
            f"--write-cni-conf-when-ready={NODE_HOME}/cni/05-cilium.conflist",
            "--cni-exclusive=true",
        ],
        # containerd 1.6 overlooks a file renamed into its CNI folder, and the agent
        # writes its file in TMPDIR: another file system makes it a copy.
        {"TMPDIR": "/run/cilium", "PATH": f"{LLVM}:{os.environ['PATH']}"},
    )
