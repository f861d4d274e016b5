"""What is asked for, and what one machine gives."""

import pytest

from astroflow_core.errors import SessionError
from astroflow_core.machine import Machine
from astroflow_core.session import ClusterSize
from astroflow_spark_gaia.sizes import fit_to_machine, resized

GIB = 2**30


@pytest.mark.parametrize(
    ("asked", "cores", "memory", "given"),
    [
        pytest.param((1, 2, "1g"), 8, 16, (1, 2, "1g"), id="what is asked fits"),
        pytest.param((10, 5, "7g"), 8, 16, (1, 8, "8g"), id="all of the cores, half the memory"),
        pytest.param((2, 2, "3g"), 8, 64, (1, 4, "6g"), id="pods are put together"),
        pytest.param((1, 1, "512m"), 8, 16, (1, 1, "768m"), id="the least that Spark needs"),
        pytest.param((1, 1, "8g"), 1, 1, (1, 1, "768m"), id="a machine that is too small"),
    ],
)
def test_one_machine_gives_one_pod(
    asked: tuple[int, int, str], cores: int, memory: int, given: tuple[int, int, str]
) -> None:
    size = ClusterSize(pods=asked[0], cores=asked[1], memory=asked[2])
    expected = ClusterSize(pods=given[0], cores=given[1], memory=given[2])
    assert fit_to_machine(size, Machine(cores, memory * GIB)) == expected


def test_what_is_not_asked_for_stays() -> None:
    size = ClusterSize(pods=2, cores=3, memory="4g")
    assert resized(size, pods=None, cores=5, memory=None) == size.model_copy(update={"cores": 5})


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"pods": 0}, "pods: .*greater than 0"),
        ({"cores": -1}, "cores: .*greater than 0"),
        ({"cores": "many"}, "cores: .*integer"),
        ({"memory": "7"}, "memory: '7' is no memory size"),
        ({"memory": "lots"}, "memory: 'lots' is no memory size"),
    ],
)
def test_a_size_that_is_not_valid_is_named(asked: dict[str, int | str], problem: str) -> None:
    with pytest.raises(SessionError, match=f"no such Spark cluster: {problem}"):
        resized(ClusterSize(), **asked)
