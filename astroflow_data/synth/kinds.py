"""Values of columns that no model describes: of the right type, unit and size, no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from astroflow_core.release import Column
    from astroflow_data.synth.stars import Stars

_GREATEST = {"int8": 3, "int16": 60, "int32": 10**9, "int64": 10**18}
_FIRST_DAY = 10_019  # 1997-06-07 from 1970: the first night of 2MASS
_LETTERS = np.array(["A", "B", "C", "D"])
_PART = re.compile(r"classprob_.*|.*_pvalue|scan_direction_strength_.*|.*_qf_perfect|.*_score")
_ERROR = re.compile(r".*(err|error|sigcom|msig|stdap|uncertainty|std|std_dev|rms)(_.*)?")


def value_by_kind(column: Column, stars: Stars) -> Any:
    """Return an array for ``column`` that only its name, unit and type decide."""
    if column.type in _GREATEST:
        return stars.draw.whole(column.name, 0, _GREATEST[column.type])
    if column.type in _BY_TYPE:
        return _BY_TYPE[column.type](stars, column.name)
    if _ERROR.fullmatch(column.name):
        return np.exp(stars.draw.normal(column.name, -3, 0.5))
    return _BY_UNIT.get(column.unit, _some_number)(stars, column.name)


def _some_number(stars: Stars, name: str) -> Any:
    if "corr" in name:
        return stars.draw.uniform(name, -0.5, 0.5)
    if _PART.fullmatch(name):
        return stars.draw.uniform(name)
    return np.exp(stars.draw.normal(name, 0, 0.5))


_BY_TYPE: dict[str, Callable[[Stars, str], Any]] = {
    "bool": lambda s, name: s.draw.happens(name, 0.05),
    "string": lambda s, name: _LETTERS[s.draw.whole(name, 0, len(_LETTERS) - 1)],
    "date32": lambda s, name: s.draw.whole(name, _FIRST_DAY, _FIRST_DAY + 1300).astype(np.int32),
    "timestamp": lambda s, name: s.draw.whole(name, 0, 10**15),
}
_BY_UNIT: dict[str, Callable[[Stars, str], Any]] = {
    "mag": lambda s, name: s.g + s.draw.normal(name, 0, 0.3),
    "deg": lambda s, name: s.draw.uniform(name, 0, 360),
    "arcsec": lambda s, name: np.abs(s.draw.normal(name, 0, 0.2)),
    "d": lambda s, name: s.draw.uniform(name, 1700, 2700),
    "K": lambda s, _: s.temperature,
    "km/s": lambda s, name: s.draw.normal(name, 0, 40),
    "1/um": lambda s, name: s.draw.normal(name, 1.5, 0.15),
    "mas": lambda s, name: s.parallax_error * s.draw.uniform(name, 0.5, 1.5),
}
