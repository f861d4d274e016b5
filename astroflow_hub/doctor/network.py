"""Check: network policies are enforced. It tries, for what comes in and for what goes out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from kubernetes_asyncio.client import NetworkingV1Api

from astroflow_hub.doctor.cluster import container, pod_spec, scratch_namespace
from astroflow_hub.doctor.finding import Finding, good, problem

if TYPE_CHECKING:
    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.cluster import Scratch
    from astroflow_hub.doctor.hub import Hub

Direction = Literal["Ingress", "Egress"]

SUBJECTS: dict[Direction, str] = {"Ingress": "what comes in", "Egress": "what goes out"}
PORT = 8080
START_PATIENCE = 300  # seconds, for the pull of an image
CUT_PATIENCE = 60
_LISTEN = ["python3", "-m", "http.server", str(PORT), "--directory", "/nonexistent"]
# Ends with 0 as soon as connections are, for three tries in a row, as they are wished to be.
_WATCH = """
import socket, sys, time
address, wished, seen = (sys.argv[1], int(sys.argv[2])), sys.argv[3] == "open", 0
for _ in range(20):
    try:
        socket.create_connection(address, timeout=1).close()
        is_open = True
    except OSError:
        is_open = False
    seen = seen + 1 if is_open == wished else 0
    if seen == 3:
        sys.exit()
    time.sleep(0.5)
sys.exit(1)
"""


async def check_network(api: ApiClient, hub: Hub) -> list[Finding]:
    """Let one pod reach another, forbid it, and see whether it is cut off."""
    image = next(iter(hub.images()))
    async with scratch_namespace(api) as scratch:
        tries = (_try(scratch, image, direction) for direction in SUBJECTS)
        return await asyncio.gather(*tries)


async def _try(scratch: Scratch, image: str, direction: Direction) -> Finding:
    subject = SUBJECTS[direction]
    server, client = (f"{role}-{direction.lower()}" for role in ("server", "client"))
    await scratch.start(server, pod_spec(container("main", image, _LISTEN)))
    address = await scratch.await_pod(server, lambda pod: pod.status.pod_ip, START_PATIENCE)
    if address is None:
        return await _not_tried(scratch, server, subject)
    before = container("before", image, _watch(address, "open"))
    main = container("main", image, _watch(address, "closed"))
    await scratch.start(client, pod_spec(main, initContainers=[before]))
    if await scratch.await_pod(client, _reached, START_PATIENCE) is not True:
        return await _not_tried(scratch, client, subject)
    forbidden = server if direction == "Ingress" else client
    await NetworkingV1Api(scratch.api).create_namespaced_network_policy(
        scratch.namespace, _deny(forbidden, direction)
    )
    if await scratch.await_pod(client, _was_cut, CUT_PATIENCE):
        return good("network", subject, "a policy that denies it is enforced")
    cure = "install a network plugin that enforces NetworkPolicy, such as Cilium or Calico"
    return problem("network", subject, "a policy that denies it changes nothing", cure)


async def _not_tried(scratch: Scratch, name: str, subject: str) -> Finding:
    pod = await scratch.core.read_namespaced_pod(name, scratch.namespace)
    if pod.status.phase == "Failed":
        says = "a pod does not reach another one even where no policy forbids it"
    else:
        says = f"could not be tried: {await scratch.why_not_started(name)}"
    return problem("network", subject, says, "mend that, then run the doctor again")


def _watch(address: str, wished: str) -> list[str]:
    return ["python3", "-c", _WATCH, address, str(PORT), wished]


def _reached(pod: Any) -> bool | None:
    """Tell whether the client reached the server before any policy; None while it tries."""
    ended = [s.state.terminated for s in pod.status.init_container_statuses or []]
    codes = [state.exit_code for state in ended if state]
    return codes == [0] if codes else None


def _was_cut(pod: Any) -> bool | None:
    return {"Succeeded": True, "Failed": False}.get(pod.status.phase)


def _deny(name: str, direction: Direction) -> Any:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": {"app": name}}, "policyTypes": [direction]},
    }
