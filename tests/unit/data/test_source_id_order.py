"""Where files are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroflow_core.healpix import id_bounds, pixel_count
from astroflow_data.source_id_order import CUT_LEVEL, Cuts

WHOLE_SKY = (0, 12 << 59)


def counts(rows: dict[int, int]) -> np.ndarray:
    """Return rows in every pixel: those given, none elsewhere."""
    filled = np.zeros(pixel_count(CUT_LEVEL), np.int64)
    filled[list(rows)] = list(rows.values())
    return filled


@pytest.mark.parametrize("rows", [{}, {0: 1}, {786431: 5}, {7: 10, 8: 10, 786431: 1}])
@pytest.mark.parametrize("files", [1, 2, 8])
def test_the_files_cover_the_whole_sky_once(rows: dict[int, int], files: int) -> None:
    edges = Cuts.from_counts(counts(rows), files).edges
    assert (edges[0], edges[-1]) == WHOLE_SKY
    assert sorted(set(edges)) == list(edges)


def test_cuts_lie_on_the_edges_of_pixels() -> None:
    edges = np.array(Cuts.from_counts(counts({5: 3, 9: 3, 700: 3}), 3).edges)
    assert not (edges % id_bounds(1, CUT_LEVEL)[0]).any()


def test_files_hold_nearly_equal_numbers_of_rows() -> None:
    cuts = Cuts.from_counts(counts(dict.fromkeys(range(1000, 9000), 2)), 4)
    pixels = np.array(cuts.edges) >> 43
    assert pixels.tolist() == [0, 3000, 5000, 7000, pixel_count(CUT_LEVEL)]


def test_a_pixel_larger_than_a_file_makes_fewer_files() -> None:
    assert len(Cuts.from_counts(counts({100: 1_000_000}), 8).ranges) == 2


@given(st.lists(st.integers(0, (12 << 59) - 1), min_size=1, max_size=50), st.integers(1, 20))
def test_every_id_falls_into_one_file(ids: list[int], files: int) -> None:
    cuts = Cuts.from_ids(np.array(ids), files)
    assert [sum(first <= i < stop for first, stop in cuts.ranges) for i in ids] == [1] * len(ids)
