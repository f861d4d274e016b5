"""The command lines of the control plane, and the certificates they share."""

from sandbox.daemon import Daemon
from sandbox.layout import (
    CONTROL_PLANE,
    NODES,
    PODS,
    SERVICES,
    Cluster,
    Node,
)
from sandbox.programs import kubernetes_version
from tools.shell import run

ETCD = "http://127.0.0.1:2379"


def make_certificates(cluster: Cluster) -> None:
    """Make every key, certificate and kubeconfig of the cluster."""
    kubeadm = cluster.bin / "kubeadm"
    configs = {node: _write_kubeadm_config(cluster, node) for node in NODES}
    first = configs[CONTROL_PLANE]
    run(kubeadm, "init", "phase", "certs", "all", "--config", first)
    for user in ("super-admin", "controller-manager", "scheduler"):
        folder = cluster.kubeconfig.parent
        _make_kubeconfig(cluster, user, first, str(folder))
    for node, config in configs.items():
        _make_kubeconfig(cluster, "kubelet", config, str(cluster.home(node) / "conf"))


def _make_kubeconfig(cluster: Cluster, user: str, config: str, folder: str) -> None:
    phase = (cluster.bin / "kubeadm", "init", "phase", "kubeconfig", user)
    run(*phase, "--config", config, "--kubeconfig-dir", folder)


def _write_kubeadm_config(cluster: Cluster, node: Node) -> str:
    path = cluster.home(node) / "kubeadm.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"""\
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {CONTROL_PLANE.address}, bindPort: 6443}}
nodeRegistration: {{name: {node.name}}}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: {kubernetes_version()}
certificatesDir: {cluster.pki}
encryptionAlgorithm: ECDSA-P256
networking: {{podSubnet: {PODS}, serviceSubnet: {SERVICES}, dnsDomain: cluster.local}}
""")
    return str(path)


def control_plane_daemons(cluster: Cluster) -> list[Daemon]:
    """Return the control plane's programs in the order to start them."""
    return [_etcd(cluster), _api_server(cluster), _controller_manager(cluster), _scheduler(cluster)]


def _etcd(cluster: Cluster) -> Daemon:
    return Daemon(
        "etcd",
        [
            "etcd",
            f"--data-dir={cluster.state}/etcd",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",  # nothing here outlives the machine
        ],
    )


def _api_server(cluster: Cluster) -> Daemon:
    pki = cluster.pki
    return Daemon(
        "kube-apiserver",
        [
            "kube-apiserver",
            f"--etcd-servers={ETCD}",
            f"--advertise-address={CONTROL_PLANE.address}",
            "--secure-port=6443",
            # Else exec and logs look the node's name up.
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged=true",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
            f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
            f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
            f"--proxy-client-key-file={pki}/front-proxy-client.key",
        ],
    )


def _controller_manager(cluster: Cluster) -> Daemon:
    pki = cluster.pki
    return Daemon(
        "kube-controller-manager",
        [
            "kube-controller-manager",
            f"--kubeconfig={cluster.credentials('controller-manager')}",
            f"--cluster-cidr={PODS}",
            "--allocate-node-cidrs=true",
            # A lost node is noticed in seconds: tests wait for it.
            "--node-monitor-period=2s",
            "--node-monitor-grace-period=12s",
            f"--service-account-private-key-file={pki}/sa.key",
            f"--root-ca-file={pki}/ca.crt",
            "--use-service-account-credentials",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            "--leader-elect=false",
        ],
    )


def _scheduler(cluster: Cluster) -> Daemon:
    return Daemon(
        "kube-scheduler",
        [
            "kube-scheduler",
            f"--kubeconfig={cluster.credentials('scheduler')}",
            "--leader-elect=false",
        ],
    )
