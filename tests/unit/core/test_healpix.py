"""Pixels against healpy's own arithmetic."""

import pytest

from astroflow_core.errors import LevelError
from astroflow_core.healpix import Pixel, id_shift, pixel_of


@pytest.mark.parametrize("level", range(13))
def test_last_and_first_id_of_neighbouring_pixels_fall_on_their_own_side(level: int) -> None:
    pixel = Pixel(level, 7)
    assert pixel_of(pixel.ids[0], level) == 7
    assert pixel_of(pixel.ids[-1], level) == 7
    assert pixel_of(pixel.ids[-1] + 1, level) == 8


@pytest.mark.parametrize("level", [-1, 13, 6.0, True, "6"])
def test_a_level_that_ids_do_not_carry_is_refused(level: object) -> None:
    with pytest.raises(LevelError, match="levels 0 to 12"):
        id_shift(level)  # type: ignore[arg-type]
