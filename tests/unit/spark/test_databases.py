"""The databases of a session and the listing of its tables; Spark does not run."""

import subprocess
import sys
from pathlib import Path

import pytest

from astroflow_core.errors import CatalogueError, SessionError
from astroflow_core.session import SessionSettings
from astroflow_spark_gaia.databases import Databases, Tables


@pytest.fixture
def databases(sample: Path) -> Databases:
    return Databases(SessionSettings(catalogues=(sample,)))


@pytest.fixture
def tables(databases: Databases) -> Tables:
    return Tables(databases)


def test_names_title_and_default_are_the_catalogues(databases: Databases) -> None:
    assert list(databases) == ["gaiadr3", "gaiadr3ssd", "gaiaedr3ssd", "gaiaedr3", "mine"]
    assert databases.title == "Gaia DR3"
    assert databases.default == "gaiadr3ssd"


def test_a_session_may_choose_its_default(sample: Path) -> None:
    settings = SessionSettings(catalogues=(sample,), default_database="gaiadr3")
    assert Databases(settings).default == "gaiadr3"


def test_an_unknown_default_is_refused(sample: Path) -> None:
    settings = SessionSettings(catalogues=(sample,), default_database="gaiadr4")
    with pytest.raises(CatalogueError, match="no database 'gaiadr4'; did you mean 'gaiadr3'"):
        Databases(settings)


def test_a_catalogue_named_twice_is_one(sample: Path) -> None:
    twice = Databases(SessionSettings(catalogues=(sample, sample)))
    assert len(twice.of_catalogues) == 4
    assert twice.title == "Gaia DR3"


def test_tables_are_those_that_are_here(tables: Tables) -> None:
    assert "gaiadr3.gaia_source" in list(tables)
    assert "gaiaedr3.gaia_source" not in list(tables)
    assert len(tables) == len(list(tables))


def test_a_bare_name_is_of_the_default_database(tables: Tables) -> None:
    assert tables["gaia_source"].full_name == "gaiadr3ssd.gaia_source"


def test_printing_tells_what_tables_hold(tables: Tables) -> None:
    lines = repr(tables).splitlines()
    assert "gaiadr3.gaia_source" in lines[0]
    assert "Gaia DR3 sources brighter than G = 10" in lines[0]
    assert lines[-1] == "The default database is gaiadr3ssd."


def test_a_notebook_shows_a_table(tables: Tables) -> None:
    assert "<td>gaiadr3.gaia_source</td>" in tables._repr_html_()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("gaia_sorce", "no table 'gaia_sorce' in gaiadr3ssd; did you mean 'gaia_source'"),
        ("gaiaedr3.gaia_source", "gaiaedr3.gaia_source is not here: its folder .* is missing"),
        ("gaiadr5.gaia_source", "no database 'gaiadr5'; did you mean 'gaiadr3'"),
    ],
)
def test_a_table_that_is_not_here_says_why(tables: Tables, name: str, problem: str) -> None:
    assert name not in tables
    with pytest.raises(CatalogueError, match=problem):
        tables[name]


def test_the_listing_needs_the_sessions_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTROFLOW_CATALOGUES", raising=False)
    with pytest.raises(SessionError, match="ASTROFLOW_CATALOGUES"):
        from astroflow_spark_gaia import tables  # noqa: F401


@pytest.mark.parametrize("module", ["astroflow_spark_gaia", "spark_setup", "setup_data_gaia_dr3"])
def test_importing_alone_loads_no_spark(module: str) -> None:
    code = f"import sys, {module}; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


def test_there_is_nothing_else_in_the_package() -> None:
    import astroflow_spark_gaia

    with pytest.raises(AttributeError, match="no attribute 'sparc'"):
        _ = astroflow_spark_gaia.sparc
