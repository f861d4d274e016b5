"""Every notebook of the repository runs from top to bottom, over the sample's real rows."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from astroflow_core.session import ClusterSize, SessionSettings

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(path.relative_to(NOTEBOOKS).as_posix() for path in NOTEBOOKS.rglob("*.ipynb"))


@pytest.fixture
def environ(sample: Path, cache_dir: Path) -> dict[str, str]:
    settings = SessionSettings(
        catalogues=(sample,),
        default_database="gaiadr3ssd",
        spark=ClusterSize(cores=2, memory="1g"),
        dask=ClusterSize(pods=2, memory="1g"),
        cache_dir=cache_dir,
    )
    return os.environ | settings.to_environ()


@pytest.mark.parametrize("path", PATHS)
def test_a_notebook_runs_from_top_to_bottom(
    path: str, environ: dict[str, str], tmp_path: Path
) -> None:
    notebook = nbformat.read(NOTEBOOKS / path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        resources={"metadata": {"path": str(tmp_path)}},
        kernel_name="python3",
    )
    client.execute(env=environ)
    assert noise(notebook) == []
    assert images(notebook) == len(re.findall("/(?:source_counts|mean_proper|regions)", path))


@pytest.mark.parametrize("path", PATHS)
def test_a_notebook_is_kept_without_output_and_thanks_gaia(path: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[] for _ in code]
    assert "ESA/Gaia/DPAC" in notebook.cells[-1].source


def noise(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what the cells wrote to standard error."""
    return [o.text for o in outputs(notebook) if o.get("name") == "stderr"]


def images(notebook: nbformat.NotebookNode) -> int:
    """Return how many plots the notebook shows."""
    return sum("image/png" in o.get("data", {}) for o in outputs(notebook))


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return every output of every cell."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]
