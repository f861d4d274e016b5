"""What is said when idle executors were given back."""

from astroflow_core.kubernetes.release import ReleaseNotice


def test_it_is_said_once_when_all_have_gone() -> None:
    said: list[str] = []
    notice = ReleaseNotice(said.append, "executors", "15m")
    for running in (0, 2, 1, 0, 0, 2, 0):
        notice.look(running)
    assert len(said) == 1
    assert "the executors had nothing to do for 15m and were given back" in said[0]


def test_nothing_is_said_while_some_run() -> None:
    said: list[str] = []
    notice = ReleaseNotice(said.append, "workers", "15m")
    for running in (0, 1, 2, 1):
        notice.look(running)
    assert said == []
