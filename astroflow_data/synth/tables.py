"""Which rows each table of a synthetic catalogue has, and what its columns hold.

Most tables have a row for some of the sources of ``gaia_source``; a few small ones list
something else: pixels of a map, classes, neurons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from astroflow_core.healpix import id_bounds, pixel_count, pixel_of
from astroflow_core.release import Column
from astroflow_data.files import ROW_GROUP_ROWS
from astroflow_data.source_id_order import SOURCE_KEYS
from astroflow_data.synth.columns import (
    build_rows,
    gaia_source_values,
    source_values,
    two_mass_name,
)
from astroflow_data.synth.shares import TABLES
from astroflow_data.synth.stars import Stars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from astroflow_core.release import Release, ReleaseTable
    from astroflow_data.synth.columns import Value
    from astroflow_data.synth.shares import Share
    from astroflow_data.synth.sky import Sky

    Ids = NDArray[np.int64]

_WHOLE_SKY = id_bounds(0, 0)[0], id_bounds(pixel_count(0), 0)[0]
_MAP_LEVEL = 6
_NEURONS = 30 * 30  # of DR3's self-organising map
_CLASSIFIER = "n_transits:5+"
_CLASSES = np.array(
    [
        *("ACV|CP|MCP|ROAM|ROAP|SXARI", "ACYG", "AGN", "BCEP", "BE|GCAS|SDOR|WR", "CEP", "CV"),
        *("DSCT|GDOR|SXPHE", "ECL", "ELL", "EP", "LPV", "MICROLENSING", "RCB", "RR", "RS", "S"),
        *("SDB", "SN", "SOLAR_LIKE", "SPB", "SYST", "WD", "YSO"),
    ]
)


@dataclass(frozen=True)
class SourceTable:
    """A table with one row for every source of ``share`` (None: for every source)."""

    definition: ReleaseTable
    sky: Sky
    values: dict[str, Value]
    share: Share | None

    def rows_of(self, ids: Ids) -> pa.Table:
        """Return the rows of the sources ``ids``."""
        return build_rows(Stars(ids, self.sky), self.definition, self.values)

    def rows_between(self, first: int, stop: int) -> Iterator[pa.Table]:
        """Give the rows with ``first <= source_id < stop`` in order, a row group at a time."""
        return map(self.rows_of, self.ids(first, stop))

    def ids(self, first: int = _WHOLE_SKY[0], stop: int = _WHOLE_SKY[1]) -> Iterator[Ids]:
        """Give the table's ids in that range in order, a row group at a time."""
        chunks = self.sky.chunks(first, stop, ROW_GROUP_ROWS)
        if self.share is None:
            return chunks
        share = self.share
        return _regroup(ids[Stars(ids, self.sky).has(share)] for ids in chunks)


@dataclass(frozen=True)
class SmallTable:
    """A table whose rows are not one a source, and are few: made at once."""

    definition: ReleaseTable
    sky: Sky
    values: dict[str, Value]
    ids: Callable[[], Ids]

    @cached_property
    def rows(self) -> pa.Table:
        """All rows in order of the key."""
        rows = build_rows(Stars(self.ids(), self.sky), self.definition, self.values)
        return rows.sort_by(self.definition.key)

    @property
    def keys(self) -> pa.Array:
        """The key of every row, ascending."""
        return self.rows[self.definition.key].combine_chunks()


def build_table(release: Release, definition: ReleaseTable, sky: Sky) -> SourceTable | SmallTable:
    """Return how the table is made.

    Where the release lists no columns the table has its key alone: joins and counts work,
    and nothing is invented.
    """
    if not definition.columns:
        key = Column(name=definition.key, type="int64")
        definition = definition.model_copy(update={"columns": (key,)})
    if definition.name == "gaia_source":
        return SourceTable(definition, sky, gaia_source_values(release, definition), None)
    values = source_values(release) | _OWN_VALUES.get(definition.name, {})
    if definition.name in _SMALL:
        return SmallTable(definition, sky, values, _SMALL[definition.name])
    table = SourceTable(definition, sky, values, TABLES[definition.name])
    if definition.key in SOURCE_KEYS:
        return table
    return SmallTable(definition, sky, values, lambda: np.concatenate([*table.ids()]))


def _regroup(chunks: Iterable[Ids]) -> Iterator[Ids]:
    """Give the same ids in larger chunks, so that row groups do not become small."""
    held: list[Ids] = []
    for chunk in chunks:
        held.append(chunk)
        if sum(part.size for part in held) >= ROW_GROUP_ROWS:
            ids = np.concatenate(held)
            yield ids[:ROW_GROUP_ROWS]
            held = [ids[ROW_GROUP_ROWS:]]
    last = np.concatenate([np.empty(0, np.int64), *held])
    if last.size:
        yield last


def _numbers(stars: Stars) -> Ids:
    return np.arange(stars.ids.size)


def _classifiers(stars: Stars) -> Any:
    return np.full(stars.ids.size, _CLASSIFIER)


def _class_of_star(stars: Stars) -> Any:
    return _CLASSES[stars.draw.whole("best_class_name", 0, _CLASSES.size - 1)]


def _external_id(stars: Stars) -> Ids:
    return stars.draw.whole("original_ext_source_id", 10**16, 3 * 10**17)


def _map_pixels() -> Ids:
    """Return the first id of every pixel of the extinction maps."""
    return id_bounds(np.arange(pixel_count(_MAP_LEVEL)), _MAP_LEVEL)[0]


_EXTINCTION_MAP: dict[str, Value] = {
    "healpix_id": lambda s: pixel_of(s.ids, _MAP_LEVEL),
    "healpix_level": lambda s: np.full(s.ids.size, _MAP_LEVEL),
    "optimum_hpx_level": lambda s: np.full(s.ids.size, _MAP_LEVEL),
    "optimum_hpx_flag": lambda s: np.ones(s.ids.size, bool),
    "a0": lambda s: s.extinction,
    "a0_min": lambda s: 0.5 * s.extinction,
    "a0_max": lambda s: 2 * s.extinction,
}
_SMALL: dict[str, Callable[[], Ids]] = {
    "total_galactic_extinction_map": _map_pixels,
    "total_galactic_extinction_map_opt": _map_pixels,
    "oa_neuron_information": lambda: np.arange(_NEURONS),
    "oa_neuron_xp_spectra": lambda: np.arange(_NEURONS),
    "vari_classifier_definition": lambda: np.arange(1),
    "vari_classifier_class_definition": lambda: np.arange(_CLASSES.size),
}
_OWN_VALUES: dict[str, dict[str, Value]] = {
    "total_galactic_extinction_map": _EXTINCTION_MAP,
    "total_galactic_extinction_map_opt": _EXTINCTION_MAP,
    "oa_neuron_information": {"som_id": _numbers},
    "oa_neuron_xp_spectra": {"neuron_id": _numbers},
    "vari_classifier_definition": {"classifier_name": _classifiers},
    "vari_classifier_class_definition": {
        "classifier_name": _classifiers,
        "class_name": lambda s: _CLASSES[_numbers(s)],
    },
    "vari_classifier_result": {
        "classifier_name": _classifiers,
        "best_class_name": _class_of_star,
        "best_class_score": lambda s: s.draw.uniform("best_class_score"),
    },
    "gaia_source_tmasspsc_best_neighbours": {
        "designation": two_mass_name,
        "original_ext_source_id": two_mass_name,
        "j_m": lambda s: s.g - 0.1 - 1.1 * s.colour,
        "h_m": lambda s: s.g - 0.2 - 1.6 * s.colour,
        "k_m": lambda s: s.g - 0.2 - 1.75 * s.colour,
        "number_of_neighbours": lambda s: np.ones(s.ids.size, np.int8),
        "glon": lambda s: s.galactic[0],
        "glat": lambda s: s.galactic[1],
    },
    "gaia_source_ps1_best_neighbours": {
        "obj_id": _external_id,
        "original_ext_source_id": _external_id,
        "ra_mean": lambda s: s.position[0],
        "dec_mean": lambda s: s.position[1],
        "number_of_neighbours": lambda s: np.ones(s.ids.size, np.int8),
    },
}
