"""What importing the package does, and what it does not."""

import subprocess
import sys

import pytest

import astroflow_dask_gaia
from astroflow_core.errors import MissingDependencyError

IMPORT = "import astroflow_dask_gaia, sys; print('dask' in sys.modules)"


def test_importing_the_package_loads_no_engine() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, timeout=60
    )
    assert (run.stdout, run.stderr) == ("False\n", "")


@pytest.mark.parametrize("name", ["connect", "healpix_counts", "read_table"])
def test_public_names_are_found(name: str) -> None:
    assert getattr(astroflow_dask_gaia, name).__name__ == name


def test_an_unknown_name_is_told_as_python_does() -> None:
    with pytest.raises(ImportError, match="cannot import name 'cleint'"):
        from astroflow_dask_gaia import cleint  # type: ignore[attr-defined]  # noqa: F401


def test_a_missing_dask_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "astroflow_dask_gaia.session", raising=False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'astroflow-hub\[dask\]'"):
        _ = astroflow_dask_gaia.client
