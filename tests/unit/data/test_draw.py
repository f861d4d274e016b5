"""Random numbers that depend on seed, key and name alone."""

import numpy as np
import pytest

from astroflow_data.synth.draw import Draw

KEYS = np.arange(200_000) << 7


def test_a_key_has_its_number_whatever_stands_beside_it() -> None:
    whole, part = Draw(1, KEYS), Draw(1, KEYS[1000:1010])
    assert np.array_equal(whole.uniform("a")[1000:1010], part.uniform("a"))


@pytest.mark.parametrize("other", [Draw(2, KEYS).uniform("a"), Draw(1, KEYS).uniform("b")])
def test_another_seed_or_name_is_another_draw(other: np.ndarray) -> None:
    assert abs(np.corrcoef(Draw(1, KEYS).uniform("a"), other)[0, 1]) < 0.01


def test_uniform_numbers_fill_their_range_evenly() -> None:
    numbers = Draw(1, KEYS).uniform("a", 10, 20)
    counts, _ = np.histogram(numbers, bins=20, range=(10, 20))
    assert numbers.min() >= 10
    assert numbers.max() < 20
    assert abs(counts / 10_000 - 1).max() < 0.05


def test_neighbouring_keys_have_nothing_in_common() -> None:
    numbers = Draw(1, KEYS).uniform("a")
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.01


def test_normal_numbers_have_their_mean_and_sigma() -> None:
    numbers = Draw(1, KEYS).normal("a", 5, 2)
    assert numbers.mean() == pytest.approx(5, abs=0.02)
    assert numbers.std() == pytest.approx(2, abs=0.02)
    assert (abs(numbers - 5) < 2).mean() == pytest.approx(0.6827, abs=0.005)


def test_whole_numbers_reach_both_ends() -> None:
    assert np.unique(Draw(1, KEYS).whole("a", 3, 6)).tolist() == [3, 4, 5, 6]


def test_an_event_happens_as_often_as_it_should() -> None:
    assert Draw(1, KEYS).happens("a", 0.3).mean() == pytest.approx(0.3, abs=0.005)
