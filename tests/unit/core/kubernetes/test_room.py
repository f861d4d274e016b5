"""A cluster that the quota has no room for is refused, and one that fits is not."""

from typing import Any

import pytest

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.room import check_room, price_of
from astroflow_core.session import ClusterSize

HARD = {"pods": "20", "requests.cpu": "50", "limits.memory": "64Gi", "services": "20"}
USED = {"pods": "3", "requests.cpu": "1500m", "limits.memory": "4Gi"}


def quota(spec: dict[str, Any] | None = None, **hard: str) -> dict[str, Any]:
    return {"spec": spec or {}, "status": {"hard": hard or HARD, "used": USED}}


def check(wanted: ClusterSize, freed: ClusterSize | None = None) -> None:
    check_room([quota()], wanted, freed, "executors")


@pytest.mark.parametrize(
    "size",
    [
        ClusterSize(pods=17),
        ClusterSize(pods=9, cores=5),
        ClusterSize(pods=12, cores=5, guarantee=4),
        ClusterSize(memory="42g"),
    ],
)
def test_what_fits_is_let_through(size: ClusterSize) -> None:
    check(size)


def test_what_ends_before_makes_room() -> None:
    check(ClusterSize(pods=20), freed=ClusterSize(pods=3))


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (
            ClusterSize(pods=18),
            "18 executors need 18 pods, and your quota has 17 of 20 pods left",
        ),
        (
            ClusterSize(pods=10, cores=5),
            "your quota has 48.5 of 50 CPUs left: ask for at most 9 of them",
        ),
        (
            ClusterSize(pods=10, memory="5g"),
            "need 70 GiB of memory, and your quota has 60 GiB of 64 GiB of memory left",
        ),
    ],
)
def test_what_does_not_fit_is_refused(size: ClusterSize, told: str) -> None:
    with pytest.raises(SessionError) as refused:
        check(size)
    assert told in str(refused.value)


def test_a_quota_for_other_pods_does_not_count() -> None:
    other = quota({"scopeSelector": {"matchExpressions": []}}, pods="0")
    check_room([other], ClusterSize(pods=10), None, "executors")


def test_a_quota_without_limits_lets_everything_through() -> None:
    check_room([], ClusterSize(pods=1000, cores=64, memory="1t"), None, "executors")


def test_the_price_is_told_beside_what_is_left() -> None:
    assert price_of([quota()], ClusterSize(pods=10, cores=2, memory="1g")) == (
        "10 of 17 pods, 20 of 48.5 CPUs, 14 GiB of 60 GiB of memory"
    )
