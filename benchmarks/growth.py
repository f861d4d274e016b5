"""What grows with a catalogue's rows or files, and what does not.

    .venv/bin/python -m benchmarks.growth                        # to 20 million rows
    .venv/bin/python -m benchmarks.growth --most 200000000       # a quarter of an hour more

Catalogues of ``gaia_source`` with a dozen columns, each of ten times the rows of the one before,
and one of the second size in a thousand files. Of each: medians of five runs after one that warms
up, with the index beside the files, as `astroflow data ingest` leaves it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError
from astroflow_data.synth.catalogue import make_synth
from astroflow_data.synth.recipe import Recipe
from astroflow_spark_gaia.warm_up import warm_up
from benchmarks import counts, maps, metadata, regions
from benchmarks.data import Dataset
from benchmarks.race import Contender, WrongAnswerError, race
from benchmarks.report import to_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LEAST = 2_000_000  # rows
_MANY_FILES = 1024
_COLUMNS = (
    "ra", "dec", "parallax", "parallax_error", "pmra", "pmdec", "ruwe", "phot_g_mean_mag",
    "phot_bp_mean_mag", "phot_rp_mean_mag", "radial_velocity", "random_index",
)  # fmt: skip
_RUNS = 5


def works() -> dict[str, Sequence[Contender]]:
    """Return what is measured of every catalogue, one work after the other."""
    scan, helpers, diagrams = "SQL: ", ("our Spark, helper", "our Dask, helper"), maps.DIAGRAM
    return {
        scan + counts.WORK: (Contender("our Spark", counts.our_spark),),
        diagrams: [c for c in maps.DIAGRAM_CONTENDERS if c.name in helpers],
        metadata.WORK: metadata.CONTENDERS[:2],
        **{
            regions.work(radius): [
                c for c in regions.contenders(radius) if c.name != "PySpark, full scan"
            ]
            for radius in regions.RADII
        },
    }


def catalogues(folder: Path, most: int) -> Iterator[tuple[str, Dataset]]:
    """Make catalogues up to ``most`` rows, once, and yield what each is called."""
    rows = _LEAST
    while rows <= most:
        recipe = Recipe.for_rows(rows, columns=_COLUMNS)
        yield _made(folder, recipe)
        rows *= 10
    yield _made(folder, Recipe.for_rows(10 * _LEAST, columns=_COLUMNS, files=_MANY_FILES))


def _made(folder: Path, recipe: Recipe) -> tuple[str, Dataset]:
    name = f"{recipe.rows:,} rows in {recipe.files} files"
    _say(f"Making {name}, once")
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / f"growth-{recipe.rows}-{recipe.files}"
    make_synth(root, recipe, ["gaia_source"], "source_id_order", lambda *_: None)
    return name, Dataset.of(root, folder / "cache")


def measure(dataset: Dataset, log: Path) -> dict[tuple[str, str], float]:
    """Return the median seconds of every way of every work over one catalogue."""
    with metadata.indexed(dataset):
        return {
            (work, way): median(seconds)
            for work, contenders in works().items()
            for way, seconds in race(contenders, dataset, _RUNS, log).items()
        }


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Print the table, and return 0; 1 when no time can be trusted."""
    parser = argparse.ArgumentParser("benchmarks.growth", description=__doc__)
    parser.add_argument("--most", type=int, default=10 * _LEAST, help="rows of the largest")
    parser.add_argument("--data", type=Path, default=Path(".astroflow/bench"), help="made once")
    asked = parser.parse_args()
    found = {}
    try:
        for name, dataset in catalogues(asked.data, asked.most):
            warm_up((asked.data / "cache").resolve())
            _say(f"Measuring {name}")
            found[name] = measure(dataset, asked.data / "engines.log")
    except (AstroFlowError, WrongAnswerError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return 1
    rows = [("work", "way", *found)]
    for work, way in next(iter(found.values())):
        rows.append((work, way, *(f"{seconds[work, way]:.3g} s" for seconds in found.values())))
    _say(to_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
