"""Makes the probes that it is given as JSON, in a person's pod, and prints how each came out."""

import http.client
import json
import os
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TIMEOUT = 5.0  # seconds; a policy drops what it denies
TRIES = 3  # a busy machine drops packets, too
BINDS_WITHIN = 90.0  # seconds; the binder looks again every 15 at what it could not bind at first


def make(probe: dict[str, Any]) -> str:
    kinds = {"api": call_api, "tcp": connect, "claim": claim}
    return kinds[probe["kind"]](probe)


def call_api(probe: dict[str, Any]) -> str:
    status, answer = request(probe)
    return f"{status} {(answer or {}).get('message', '')}".strip()


def request(probe: dict[str, Any]) -> tuple[int, Any]:
    token = probe.get("token") or (ACCOUNT / "token").read_text()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type(probe)}
    if account := probe.get("impersonate"):
        headers["Impersonate-User"] = account
    if protocol := probe.get("upgrade"):
        headers |= {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        headers |= {"Sec-WebSocket-Key": "A" * 22 + "==", "Sec-WebSocket-Protocol": protocol}
    api = http.client.HTTPSConnection(
        os.environ["KUBERNETES_SERVICE_HOST"],
        int(os.environ["KUBERNETES_SERVICE_PORT"]),
        timeout=30,
        context=ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt")),
    )
    body = probe.get("body")
    api.request(probe["method"], probe["path"], body and json.dumps(body), headers)
    answer = api.getresponse()
    is_json = "json" in (answer.getheader("Content-Type") or "")
    return answer.status, json.loads(answer.read()) if is_json else None


def content_type(probe: dict[str, Any]) -> str:
    return "application/merge-patch+json" if probe["method"] == "PATCH" else "application/json"


def connect(probe: dict[str, Any]) -> str:
    return "open" if any(is_open(probe) for _ in range(TRIES)) else "closed"


def is_open(probe: dict[str, Any]) -> bool:
    try:
        socket.create_connection((probe["host"], probe["port"]), TIMEOUT).close()
    except OSError:
        return False
    return True


def claim(probe: dict[str, Any]) -> str:
    """Claim a volume by its name in our own namespace, and tell whether it was given to us."""
    path = f"/api/v1/namespaces/{(ACCOUNT / 'namespace').read_text()}/persistentvolumeclaims"
    name = f"attempt-{time.monotonic_ns()}"
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Mi"}},
        "storageClassName": probe["storage_class"],
        "volumeName": probe["volume"],
    }
    body = {"metadata": {"name": name}, "spec": spec}
    status, _ = request({"method": "POST", "path": path, "body": body})
    if status != http.client.CREATED:
        return str(status)
    try:
        return phase_of(f"{path}/{name}")
    finally:
        request({"method": "DELETE", "path": f"{path}/{name}"})


def phase_of(path: str) -> str:
    deadline = time.monotonic() + BINDS_WITHIN
    phase = "Pending"
    while phase == "Pending" and time.monotonic() < deadline:
        time.sleep(0.5)
        phase = request({"method": "GET", "path": path})[1]["status"]["phase"]
    return phase


with ThreadPoolExecutor(8) as pool:
    sys.stdout.write(json.dumps(list(pool.map(make, json.loads(sys.argv[1])))))
