"""How many sources have what in Gaia DR3, so that a synthetic catalogue has as large a part.

Counts of values are those of DR3's gaia_source, counts of tables the rows of DR3's tables,
rounded where a source has several.
"""

from __future__ import annotations

from dataclasses import dataclass

GAIA_ROWS = 1_811_709_771  # sources of Gaia DR3
_LEAST = 1000  # rows that make a join worth a try


@dataclass(frozen=True, slots=True)
class Share:
    """Which sources have something: as large a part as ``count`` is of Gaia DR3, bright first.

    Shares of one ``draw`` contain each other. A part ``scatter`` of the sources is chosen
    regardless of brightness. In a small catalogue about ``least`` sources have it.
    """

    draw: str
    count: int
    scatter: float = 0.1
    least: int = 0

    def part_of(self, rows: int) -> float:
        """Return which part of a catalogue of ``rows`` sources has it."""
        return max(self.count / GAIA_ROWS, self.least / rows)


PHOT_G = Share("phot_g", 1_806_254_432)
PHOT_BP = Share("phot_bp", 1_542_033_472)
PHOT_RP = Share("phot_rp", 1_554_997_939)
PARALLAX = Share("astrometry", 1_467_744_818)
FIVE_PARAMETERS = Share("astrometry", 585_416_709)
RADIAL_VELOCITY = Share("rvs", 33_810_838, scatter=0)
DR2_RADIAL_VELOCITY = Share("rvs", 7_209_831, scatter=0)
GRVS = Share("rvs", 32_232_187, scatter=0)
VBROAD = Share("rvs", 3_524_677, scatter=0)
GSPPHOT = Share("gspphot", 470_759_263)
CLASSPROB = Share("dsc", 1_590_760_469)

_TABLE_COUNTS = {
    "epoch_photometry": 11_754_237,
    "rvs_mean_spectrum": 999_645,
    "science_alerts": 2_612,
    "alerts_mixedin_sourceids": 1_000,
    "mcmc_samples_gsp_phot": 449_297_716,
    "mcmc_samples_msc": 348_711_151,
    "galaxy_candidates": 4_842_342,
    "galaxy_catalogue_name": 4_842_342,
    "qso_candidates": 6_649_162,
    "qso_catalogue_name": 6_649_162,
    "nss_acceleration_astro": 338_215,
    "nss_non_linear_spectro": 56_808,
    "nss_two_body_orbit": 443_205,
    "nss_vim_fl": 870,
    "sso_observation": 158_152,
    "sso_reflectance_spectrum": 60_518,
    "sso_source": 158_152,
    "vari_agn": 872_228,
    "vari_cepheid": 15_021,
    "vari_classifier_result": 9_976_881,
    "vari_compact_companion": 6_306,
    "vari_eclipsing_binary": 2_184_477,
    "vari_epoch_radial_velocity": 1_898,
    "vari_long_period_variable": 1_720_588,
    "vari_microlensing": 363,
    "vari_ms_oscillator": 54_476,
    "vari_planetary_transit": 214,
    "vari_rad_vel_statistics": 1_898,
    "vari_rotation_modulation": 474_026,
    "vari_rrlyrae": 271_779,
    "vari_short_timescale": 471_679,
    "vari_summary": 10_509_536,
    "xp_continuous_mean_spectrum": 219_197_643,
    "xp_sampled_mean_spectrum": 34_468_373,
    "gaia_source_tmasspsc_best_neighbours": 470_000_000,
    "gaia_source_allwise_best_neighbours": 310_000_000,
    "gaia_source_ps1_best_neighbours": 800_000_000,
}
# Tables whose sources are those with a value in gaia_source, or those of another table.
_SAME_DRAW = {
    "galaxy_catalogue_name": "galaxy_candidates",
    "qso_catalogue_name": "qso_candidates",
    "vari_rad_vel_statistics": "vari_epoch_radial_velocity",
    "xp_continuous_mean_spectrum": "xp",
    "xp_sampled_mean_spectrum": "xp",
    "alerts_mixedin_sourceids": "science_alerts",
    "sso_observation": "sso_source",
    "sso_reflectance_spectrum": "sso_source",
}
TABLES = {
    name: Share(_SAME_DRAW.get(name, name), count, least=_LEAST)
    for name, count in _TABLE_COUNTS.items()
} | {
    "astrophysical_parameters": GSPPHOT,
    "astrophysical_parameters_supp": GSPPHOT,
    "gedr3dist": PARALLAX,
    "xp_summary": Share("xp", 219_197_643, least=_LEAST),
}
