"""What a line of progress says, and how long the rest takes."""

import pytest

from astroflow_core.progress import Pace, Work


def work(done: int, tasks: int) -> Work:
    return Work("Spark", done, tasks)


def test_a_line_tells_tasks_notes_and_the_time_left() -> None:
    line = Work("Spark", 1037, 2000, ("1 of 3 stages", "12,000 rows read")).sentence(240)
    assert line == (
        "Spark: 1,037 of 2,000 tasks done, 1 of 3 stages, 12,000 rows read, about 4 min left"
    )


def test_a_bar_says_the_same_and_takes_no_markup() -> None:
    assert work(3, 7).html("3 < 7") == (
        '<label><progress max="7" value="3"></progress> 3 &lt; 7</label>'
    )


def test_a_bar_of_nothing_is_one_all_the_same() -> None:
    assert 'max="1"' in work(0, 0).html("")


def test_the_time_left_is_unknown_until_something_was_done_for_a_while() -> None:
    pace = Pace()
    assert pace.seconds_left(work(0, 10), 0) is None
    assert pace.seconds_left(work(5, 10), 1) is None
    assert pace.seconds_left(work(5, 10), 5) == pytest.approx(5)


def test_nothing_is_left_of_what_is_done() -> None:
    pace = Pace()
    assert pace.seconds_left(work(0, 10), 0) is None
    assert pace.seconds_left(work(10, 10), 9) is None


def test_the_pace_is_that_of_the_last_half_minute() -> None:
    pace = Pace()
    for second in range(101):
        pace.seconds_left(work(second, 1000), second)
    for second in range(101, 140):
        left = pace.seconds_left(work(100 + 10 * (second - 100), 1000), second)
    assert left == pytest.approx((1000 - 490) / 10)


def test_tasks_longer_than_the_window_have_a_pace_too() -> None:
    pace = Pace()
    pace.seconds_left(work(0, 4), 0)
    pace.seconds_left(work(1, 4), 100)
    assert pace.seconds_left(work(2, 4), 200) == pytest.approx(200)


def test_work_that_is_done_again_has_no_time() -> None:
    pace = Pace()
    pace.seconds_left(work(5, 10), 0)
    assert pace.seconds_left(work(2, 10), 5) is None
