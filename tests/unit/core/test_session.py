"""Hub and notebook read the same settings from the environment."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, SessionError
from astroflow_core.session import ClusterSize, SessionSettings, memory_bytes

CATALOGUE = """
title: Gaia
default_database: gaiadr3
databases:
  - {{name: gaiadr3, release: gaia_dr3, path: {folder}, variable: {variable}}}
"""


def make_catalogue(root: Path, folder: str = "dr3", variable: str = "DR3_PATH") -> Path:
    (root / folder / "GDR3_GAIA_SOURCE").mkdir(parents=True)
    text = CATALOGUE.format(folder=folder, variable=variable)
    (root / "catalogue.yaml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_catalogue(tmp_path)


sizes = st.builds(
    ClusterSize,
    pods=st.integers(1, 500),
    cores=st.integers(1, 128),
    memory=st.from_regex(r"[1-9][0-9]{0,3}[kmgt]", fullmatch=True),
)


@given(
    engine=st.sampled_from(["local", "kubernetes"]),
    default_database=st.none() | st.just("gaiadr3"),
    spark=sizes,
    dask=sizes,
)
def test_settings_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, **values: object
) -> None:
    root = make_catalogue(tmp_path_factory.mktemp("catalogue"))
    settings = SessionSettings.model_validate({"catalogues": [root], **values})
    assert SessionSettings.from_environ(settings.to_environ()) == settings


def test_other_variables_are_not_ours(root: Path) -> None:
    settings = SessionSettings(catalogues=(root,))
    environ = settings.to_environ() | {"HOME": "/", "ASTROFLOW_HUB_PORT": "8000"}
    assert SessionSettings.from_environ(environ) == settings


def test_every_value_is_text_and_catalogues_are_a_json_list(root: Path) -> None:
    environ = SessionSettings(catalogues=(root,), default_database="gaiadr3").to_environ()
    assert {type(value) for value in environ.values()} == {str}
    assert json.loads(environ["ASTROFLOW_CATALOGUES"]) == [str(root)]
    assert environ["ASTROFLOW_DEFAULT_DATABASE"] == "gaiadr3"


def test_a_database_has_its_path_in_the_variable_that_it_names(tmp_path: Path) -> None:
    root = make_catalogue(tmp_path, "ssd", "DASK_DATA_PATH_GAIA_DR3_SSD")
    environ = SessionSettings(catalogues=(root,)).to_environ()
    assert environ["DASK_DATA_PATH_GAIA_DR3_SSD"] == str(root / "ssd")


def test_the_first_catalogue_gives_a_variable_its_value(tmp_path: Path) -> None:
    first, second = make_catalogue(tmp_path / "a"), make_catalogue(tmp_path / "b")
    assert SessionSettings(catalogues=(first, second)).to_environ()["DR3_PATH"] == f"{first}/dr3"


def test_the_defaults_are_one_small_local_cluster(root: Path) -> None:
    settings = SessionSettings.from_environ({"ASTROFLOW_CATALOGUES": json.dumps([str(root)])})
    assert settings.engine == "local"
    assert settings.spark == settings.dask == ClusterSize(pods=1, cores=1, memory="1g")


def test_a_session_without_catalogues_is_told_how_to_get_them() -> None:
    with pytest.raises(SessionError, match="no ASTROFLOW_CATALOGUES: start the notebook from"):
        SessionSettings.from_environ({})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ASTROFLOW_CATALOGUES", "/data/gaia", "catalogues: "),
        ("ASTROFLOW_CATALOGUES", "", "catalogues: "),
        ("ASTROFLOW_CATALOGUES", "[]", "catalogues: .*at least 1"),
        ("ASTROFLOW_CATALOGUES", '["/data/gaia"', "ASTROFLOW_CATALOGUES in the environment is no"),
        ("ASTROFLOW_SPARK", '{"pods": }', "ASTROFLOW_SPARK in the environment is no JSON"),
        ("ASTROFLOW_SPARK", "big", "spark: "),
        ("ASTROFLOW_SPARK", '{"pods": 0}', r"spark\.pods: .*greater than 0"),
        ("ASTROFLOW_SPARK", '{"cores": -2}', r"spark\.cores: .*greater than 0"),
        ("ASTROFLOW_SPARK", '{"cores": 1.5}', r"spark\.cores: "),
        ("ASTROFLOW_DASK", '{"memory": "7 gigs"}', r"dask\.memory: '7 gigs' is no memory size; "),
        ("ASTROFLOW_DASK", '{"workers": 2}', r"dask\.workers: there is no such field"),
        ("ASTROFLOW_ENGINE", "yarn", "engine: .*'local' or 'kubernetes'"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str, message: str) -> None:
    environ = {"ASTROFLOW_CATALOGUES": '["/data/gaia"]', variable: value}
    with pytest.raises(SessionError, match=message):
        SessionSettings.from_environ(environ)


@pytest.mark.parametrize(
    ("size", "expected"),
    [("1k", 1024), ("512m", 512 * 2**20), ("7g", 7 * 2**30), ("2t", 2 * 2**40)],
)
def test_sizes_are_powers_of_two(size: str, expected: int) -> None:
    assert memory_bytes(size) == expected


@pytest.mark.parametrize("size", ["0", "0g", "7", "7 gigs", "7G", "7gb", "-1g", "1.5g", "", "g"])
def test_a_size_that_is_none_is_told_how_to_write_one(size: str) -> None:
    with pytest.raises(ValueError, match=f"^'{size}' is no memory size; .* '7g'$"):
        memory_bytes(size)


def test_a_missing_catalogue_is_the_catalogues_error(tmp_path: Path) -> None:
    settings = SessionSettings(catalogues=(tmp_path / "gone",))
    with pytest.raises(CatalogueError, match=r"gone: catalogue\.yaml is missing"):
        settings.to_environ()


def test_catalogues_open_in_their_order(tmp_path: Path) -> None:
    roots = make_catalogue(tmp_path / "b"), make_catalogue(tmp_path / "a")
    opened = SessionSettings(catalogues=roots).open_catalogues()
    assert [catalogue.root for catalogue in opened] == [*roots]
    assert isinstance(opened[0], Catalogue)


@pytest.mark.parametrize("name", ["gaia_source", "gaiadr3.gaia_source", "GAIADR3.Gaia_Source"])
def test_a_table_is_that_of_the_first_catalogue_which_has_its_database(
    tmp_path: Path, name: str
) -> None:
    first, second = make_catalogue(tmp_path / "a"), make_catalogue(tmp_path / "b")
    table = SessionSettings(catalogues=(first, second)).open_table(name)
    assert table.folder == first / "dr3/GDR3_GAIA_SOURCE"


def test_a_database_that_no_catalogue_has_is_told_the_nearest(root: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no database 'gaiadr2'; did you mean 'gaiadr3'\?"):
        SessionSettings(catalogues=(root,)).open_table("gaiadr2.gaia_source")


def test_a_default_database_that_is_none_is_told(root: Path) -> None:
    settings = SessionSettings(catalogues=(root,), default_database="gaiadr4")
    with pytest.raises(CatalogueError, match="no database 'gaiadr4'"):
        settings.open_table("gaia_source")
