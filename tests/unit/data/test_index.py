"""Making an index: what it refuses, and how it tells of its work."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, DataError
from astroflow_core.index_file import INDEX_FILE
from astroflow_data.commands import app
from astroflow_data.index import write_index
from astroflow_data.sample import make_sample


def test_progress_is_reported_file_by_file(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    for path in Catalogue.open(sample).table("galactic_coordinates").files[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    said: list[tuple[int, int]] = []
    assert write_index(folder, lambda *done: said.append(done)) == folder / INDEX_FILE
    assert said == [(1, 2), (2, 2)]


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"holds no \*\.parquet file"):
        write_index(tmp_path)


def test_a_damaged_file_is_named_and_no_index_made(sample: Path, tmp_path: Path) -> None:
    whole = Catalogue.open(sample).table("galactic_coordinates").files[0].read_bytes()
    (tmp_path / "0.parquet").write_bytes(whole[:-50])
    with pytest.raises(CatalogueError, match=r"0\.parquet is not a whole parquet file"):
        write_index(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["0.parquet"]


def test_a_disk_that_refuses_leaves_nothing_half_written(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Catalogue.open(sample).table("galactic_coordinates").files[0].read_bytes()
    (tmp_path / "0.parquet").write_bytes(whole)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match="could not be written: No space left on device"):
        write_index(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["0.parquet"]


def test_the_command_indexes_every_table_once(tmp_path: Path) -> None:
    folder = make_sample(tmp_path)
    for path in folder.rglob(INDEX_FILE):
        path.unlink()
    done = CliRunner().invoke(app, ["index", str(folder)])
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)
    assert len(list(folder.rglob(INDEX_FILE))) == 3


def test_the_command_indexes_one_table(tmp_path: Path) -> None:
    folder = make_sample(tmp_path)
    done = CliRunner().invoke(app, ["index", str(folder), "--table", "gaiadr3.gaia_source"])
    assert done.stdout.splitlines() == [f"{folder}/gaia_dr3/GDR3_GAIA_SOURCE/_index.npz"]
