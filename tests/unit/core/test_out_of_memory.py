"""How the kills for memory are counted."""

from pathlib import Path

from astroflow_core.out_of_memory import memory_kills


def test_a_container_s_own_count_goes_before_the_machine_s(tmp_path: Path) -> None:
    own, machine = tmp_path / "memory.events", tmp_path / "vmstat"
    own.write_text("low 0\noom 3\noom_kill 2\noom_group_kill 1\n")
    machine.write_text("nr_free_pages 12\noom_kill 9\n")
    assert memory_kills((own, machine)) == 2
    assert memory_kills((tmp_path / "none", machine)) == 9


def test_where_nobody_counts_there_were_none(tmp_path: Path) -> None:
    assert memory_kills((tmp_path / "none",)) == 0
