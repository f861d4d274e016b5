"""HATS, the layout that LSDB reads: a file a HEALPix pixel of the position, of orders that differ.

As the packages hats and lsdb 0.11 have it: ``dataset/Norder=k/Dir=d/Npix=p.parquet`` below a
folder with ``hats.properties`` (or ``properties``, which older versions wrote).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from astroflow_core.errors import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "dataset"
HEALPIX = "_healpix_29"
ORDER = 29
FILE_PATTERN = "Npix=*.parquet"  # and no other: the thumbnail holds some of the rows again
_PROPERTIES = ("hats.properties", "properties")
_COLLECTION = "collection.properties"


def pixel_file(order: int, pixel: int) -> str:
    """Return where the rows of a pixel are below the catalogue's folder.

    >>> pixel_file(8, 123456)
    'dataset/Norder=8/Dir=120000/Npix=123456.parquet'
    """
    return f"{DATASET}/Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}.parquet"


def pixel_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a HATS catalogue in the order of their pixels on the sky."""
    return tuple(sorted((folder / DATASET).glob(f"Norder=*/Dir=*/{FILE_PATTERN}"), key=_first))


def _first(path: Path) -> tuple[int, str]:
    """Return the first pixel of `ORDER` in a file, by which files of any order compare."""
    numbers = (path.parent.parent.name.partition("=")[2], path.stem.partition("=")[2])
    try:
        order, pixel = map(int, numbers)
    except ValueError:
        raise CatalogueError(f"{path} is named after no HEALPix pixel, as HATS demands") from None
    return pixel << 2 * (ORDER - order), path.name


def primary_of(folder: Path) -> Path:
    """Return the catalogue in ``folder``, which may be a collection of one and its margins.

    Raises
    ------
    CatalogueError
        When there is neither.
    """
    collection = folder / _COLLECTION
    if collection.is_file():
        folder /= _parse(collection).get("hats_primary_table_url", "")
    if not any((folder / name).is_file() for name in _PROPERTIES):
        raise CatalogueError(f"{folder} is no HATS catalogue: it has no {_PROPERTIES[0]}")
    return folder


def read_properties(folder: Path) -> dict[str, str]:
    """Return what a HATS catalogue says of itself."""
    return _parse(next(folder / name for name in _PROPERTIES if (folder / name).is_file()))


def _parse(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def write_properties(folder: Path, properties: dict[str, str]) -> None:
    """Write what a HATS catalogue says of itself, under the name of today and the older one."""
    lines = [f"{name}={value}" for name, value in properties.items()]
    for name in _PROPERTIES:
        (folder / name).write_text("\n".join(["#HATS catalog", *lines, ""]), encoding="utf-8")
