"""How long a server was not used, and what follows."""

import pytest

from astroflow_core.idle import IdleTimes
from astroflow_hub.idle.clock import IdleClock


class Now:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def clock(now: Now) -> IdleClock:
    return IdleClock(IdleTimes(stop_after="1h", warn_before="10m"), now)


@pytest.mark.parametrize(
    ("minutes", "left", "warns"),
    [(0, 3600, False), (49, 660, False), (50, 600, True), (60, 0, True), (90, 0, True)],
)
def test_time_runs_out(
    clock: IdleClock, now: Now, minutes: int, left: float, *, warns: bool
) -> None:
    now.time += 60 * minutes
    assert (clock.stops_in, clock.warns, clock.unused) == (left, warns, 60 * minutes)


def test_use_starts_it_again(clock: IdleClock, now: Now) -> None:
    now.time += 3000
    clock.use()
    assert (clock.stops_in, clock.warns) == (3600, False)


def test_an_earlier_use_takes_nothing_away(clock: IdleClock, now: Now) -> None:
    now.time += 600
    clock.use(500)
    clock.use(100_000)
    assert clock.stops_in == 3100


def test_a_time_to_come_counts_as_now(clock: IdleClock) -> None:
    clock.use(-100_000)
    assert clock.stops_in == 3600


def test_without_an_end_there_is_no_clock() -> None:
    with pytest.raises(ValueError, match="without stop_after"):
        IdleClock(IdleTimes())
