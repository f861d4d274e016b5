"""What a synthetic source has in each column: by the column's name, else by its kind."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from astroflow_core.footers import arrow_schema
from astroflow_data.synth import shares
from astroflow_data.synth.kinds import value_by_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from astroflow_core.release import Column, Release, ReleaseTable
    from astroflow_data.synth.shares import Share
    from astroflow_data.synth.stars import Stars

    Value = Callable[[Stars], Any]

_SOLUTION_ID = 1_636_148_068_921_376_768  # one for all rows, as in Gaia DR3
# Zero points of the magnitudes (Vega) in Gaia EDR3 and DR3.
_ZERO_POINTS = {"g": 25.6873668671, "bp": 25.3385422158, "rp": 24.7478955012}

# Real columns hold NaN beside NULL; these do here, so that code is tried on both.
_WITH_NAN = {
    "ag_gspphot",
    "ebpminrp_gspphot",
    "phot_bp_rp_excess_factor",
    "rv_chisq_pvalue",
    "rv_renormalised_gof",
}
_NAN_PART = 0.001

# In gaia_source a column is NULL where the source has no part in the share; first match counts.
_SHARES: tuple[tuple[str, Share], ...] = (
    (r"parallax|pm|pmra|pmdec|(parallax|pmra|pmdec)_(error|over_error)", shares.PARALLAX),
    (r"(ra|dec|parallax|pmra)_(parallax|pmra|pmdec)_corr", shares.PARALLAX),
    (r"nu_eff_used_in_astrometry", shares.FIVE_PARAMETERS),
    (r"phot_g_mean_.*", shares.PHOT_G),
    (r"phot_bp_mean_.*|bp_rp|bp_g|phot_bp_rp_excess_factor", shares.PHOT_BP),
    (r"phot_rp_mean_.*|g_rp", shares.PHOT_RP),
    (r"dr2_.*", shares.DR2_RADIAL_VELOCITY),
    (r"radial_velocity.*|rv_.*|rvs_.*", shares.RADIAL_VELOCITY),
    (r"vbroad.*", shares.VBROAD),
    (r"grvs_.*", shares.GRVS),
    (r"(?!has_).*_gspphot.*", shares.GSPPHOT),
    (r"classprob_.*", shares.CLASSPROB),
)


def build_rows(stars: Stars, table: ReleaseTable, values: Mapping[str, Value]) -> pa.Table:
    """Return the rows of ``stars`` in ``table``; ``values`` gives columns known by name."""
    schema = arrow_schema(table.columns)
    arrays = [_array(stars, column, schema, values) for column in table.columns]
    return pa.table(arrays, schema=schema)


def _array(
    stars: Stars, column: Column, schema: pa.Schema, values: Mapping[str, Value]
) -> pa.Array:
    known = values.get(column.name)
    value = known(stars) if known else value_by_kind(column, stars)
    type_ = schema.field(column.name).type
    return value.cast(type_) if isinstance(value, pa.Array) else pa.array(value, type_)


def gaia_source_values(release: Release, table: ReleaseTable) -> dict[str, Value]:
    """Return how each column of ``gaia_source`` comes about, NULL and NaN included."""
    values = source_values(release)
    return {
        column.name: partial(_with_gaps, column, values.get(column.name))
        for column in table.columns
    }


def source_values(release: Release) -> dict[str, Value]:
    """Return the columns that mean the same in every table of ``release``."""
    return _VALUES | {
        "designation": lambda s: _labels(release.title, s.ids),
        "ref_epoch": lambda s: np.full(s.ids.size, release.reference_epoch),
    }


def _with_gaps(column: Column, value: Value | None, stars: Stars) -> Any:
    found = value(stars) if value else value_by_kind(column, stars)
    if column.name in _WITH_NAN:
        found = np.where(stars.draw.happens(f"{column.name}/nan", _NAN_PART), np.nan, found)
    missing = _missing(column.name, stars)
    return found if missing is None else pa.array(found, mask=missing)


def _missing(name: str, stars: Stars) -> NDArray[np.bool_] | None:
    if "pseudocolour" in name:  # determined where five parameters are not enough
        return ~stars.has(shares.PARALLAX) | stars.has(shares.FIVE_PARAMETERS)
    share = next((share for pattern, share in _SHARES if re.fullmatch(pattern, name)), None)
    return None if share is None else ~stars.has(share)


def _labels(catalogue: str, ids: NDArray[np.int64]) -> pa.Array:
    return pc.binary_join_element_wise(catalogue, pa.array(ids).cast(pa.string()), " ")


def two_mass_name(stars: Stars) -> pa.Array:
    """Return designations as 2MASS writes them: ``hhmmsss±ddmmss``, cut to tenths of a second."""
    ra, dec = stars.position
    tenths, seconds = (ra * 2400).astype(np.int64), (np.abs(dec) * 3600).astype(np.int64)
    parts = (tenths // 36000, tenths // 600 % 60, tenths % 600)
    below = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    sign = pa.array(np.where(dec < 0, "-", "+"))
    texts = (*map(_padded, parts, (2, 2, 3)), sign, *map(_padded, below, (2, 2, 2)))
    return pc.binary_join_element_wise(*texts, "")


def _padded(numbers: NDArray[np.int64], width: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def _params_solved(stars: Stars) -> NDArray[np.int64]:
    six = np.where(stars.has(shares.PARALLAX), 95, 3)
    return np.where(stars.has(shares.FIVE_PARAMETERS), 31, six)


def _difference(stars: Stars, first: str, second: str) -> NDArray[np.float32]:
    """Return a colour as the catalogue has it: the difference of the float32 magnitudes."""
    mags = (getattr(stars, band).astype(np.float32) for band in (first, second))
    return next(mags) - next(mags)  # type: ignore[no-any-return]


def _flux(stars: Stars, band: str) -> NDArray[np.float64]:
    """Return the flux in electrons per second that has the band's magnitude."""
    return 10 ** ((_ZERO_POINTS[band] - getattr(stars, band)) / 2.5)  # type: ignore[no-any-return]


def _flux_over_error(stars: Stars, band: str) -> NDArray[np.float64]:
    noise = np.exp(stars.draw.normal(f"phot_{band}_mean_flux_error", 0, 0.2))
    return 10 ** (2.5 - 0.25 * (getattr(stars, band) - 16)) * noise  # type: ignore[no-any-return]


def _band_values(band: str) -> dict[str, Value]:
    return {
        f"phot_{band}_mean_mag": lambda s: getattr(s, band),
        f"phot_{band}_mean_flux": lambda s: _flux(s, band),
        f"phot_{band}_mean_flux_over_error": lambda s: _flux_over_error(s, band),
        f"phot_{band}_mean_flux_error": lambda s: _flux(s, band) / _flux_over_error(s, band),
    }


def _with_bounds(name: str, value: Value, width: Value) -> dict[str, Value]:
    """Return a column of astrophysical parameters and its 16th and 84th percentile."""

    def half(stars: Stars, edge: str) -> Any:
        return width(stars) * stars.draw.uniform(f"{name}_{edge}", 0.5, 1.5)

    return {
        f"{name}_gspphot": value,
        f"{name}_gspphot_lower": lambda s: value(s) - half(s, "lower"),
        f"{name}_gspphot_upper": lambda s: value(s) + half(s, "upper"),
    }


_VALUES: dict[str, Value] = {
    "solution_id": lambda s: np.full(s.ids.size, _SOLUTION_ID),
    "source_id": lambda s: s.ids,
    "alert_source_id": lambda s: s.ids,
    # A synthetic source is mixed with itself: the id exists, so a join finds it.
    "mixed_in_source_id": lambda s: s.ids,
    "random_index": lambda s: s.draw.whole("random_index", 0, s.sky.rows - 1),
    "ra": lambda s: s.position[0],
    "dec": lambda s: s.position[1],
    "l": lambda s: s.galactic[0],
    "b": lambda s: s.galactic[1],
    "ecl_lon": lambda s: s.ecliptic[0],
    "ecl_lat": lambda s: s.ecliptic[1],
    "ra_error": lambda s: 0.85 * s.parallax_error,
    "dec_error": lambda s: 0.8 * s.parallax_error,
    "parallax": lambda s: s.parallax,
    "parallax_error": lambda s: s.parallax_error,
    "parallax_over_error": lambda s: s.parallax / s.parallax_error,
    "pm": lambda s: np.hypot(*s.proper_motion),
    "pmra": lambda s: s.proper_motion[0],
    "pmdec": lambda s: s.proper_motion[1],
    "pmra_error": lambda s: 1.05 * s.parallax_error,
    "pmdec_error": lambda s: 0.95 * s.parallax_error,
    "astrometric_params_solved": _params_solved,
    "astrometric_n_obs_al": lambda s: 9 * s.transits,
    "astrometric_n_good_obs_al": lambda s: 9 * s.transits - s.bad_observations,
    "astrometric_n_bad_obs_al": lambda s: s.bad_observations,
    "astrometric_matched_transits": lambda s: s.transits,
    "matched_transits": lambda s: s.transits,
    "visibility_periods_used": lambda s: s.transits // 2,
    "phot_g_n_obs": lambda s: 9 * s.transits,
    "phot_bp_n_obs": lambda s: s.transits - 2,
    "phot_rp_n_obs": lambda s: s.transits - 1,
    "phot_bp_rp_excess_factor": lambda s: 1.2 + 0.03 * s.colour**2,
    "ruwe": lambda s: np.exp(np.abs(s.draw.normal("ruwe", 0, 0.12))),
    "bp_rp": lambda s: _difference(s, "bp", "rp"),
    "bp_g": lambda s: _difference(s, "bp", "g"),
    "g_rp": lambda s: _difference(s, "g", "rp"),
    "radial_velocity": lambda s: s.draw.normal("radial_velocity", 0, 40),
    "dr2_radial_velocity": lambda s: s.draw.normal("radial_velocity", 0, 40),
    "vbroad": lambda s: s.draw.uniform("vbroad", 5, 60),
    "rv_amplitude_robust": lambda s: s.draw.uniform("rv_amplitude_robust", 0, 20),
    "grvs_mag": lambda s: s.g - 0.7 * s.colour,
    "phot_variable_flag": lambda s: np.where(
        s.has(shares.TABLES["vari_summary"]), "VARIABLE", "NOT_AVAILABLE"
    ),
    "libname_gspphot": lambda s: np.where(s.temperature > 8000, "A", "MARCS"),  # noqa: PLR2004
    "non_single_star": lambda s: s.has(shares.TABLES["nss_two_body_orbit"]).astype(np.int16),
    "rv_template_teff": lambda s: 250 * np.round(s.temperature / 250),
    "dr2_rv_template_teff": lambda s: 250 * np.round(s.temperature / 250),
    "r_med_geo": lambda s: 1000 * s.distance,
    "r_lo_geo": lambda s: 900 * s.distance,
    "r_hi_geo": lambda s: 1100 * s.distance,
    "r_med_photogeo": lambda s: 1010 * s.distance,
    "r_lo_photogeo": lambda s: 930 * s.distance,
    "r_hi_photogeo": lambda s: 1080 * s.distance,
    **_band_values("g"),
    **_band_values("bp"),
    **_band_values("rp"),
    **_with_bounds("teff", lambda s: s.temperature, lambda s: 0.01 * s.temperature),
    **_with_bounds("logg", lambda s: np.where(s.is_giant, 2.5, 4.4), lambda _: 0.05),
    **_with_bounds("mh", lambda s: s.draw.normal("mh", -0.2, 0.3), lambda _: 0.08),
    **_with_bounds("distance", lambda s: 1000 * s.distance, lambda s: 60 * s.distance),
    **_with_bounds("azero", lambda s: 1.2 * s.extinction, lambda s: 0.06 * s.extinction),
    **_with_bounds("ag", lambda s: s.extinction, lambda s: 0.05 * s.extinction),
    **_with_bounds("ebpminrp", lambda s: 0.5 * s.extinction, lambda s: 0.03 * s.extinction),
}
# A flag of gaia_source says what is in which table.
_FLAGS = {
    "in_qso_candidates": "qso_candidates",
    "in_galaxy_candidates": "galaxy_candidates",
    "has_xp_continuous": "xp_continuous_mean_spectrum",
    "has_xp_sampled": "xp_sampled_mean_spectrum",
    "has_rvs": "rvs_mean_spectrum",
    "has_epoch_photometry": "epoch_photometry",
    "has_epoch_rv": "vari_epoch_radial_velocity",
    "has_mcmc_gspphot": "mcmc_samples_gsp_phot",
    "has_mcmc_msc": "mcmc_samples_msc",
    "in_vari_classification_result": "vari_classifier_result",
    **{
        f"in_{name}": name
        for name in shares.TABLES
        if name.startswith("vari_") and name not in {"vari_summary", "vari_classifier_result"}
    },
}
_VALUES |= {
    flag: lambda s, table=table: s.has(shares.TABLES[table])  # type: ignore[misc]
    for flag, table in _FLAGS.items()
}
