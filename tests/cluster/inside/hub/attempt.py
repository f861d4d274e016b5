"""Attempt: something that one person tries against another, and where it is allowed.

A probe is made twice: as the attack, which must come out as `refused`, and as the control, where
the same probe is allowed and must come out as `allowed`. So none is refused for a wrong reason:
a path that does not exist, a listener that is dead, a cluster without network.

A probe's text is filled with its subject's names: `{ns}` is the namespace, `{pod}` the notebook,
`{ip}` its address, `{name}` the person, `{home}` the home's volume.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Object = dict[str, Any]
Actor = Literal["A", "B's neighbour", "hub", "free", "A's browser", "B's browser"]
Subject = Literal["A", "B", "free"]

ROLE = "the role of A's service account"
POLICY = "network policies"
POD_SECURITY = "Pod Security, level *restricted*"
QUOTA = "quota and limit range"
ADMISSION = "the admission policy of `deploy/base`"
BINDING = "a volume is bound to one claim"
HUB = "the hub's scopes"

# Words of a refusal by which one knows who refused.
REASONS = {
    ROLE: "cannot",
    POD_SECURITY: "violates PodSecurity",
    QUOTA: "exceeded quota|maximum cpu|insufficient quota",
    ADMISSION: "ValidatingAdmissionPolicy",
}


@dataclass(frozen=True)
class Side:
    """Who makes a probe, and whose things it is about."""

    actor: Actor
    subject: Subject
    is_admin: bool = False


AGAINST_B = Side("A", "B")
OWN = Side("A", "A")
ADMIN = Side("A", "B", is_admin=True)
ADMIN_OF_A = Side("A", "A", is_admin=True)
ADMIN_ELSEWHERE = Side("A", "free", is_admin=True)
NEIGHBOUR = Side("B's neighbour", "B")
HUB_POD = Side("hub", "B")
FREE = Side("free", "B")
BROWSER_AGAINST_B = Side("A's browser", "B")
OWN_BROWSER = Side("A's browser", "A")
BROWSER_OF_B = Side("B's browser", "B")
SPARE_VOLUME = Side("A", "free")

WORDS = {
    OWN: "in A's own namespace",
    ADMIN: "with an administrator's token",
    ADMIN_OF_A: "with an administrator's token",
    ADMIN_ELSEWHERE: "with an administrator's token, in a namespace of nobody's",
    NEIGHBOUR: "from another pod of B's",
    HUB_POD: "from the hub's pod",
    FREE: "from a pod of nobody's",
    OWN_BROWSER: "of A's own",
    BROWSER_OF_B: "in B's browser",
    SPARE_VOLUME: "with a volume that is bound to no claim",
}


@dataclass(frozen=True)
class Attempt:
    """One thing that is tried; `what` and `stopped_by` go into the documentation."""

    what: str
    probe: Object
    stopped_by: str
    control: Side
    attack: Side = AGAINST_B
    refused: str = "403"
    allowed: str = "200"


def api(method: str, path: str, body: Object | None = None, **more: Any) -> Object:
    """Return a call of the Kubernetes API from a pod."""
    return {"kind": "api", "method": method, "path": path, "body": body, **more}


def tcp(host: str, port: int) -> Object:
    """Return a connection from a pod."""
    return {"kind": "tcp", "host": host, "port": port}


def web(method: str, path: str, **more: Any) -> Object:
    """Return a request to the proxy from a browser, or with the token of a server."""
    return {"kind": "web", "method": method, "path": path, **more}


def fill(value: Any, names: dict[str, str]) -> Any:
    """Return a probe with its subject's names in it."""
    if isinstance(value, dict):
        return {key: fill(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, str) and "{" in value:
        return value.format(**names)
    return value


def as_table(attempts: Iterable[Attempt]) -> str:
    """Return the attempts as the documentation shows them."""
    lines = [
        "| A tries to … | stopped by | the same is allowed … |",
        "|---|---|---|",
        *(f"| {a.what} | {a.stopped_by} | {WORDS[a.control]} |" for a in attempts),
    ]
    return "\n".join(lines) + "\n"
