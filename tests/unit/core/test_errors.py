"""One tree of errors, each readable on JupyterHub's page."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from astroflow_core import errors
from astroflow_core.errors import AstroFlowError, LevelError, MissingDependencyError, needing

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_caught_as_one(kind: type[AstroFlowError]) -> None:
    with pytest.raises(AstroFlowError, match="what failed"):
        raise kind("what failed")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_shows_the_message(kind: type[AstroFlowError]) -> None:
    assert kind("no such profile").jupyterhub_message == "no such profile"


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_shows_the_message_and_none_of_our_code(kind: type[AstroFlowError]) -> None:
    shell = InteractiveShell()
    shell.push({"kind": kind})
    with capture_output() as shown:
        shell.run_cell("raise kind('no such profile')")
    assert shown.stdout.strip() == f"{kind.__name__}: no such profile"


def test_errors_stay_what_python_calls_them() -> None:
    assert issubclass(LevelError, ValueError)
    assert issubclass(MissingDependencyError, ImportError)


def test_a_missing_package_is_named_with_what_brings_it() -> None:
    cure = r"no_such_package is not installed; run: pip install 'astroflow-hub\[spark\]'"
    with pytest.raises(MissingDependencyError, match=cure), needing("spark"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
