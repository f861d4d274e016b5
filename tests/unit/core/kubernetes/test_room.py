"""A cluster that the quota has no room for is refused, and one that fits is not."""

from typing import Any

import pytest

from astroflow_core.errors import SessionError
from astroflow_core.kubernetes.room import check_room

GIB = 2**30
HARD = {"pods": "20", "requests.cpu": "50", "limits.memory": "64Gi", "services": "20"}
USED = {"pods": "3", "requests.cpu": "1500m", "limits.memory": "4Gi"}


def quota(spec: dict[str, Any] | None = None, **hard: str) -> dict[str, Any]:
    return {"spec": spec or {}, "status": {"hard": hard or HARD, "used": USED}}


@pytest.mark.parametrize(("pods", "cores", "memory"), [(17, 1, GIB), (10, 4.85, GIB), (1, 1, 60)])
def test_what_fits_is_let_through(pods: int, cores: float, memory: int) -> None:
    check_room([quota()], pods, cores, memory)


@pytest.mark.parametrize(
    ("pods", "cores", "memory", "told"),
    [
        (18, 1, GIB, "18 executors need 18 pods, and your quota has 17 pods of 20 pods left"),
        (
            10,
            5,
            GIB,
            "your quota has 48.5 CPUs of 50 CPUs left: ask for at most 9 of them",
        ),
        (
            10,
            1,
            7 * GIB,
            "need 70 GiB of memory, and your quota has 60 GiB of memory of 64 GiB of memory left",
        ),
    ],
)
def test_what_does_not_fit_is_refused(pods: int, cores: float, memory: int, told: str) -> None:
    with pytest.raises(SessionError) as refused:
        check_room([quota()], pods, cores, memory)
    assert told in str(refused.value)


def test_a_quota_for_other_pods_does_not_count() -> None:
    check_room([quota({"scopeSelector": {"matchExpressions": []}}, pods="0")], 10, 1, GIB)


def test_a_quota_without_limits_lets_everything_through() -> None:
    check_room([], 1000, 64, 1000 * GIB)
