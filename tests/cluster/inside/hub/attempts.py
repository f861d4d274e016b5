"""What one person may try against another and against the platform: the table."""

from typing import Any

from inside.hub.attempt import (
    ADMIN,
    ADMIN_ELSEWHERE,
    ADMIN_OF_A,
    ADMISSION,
    BINDING,
    BROWSER_AGAINST_B,
    BROWSER_OF_B,
    FREE,
    HUB,
    HUB_POD,
    NEIGHBOUR,
    OWN,
    OWN_BROWSER,
    POD_SECURITY,
    POLICY,
    QUOTA,
    ROLE,
    SPARE_VOLUME,
    Attempt,
    Object,
    Side,
    api,
    tcp,
    web,
)

NAMESPACE = "/api/v1/namespaces/{ns}"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
NETWORKING = "/apis/networking.k8s.io/v1"
DASK = "/apis/kubernetes.dask.org/v1"
DRY = "dryRun=All"  # decided in full, and then not done


def made_pod(container: Object | None = None, **spec: Any) -> Object:
    """Return a pod that the restricted level admits, but for what is given."""
    main = {"name": "main", "image": "nothing", "securityContext": confined()}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "attempt"},
        "spec": {"containers": [{**main, **(container or {})}], **spec},
    }


def confined(**changed: Any) -> Object:
    return {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
        **changed,
    }


def mounting(**source: Any) -> Object:
    mounts = {"volumeMounts": [{"name": "it", "mountPath": "/it"}]}
    return made_pod(mounts, volumes=[{"name": "it", **source}])


def unsafe(**changed: Any) -> Object:
    return made_pod({"securityContext": confined(**changed)})


def service(**spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "attempt"},
        "spec": {"ports": [{"port": 80}], **spec},
    }


def administrator(kind: str) -> Object:
    """Return a binding that makes A's account an administrator."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": {"name": "attempt"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "notebook", "namespace": "{ns}"}],
    }


DISK = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "attempt"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": "/"},
    },
}
TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
UNBOUND = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
MORE = {"spec": {"hard": {"pods": "1000"}}}
POD = f"{NAMESPACE}/pods/{{pod}}"
A_CLAIM = {"claimName": "catalogue-gaia-dr3"}
HUB_ACCOUNT = "system:serviceaccount:astroflow:hub"


def reading(what: str, path: str, control: Side) -> Attempt:
    return Attempt(what, api("GET", path), ROLE, control)


def changing(what: str, probe: Object, allowed: str = "200") -> Attempt:
    """Return the attempt to widen one's own rights."""
    return Attempt(what, probe, ROLE, ADMIN_OF_A, attack=OWN, allowed=allowed)


def making(what: str, kind: str, body: Object, stopped_by: str) -> Attempt:
    """Return the attempt to make in one's own namespace what should not be there."""
    probe = api("POST", f"{NAMESPACE}/{kind}?{DRY}", body)
    return Attempt(what, probe, stopped_by, ADMIN_ELSEWHERE, attack=OWN, allowed="201")


def reaching(what: str, host: str, port: int, control: Side) -> Attempt:
    return Attempt(what, tcp(host, port), POLICY, control, refused="closed", allowed="open")


READING = (
    reading("read B's secrets", f"{NAMESPACE}/secrets", ADMIN),
    reading("list B's pods", f"{NAMESPACE}/pods", OWN),
    reading("read how B's pod is made", POD, OWN),
    reading("read the log of B's pod", f"{POD}/log?tailLines=1", OWN),
    reading("read B's config maps", f"{NAMESPACE}/configmaps", OWN),
    reading("read B's events", f"{NAMESPACE}/events", OWN),
    reading("list B's Dask clusters", f"{DASK}/namespaces/{{ns}}/daskclusters", OWN),
    reading("list all namespaces", "/api/v1/namespaces", ADMIN),
    reading("list the nodes", "/api/v1/nodes", ADMIN),
    reading("list everybody's volumes", "/api/v1/persistentvolumes", ADMIN),
    reading("read the platform's secrets", "/api/v1/namespaces/astroflow/secrets", ADMIN),
    reading("ask a kubelet through the API", "/api/v1/nodes/{node}/proxy/pods", ADMIN),
)

CHANGING = (
    Attempt(
        "run a command in B's pod",
        api("GET", f"{POD}/exec?command=id&stdout=1", upgrade="v5.channel.k8s.io"),
        ROLE,
        ADMIN,
        allowed="101",
    ),
    Attempt(
        "forward a port of B's pod",
        api("GET", f"{POD}/portforward?ports=8888", upgrade="v4.channel.k8s.io"),
        ROLE,
        ADMIN,
        allowed="101",
    ),
    Attempt("delete B's pod", api("DELETE", f"{POD}?{DRY}"), ROLE, OWN),
    Attempt(
        "start a pod in B's namespace",
        api("POST", f"{NAMESPACE}/pods?{DRY}", made_pod()),
        ROLE,
        OWN,
        allowed="201",
    ),
    Attempt(
        "become administrator of B's namespace",
        api("POST", f"{RBAC}/namespaces/{{ns}}/rolebindings?{DRY}", administrator("RoleBinding")),
        ROLE,
        ADMIN,
        allowed="201",
    ),
    Attempt(
        "take a token of the hub's service account",
        api("POST", f"/api/v1/namespaces/astroflow/serviceaccounts/hub/token?{DRY}", TOKEN),
        ROLE,
        ADMIN,
        allowed="201",
    ),
    Attempt(
        "act as the hub's service account",
        api("GET", "/api/v1/namespaces", impersonate=HUB_ACCOUNT),
        ROLE,
        ADMIN,
    ),
    changing(
        "become administrator of one's own namespace",
        api("POST", f"{RBAC}/namespaces/{{ns}}/rolebindings?{DRY}", administrator("RoleBinding")),
        allowed="201",
    ),
    changing(
        "become administrator of the cluster",
        api("POST", f"{RBAC}/clusterrolebindings?{DRY}", administrator("ClusterRoleBinding")),
        allowed="201",
    ),
    changing(
        "change one's own role",
        api("PATCH", f"{RBAC}/namespaces/{{ns}}/roles/notebook?{DRY}", {"rules": []}),
    ),
    changing(
        "raise one's own quota",
        api("PATCH", f"{NAMESPACE}/resourcequotas/person?{DRY}", MORE),
    ),
    changing(
        "delete one's own network policies",
        api("DELETE", f"{NETWORKING}/namespaces/{{ns}}/networkpolicies/deny-by-default?{DRY}"),
    ),
    changing(
        "lower the Pod Security of one's own namespace", api("PATCH", f"{NAMESPACE}?{DRY}", UNBOUND)
    ),
    changing(
        "make a volume of a node's disk",
        api("POST", f"/api/v1/persistentvolumes?{DRY}", DISK),
        allowed="201",
    ),
)

MAKING = (
    making(
        "start a privileged pod",
        "pods",
        unsafe(privileged=True, allowPrivilegeEscalation=True),
        POD_SECURITY,
    ),
    making("mount a node's disk", "pods", mounting(hostPath={"path": "/"}), POD_SECURITY),
    making("use a node's network", "pods", made_pod(hostNetwork=True), POD_SECURITY),
    making("see a node's processes", "pods", made_pod(hostPID=True), POD_SECURITY),
    making("run as root", "pods", unsafe(runAsUser=0, runAsNonRoot=False), POD_SECURITY),
    making("gain a capability", "pods", unsafe(capabilities={"add": ["NET_ADMIN"]}), POD_SECURITY),
    making(
        "run without a filter of system calls",
        "pods",
        unsafe(seccompProfile={"type": "Unconfined"}),
        POD_SECURITY,
    ),
    making(
        "ask for more than the quota",
        "pods",
        made_pod({"resources": {"requests": {"cpu": "900"}, "limits": {"cpu": "900"}}}),
        QUOTA,
    ),
    making(
        "come before everybody's pods",
        "pods",
        made_pod(priorityClassName="system-node-critical"),
        QUOTA,
    ),
    making("open a port on every node", "services", service(type="NodePort"), QUOTA),
    making(
        "take over an address of somebody else's",
        "services",
        service(externalIPs=["203.0.113.10"]),
        ADMISSION,
    ),
    making(
        "mount the Gaia data writable", "pods", mounting(persistentVolumeClaim=A_CLAIM), ADMISSION
    ),
    Attempt(
        "mount B's home",
        {"kind": "claim", "volume": "{home}", "storage_class": "{home_class}"},
        BINDING,
        SPARE_VOLUME,
        refused="Pending",
        allowed="Bound",
    ),
)

REACHING = (
    reaching("reach B's notebook", "{ip}", 8888, NEIGHBOUR),
    reaching("reach B's Dask scheduler", "{ip}", 8786, NEIGHBOUR),
    reaching("reach B's Dask scheduler by its service", "scheduler.{ns}.svc", 8786, NEIGHBOUR),
    reaching("reach B's Dask dashboard", "{ip}", 8787, NEIGHBOUR),
    reaching("reach B's Spark driver", "{ip}", 7078, NEIGHBOUR),
    reaching("reach B's Spark block manager", "{ip}", 7079, NEIGHBOUR),
    reaching("reach the hub's database", "database.astroflow.svc", 5432, HUB_POD),
    reaching("reach the proxy's API", "proxy-api.astroflow.svc", 8001, HUB_POD),
    reaching("reach a pod of nobody's", "{free_ip}", 8080, HUB_POD),
    reaching("reach a service of another namespace", "elsewhere.{free_ns}.svc", 8080, HUB_POD),
    reaching("reach the metadata service of a cloud", "169.254.169.254", 80, FREE),
    reaching("reach a kubelet", "{node_ip}", 10250, FREE),
)

BROWSING = (
    Attempt(
        "open B's JupyterLab in one's own browser",
        web("GET", "/user/{name}/lab"),
        HUB,
        BROWSER_OF_B,
        attack=BROWSER_AGAINST_B,
    ),
    Attempt(
        "read B's files with one's own browser",
        web("GET", "/user/{name}/api/contents"),
        HUB,
        OWN_BROWSER,
        attack=BROWSER_AGAINST_B,
    ),
    Attempt(
        "read what the hub knows of B",
        web("GET", "/hub/api/users/{name}"),
        HUB,
        OWN_BROWSER,
        attack=BROWSER_AGAINST_B,
        refused="404",
    ),
    Attempt(
        "make a token of B's",
        web("POST", "/hub/api/users/{name}/tokens"),
        HUB,
        OWN_BROWSER,
        attack=BROWSER_AGAINST_B,
        allowed="201",
    ),
    Attempt(
        "read B's files with the hub's token of one's own server",
        web("GET", "/user/{name}/api/contents", token="A"),
        HUB,
        OWN_BROWSER,
        attack=BROWSER_AGAINST_B,
    ),
    Attempt(
        "speak for B's server with the hub's token of one's own",
        web("POST", "/hub/api/users/{name}/activity", token="A"),
        HUB,
        OWN_BROWSER,
        attack=BROWSER_AGAINST_B,
        refused="404",
    ),
)

ATTEMPTS = (*READING, *CHANGING, *MAKING, *REACHING, *BROWSING)
