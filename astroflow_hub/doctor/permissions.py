"""Check: the hub's service account may do what a spawn needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubernetes_asyncio.client import AuthorizationV1Api

from astroflow_hub.doctor.finding import Finding, good, problem
from astroflow_hub.kubernetes.connection import is_in_pod
from astroflow_hub.kubernetes.rules import HUB_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubernetes_asyncio.client import ApiClient

    from astroflow_hub.doctor.hub import Account, Hub


@dataclass(frozen=True, slots=True)
class Need:
    """What the hub does to one resource, in any namespace."""

    group: str
    resource: str
    verbs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


def needs(rules: Iterable[Mapping[str, Any]]) -> list[Need]:
    """Return what ``rules`` allow, resource by resource."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                verbs.setdefault((group, resource), set()).update(rule["verbs"])
    return [Need(*key, tuple(sorted(found))) for key, found in verbs.items()]


async def check_permissions(api: ApiClient, hub: Hub) -> list[Finding]:
    """Ask the API about every need: for our own account in the hub's pod, else for the hub's."""
    account = None if is_in_pod() else hub.account
    return await asyncio.gather(*(_review(api, account, need) for need in needs(HUB_RULES)))


async def _review(api: ApiClient, account: Account | None, need: Need) -> Finding:
    asked = (may(api, need.group, need.resource, verb, account) for verb in need.verbs)
    answers = await asyncio.gather(*asked)
    refused = [verb for verb, allowed in zip(need.verbs, answers, strict=True) if not allowed]
    whose = f"{account.namespace}:{account.name}" if account else "this pod's account"
    if not refused:
        return good("permissions", str(need), f"{whose} may {', '.join(need.verbs)}")
    cure = f"bind the hub's cluster role of deploy/base to {whose}"
    return problem("permissions", str(need), f"{whose} may not {', '.join(refused)}", cure)


async def may(
    api: ApiClient, group: str, resource: str, verb: str, account: Account | None = None
) -> bool:
    """Tell whether ``account``, or else whoever asks, may do something in every namespace."""
    resource, _, subresource = resource.partition("/")
    attributes = {
        "group": group,
        "resource": resource,
        "subresource": subresource,
        "verb": verb,
    }
    whose = {"user": account.user, "groups": account.groups} if account else {}
    body: Any = {"spec": {"resourceAttributes": attributes, **whose}}
    reviews = AuthorizationV1Api(api)
    review: Any = (
        reviews.create_subject_access_review
        if account
        else reviews.create_self_subject_access_review
    )
    answer = await review(body)
    return bool(answer.status.allowed)
