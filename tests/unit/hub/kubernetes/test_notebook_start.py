import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from astroflow_core.errors import CatalogueError
from astroflow_core.session import SessionSettings
from astroflow_hub.kubernetes.notebook_start import NOTICE, can_write, session_environ


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    return tmp_path / "temporary"


@pytest.fixture
def given(sample: Path) -> dict[str, str]:
    return SessionSettings(catalogues=(sample,)).settings_to_environ()


@pytest.fixture
def full() -> Iterator[None]:
    """Let no file become large, as where a volume is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_paths_of_databases_are_in_the_environment(
    given: dict[str, str], home: Path, temporary: Path, sample: Path
) -> None:
    paths = SessionSettings(catalogues=(sample,)).paths_to_environ()
    assert paths
    assert paths.items() <= session_environ(given, home, temporary).items()


def test_what_is_set_already_stays(given: dict[str, str], home: Path, temporary: Path) -> None:
    assert session_environ({**given, "LANG": "C"}, home, temporary)["LANG"] == "C"


def test_a_server_keeps_what_it_writes_while_it_runs_out_of_the_home(
    given: dict[str, str], home: Path, temporary: Path
) -> None:
    runtime = session_environ(given, home, temporary)["JUPYTER_RUNTIME_DIR"]
    assert Path(runtime).is_relative_to(temporary)


def test_a_home_with_room_keeps_its_settings_and_has_no_notice(
    given: dict[str, str], home: Path, temporary: Path
) -> None:
    assert "JUPYTER_CONFIG_DIR" not in session_environ(given, home, temporary)
    assert not list(home.iterdir())


@pytest.mark.usefixtures("full")
def test_a_full_home_is_seen(home: Path) -> None:
    assert not can_write(home)


@pytest.mark.usefixtures("full")
def test_jupyter_writes_nothing_to_a_full_home(
    given: dict[str, str], home: Path, temporary: Path
) -> None:
    environ = session_environ(given, home, temporary)
    written = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "XDG_CACHE_HOME")
    assert all(Path(environ[name]).is_relative_to(temporary) for name in written)


@pytest.mark.usefixtures("full")
def test_a_full_home_says_what_is_full_and_how_to_free_it(
    given: dict[str, str], home: Path, temporary: Path
) -> None:
    environ = session_environ(given, home, temporary)
    notice = (home / NOTICE).read_text()
    assert "Your home is full" in notice
    assert "du -ah ~" in notice
    assert environ["JUPYTERHUB_DEFAULT_URL"] == f"/lab/tree/{NOTICE}"


def test_the_notice_goes_when_there_is_room_again(
    given: dict[str, str], home: Path, temporary: Path
) -> None:
    (home / NOTICE).symlink_to(temporary / "gone")
    session_environ(given, home, temporary)
    assert not (home / NOTICE).is_symlink()


def test_a_catalogue_that_is_missing_is_named(home: Path, temporary: Path) -> None:
    given = SessionSettings(catalogues=(home / "gaia-dr4",)).settings_to_environ()
    with pytest.raises(CatalogueError, match="gaia-dr4"):
        session_environ(given, home, temporary)
