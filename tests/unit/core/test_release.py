"""The releases that come with the package: complete, consistent, readable by astropy."""

import pytest
from astropy.io.votable.ucd import parse_ucd
from astropy.units import Unit

from astroflow_core.errors import CatalogueError
from astroflow_core.footers import arrow_schema
from astroflow_core.release import Column, Release, ReleaseTable, release_names

DR3_TABLES = [
    "gaia_source",
    "astrophysical_parameters",
    "astrophysical_parameters_supp",
    "epoch_photometry",
    "rvs_mean_spectrum",
    "science_alerts",
    "alerts_mixedin_sourceids",
    "mcmc_samples_gsp_phot",
    "mcmc_samples_msc",
    "galaxy_candidates",
    "galaxy_catalogue_name",
    "qso_candidates",
    "qso_catalogue_name",
    "nss_acceleration_astro",
    "nss_non_linear_spectro",
    "nss_two_body_orbit",
    "nss_vim_fl",
    "oa_neuron_information",
    "oa_neuron_xp_spectra",
    "sso_observation",
    "sso_reflectance_spectrum",
    "sso_source",
    "total_galactic_extinction_map",
    "total_galactic_extinction_map_opt",
    "vari_agn",
    "vari_cepheid",
    "vari_classifier_class_definition",
    "vari_classifier_definition",
    "vari_classifier_result",
    "vari_compact_companion",
    "vari_eclipsing_binary",
    "vari_epoch_radial_velocity",
    "vari_long_period_variable",
    "vari_microlensing",
    "vari_ms_oscillator",
    "vari_planetary_transit",
    "vari_rad_vel_statistics",
    "vari_rotation_modulation",
    "vari_rrlyrae",
    "vari_short_timescale",
    "vari_summary",
    "xp_continuous_mean_spectrum",
    "xp_sampled_mean_spectrum",
    "xp_summary",
    "gaia_source_tmasspsc_best_neighbours",
    "gaia_source_allwise_best_neighbours",
    "gaia_source_ps1_best_neighbours",
]
DR3_KEYS = {
    "alerts_mixedin_sourceids": "alert_source_id",
    "oa_neuron_information": "som_id",
    "oa_neuron_xp_spectra": "neuron_id",
    "total_galactic_extinction_map": "healpix_id",
    "total_galactic_extinction_map_opt": "healpix_id",
    "vari_classifier_class_definition": "classifier_name",
    "vari_classifier_definition": "classifier_name",
    "vari_epoch_radial_velocity": "transit_id",
}
CROSS_MATCH_FOLDERS = {
    "gaia_source_tmasspsc_best_neighbours": "2MASSPSC_BEST_NEIGHBOURS",
    "gaia_source_allwise_best_neighbours": "ALLWISE_BEST_NEIGHBOURS",
    "gaia_source_ps1_best_neighbours": "PS1_BEST_NEIGHBOURS",
}
RELEASES = [Release.named(name) for name in release_names()]
TABLES = [
    pytest.param(table, id=f"{release.name}.{table.name}")
    for release in RELEASES
    for table in release.tables
]
COLUMNS = [
    pytest.param(column, id=f"{release.name}.{table.name}.{column.name}")
    for release in RELEASES
    for table in release.tables
    for column in table.columns
]


def table_of(release: str, table: str) -> ReleaseTable:
    return {t.name: t for t in Release.named(release).tables}[table]


def column_of(release: str, column: str) -> Column:
    return {c.name: c for c in table_of(release, "gaia_source").columns}[column]


def test_there_are_dr3_edr3_dr4_and_the_sample() -> None:
    assert release_names() == ("gaia_dr3", "gaia_dr3_sample", "gaia_dr4", "gaia_edr3")


@pytest.mark.parametrize("name", release_names())
def test_a_release_is_named_after_its_file(name: str) -> None:
    assert Release.named(name).name == name


@pytest.mark.parametrize("name", ["gaia_dr5", "", "../gaia_dr3", "GAIA_DR3"])
def test_an_unknown_release_is_told_which_there_are(name: str) -> None:
    with pytest.raises(CatalogueError) as failure:
        Release.named(name)
    assert str(failure.value) == (
        f"no release {name!r}; the releases are gaia_dr3, gaia_dr3_sample, gaia_dr4, gaia_edr3"
    )


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_every_release_has_its_epoch_and_acknowledges_dpac(release: Release) -> None:
    assert release.reference_epoch == (2017.5 if release.name == "gaia_dr4" else 2016.0)
    assert "ESA" in release.acknowledgement
    assert "DPAC" in release.acknowledgement


def test_dr4_is_as_much_as_was_announced() -> None:
    dr4 = Release.named("gaia_dr4")
    assert [table.name for table in dr4.tables] == [
        "gaia_source",
        "all_source_astrometry",
        "all_source_photometry",
        "all_source_rvs",
        "all_source_flags",
        "sso_source",
    ]
    assert {table.key for table in dr4.tables} == {"source_id"}
    assert [table.name for table in dr4.tables if table.columns] == []


def test_dr3_has_its_47_tables() -> None:
    assert len(DR3_TABLES) == 47
    assert [table.name for table in Release.named("gaia_dr3").tables] == DR3_TABLES


def test_edr3_has_its_source_its_cross_matches_and_the_distances() -> None:
    names = [table.name for table in Release.named("gaia_edr3").tables]
    assert names == ["gaia_source", *CROSS_MATCH_FOLDERS, "gedr3dist"]


def test_dr3_tables_have_the_documented_keys() -> None:
    keys = {table.name: table.key for table in Release.named("gaia_dr3").tables}
    assert keys == dict.fromkeys(DR3_TABLES, "source_id") | DR3_KEYS


def test_edr3_tables_are_keyed_by_source() -> None:
    assert {table.key for table in Release.named("gaia_edr3").tables} == {"source_id"}


def test_dr3_folders_are_upper_case_names_but_for_the_cross_matches() -> None:
    folders = {table.name: table.folder for table in Release.named("gaia_dr3").tables}
    assert folders == {name: f"GDR3_{name.upper()}" for name in DR3_TABLES} | {
        name: f"GDR3_{folder}" for name, folder in CROSS_MATCH_FOLDERS.items()
    }


def test_edr3_folders() -> None:
    folders = {table.name: table.folder for table in Release.named("gaia_edr3").tables}
    assert folders == {
        "gaia_source": "GEDR3_GAIA_SOURCE",
        "gaia_source_tmasspsc_best_neighbours": "GEDR3_2MASSPSC_BEST_NEIGHBOURS",
        "gaia_source_allwise_best_neighbours": "GEDR3_ALLWISE_BEST_NEIGHBOURS",
        "gaia_source_ps1_best_neighbours": "GEDR3_PS1_BEST_NEIGHBOURS",
        "gedr3dist": "GEDR3DIST",
    }


@pytest.mark.parametrize(
    ("release", "folders"),
    [
        ("gaia_dr3", {"gaia_source": "GDR3_GAIASOURCE"}),
        ("gaia_dr3_sample", {"gaia_source": "GDR3_GAIASOURCE"}),
        ("gaia_edr3", {"gaia_source": "GEDR3_GAIASOURCE"}),
    ],
)
def test_only_gaia_source_has_another_folder_in_hash_buckets(
    release: str, folders: dict[str, str]
) -> None:
    tables = Release.named(release).tables
    assert {t.name: t.hash_buckets_folder for t in tables if t.hash_buckets_folder} == folders


@pytest.mark.parametrize(
    ("release", "table", "count"),
    [
        ("gaia_dr3", "gaia_source", 152),
        ("gaia_edr3", "gaia_source", 99),
        ("gaia_edr3", "gedr3dist", 8),
        ("gaia_dr3", "gaia_source_tmasspsc_best_neighbours", 7 + 60),
        ("gaia_dr3", "gaia_source_ps1_best_neighbours", 7 + 67),
    ],
)
def test_column_counts(release: str, table: str, count: int) -> None:
    assert len(table_of(release, table).columns) == count


@pytest.mark.parametrize("table", list(CROSS_MATCH_FOLDERS))
def test_both_releases_share_their_cross_matches(table: str) -> None:
    assert table_of("gaia_dr3", table).columns == table_of("gaia_edr3", table).columns


@pytest.mark.parametrize("table", TABLES)
def test_column_names_are_unique_and_hold_the_key(table: ReleaseTable) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert not names or table.key in names


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_described_and_has_an_arrow_schema(table: ReleaseTable) -> None:
    assert table.description
    assert arrow_schema(table.columns).names == [column.name for column in table.columns]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_described_in_astropy_units_and_valid_ucds(column: Column) -> None:
    assert column.description
    assert Unit(column.unit) is not None
    assert not column.ucd or parse_ucd(column.ucd, check_controlled_vocabulary=True)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_every_column_of_gaia_source_has_a_ucd(release: Release) -> None:
    columns = table_of(release.name, "gaia_source").columns
    assert [column.name for column in columns if not column.ucd] == []


def test_dr3_keeps_the_official_order() -> None:
    names = [column.name for column in table_of("gaia_dr3", "gaia_source").columns]
    assert names[:6] == [
        "solution_id",
        "designation",
        "source_id",
        "random_index",
        "ref_epoch",
        "ra",
    ]
    assert names.index("phot_bp_rp_excess_factor") < names.index("phot_bp_n_blended_transits")
    assert names[-2:] == ["ebpminrp_gspphot_upper", "libname_gspphot"]


def test_edr3_keeps_its_own_order_and_the_velocities_of_dr2() -> None:
    names = [column.name for column in table_of("gaia_edr3", "gaia_source").columns]
    assert names.index("phot_bp_n_blended_transits") < names.index("phot_bp_rp_excess_factor")
    assert [name for name in names if name.startswith("dr2_")] == [
        "dr2_radial_velocity",
        "dr2_radial_velocity_error",
        "dr2_rv_nb_transits",
        "dr2_rv_template_teff",
        "dr2_rv_template_logg",
        "dr2_rv_template_fe_h",
    ]
    assert names[-4:] == ["l", "b", "ecl_lon", "ecl_lat"]


@pytest.mark.parametrize(
    ("name", "type_", "unit"),
    [
        ("source_id", "int64", ""),
        ("designation", "string", ""),
        ("ref_epoch", "float64", "yr"),
        ("ra", "float64", "deg"),
        ("ra_error", "float32", "mas"),
        ("parallax", "float64", "mas"),
        ("pmra", "float64", "mas/yr"),
        ("pmra_error", "float32", "mas/yr"),
        ("astrometric_n_obs_al", "int16", ""),
        ("astrometric_params_solved", "int8", ""),
        ("astrometric_primary_flag", "bool", ""),
        ("nu_eff_used_in_astrometry", "float32", "1/um"),
        ("scan_direction_mean_k4", "float32", "deg"),
        ("phot_g_mean_flux", "float64", "electron/s"),
        ("phot_g_mean_mag", "float32", "mag"),
        ("bp_rp", "float32", "mag"),
        ("radial_velocity", "float32", "km/s"),
        ("rv_method_used", "int8", ""),
        ("rv_template_logg", "float32", "dex(cm/s2)"),
        ("phot_variable_flag", "string", ""),
        ("non_single_star", "int16", ""),
        ("in_qso_candidates", "bool", ""),
        ("teff_gspphot", "float32", "K"),
        ("mh_gspphot", "float32", "dex"),
        ("distance_gspphot", "float32", "pc"),
        ("libname_gspphot", "string", ""),
    ],
)
def test_dr3_columns_have_the_documented_type_and_unit(name: str, type_: str, unit: str) -> None:
    column = column_of("gaia_dr3", name)
    assert (column.type, column.unit) == (type_, unit)


def test_a_comment_ends_with_the_unit() -> None:
    assert column_of("gaia_dr3", "ra").comment == "Right ascension [deg]"
    assert column_of("gaia_dr3", "ruwe").comment == "Renormalised unit weight error"
