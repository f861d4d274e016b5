"""Clusters are cut down to the machine, and say so truly."""

from pathlib import Path

import pytest

from astroflow_core.machine import Machine, fit, memory_size
from astroflow_core.session import ClusterSize, memory_bytes

GIB = 2**30
WANTED = ClusterSize(pods=10, cores=5, memory="7g")


@pytest.mark.parametrize(
    ("wanted", "machine", "pods", "fitted"),
    [
        (WANTED, Machine(2, 20 * GIB), 1, ClusterSize(pods=1, cores=2, memory="6g")),
        (WANTED, Machine(2, 20 * GIB), 2, ClusterSize(pods=2, cores=1, memory="3g")),
        (WANTED, Machine(96, 512 * GIB), 1, ClusterSize(pods=1, cores=50, memory="70g")),
        (WANTED, Machine(96, 512 * GIB), 96, ClusterSize(pods=10, cores=5, memory="7g")),
        (WANTED, Machine(1, GIB), 1, ClusterSize(pods=1, cores=1, memory="307m")),
        (ClusterSize(), Machine(8, 64 * GIB), 8, ClusterSize(pods=1, cores=1, memory="1g")),
    ],
)
def test_a_cluster_is_cut_down_to_the_machine(
    wanted: ClusterSize, machine: Machine, pods: int, fitted: ClusterSize
) -> None:
    assert fit(wanted, machine, pods, share=0.3) == fitted


@pytest.mark.parametrize("cores", [1, 2, 3, 7, 16, 63])
@pytest.mark.parametrize("gibibytes", [1, 3, 17, 500])
def test_a_fitted_cluster_never_exceeds_the_machine(cores: int, gibibytes: int) -> None:
    machine = Machine(cores, gibibytes * GIB)
    fitted = fit(WANTED, machine, pods=cores, share=0.3)
    assert fitted.pods * fitted.cores <= cores
    assert fitted.pods * memory_bytes(fitted.memory) <= 0.3 * machine.memory


@pytest.mark.parametrize(
    ("size", "text"), [(GIB, "1g"), (GIB + 1, "1024m"), (4 * GIB + 1, "4g"), (1, "1m")]
)
def test_memory_is_written_as_spark_writes_it(size: int, text: str) -> None:
    assert memory_size(size) == text


def test_a_container_is_held_to_its_share(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "memory.max").write_text(f"{GIB}\n")
    assert Machine.this(tmp_path) == Machine(cores=1, memory=GIB)


def test_a_container_of_cgroup_1_is_held_to_its_share(tmp_path: Path) -> None:
    for file, value in (
        ("cpu/cpu.cfs_quota_us", "100000"),
        ("cpu/cpu.cfs_period_us", "100000"),
        ("memory/memory.limit_in_bytes", str(GIB)),
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"{value}\n")
    assert Machine.this(tmp_path) == Machine(cores=1, memory=GIB)


@pytest.mark.parametrize("limit", ["max\n", "9223372036854771712\n"])
def test_a_container_without_limits_has_the_machine(tmp_path: Path, limit: str) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text(limit)
    assert Machine.this(tmp_path) == Machine.this(tmp_path / "nowhere")
