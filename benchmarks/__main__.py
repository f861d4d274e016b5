"""``python -m benchmarks``: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import psutil

from astroflow_core.errors import AstroFlowError
from astroflow_spark_gaia.warm_up import warm_up
from benchmarks import counts, data, ingest, joins, layout, maps, metadata, regions, start_up
from benchmarks.race import WrongAnswerError, race
from benchmarks.report import Measurement, Report, Target

TARGETS = (
    Target("P1", start_up.WORK, start_up.OURS, start_up.PLAIN, 0.50),
    Target("P2", start_up.WORK, start_up.REGISTRATION, start_up.OURS, 0.05),
    Target("P3", counts.WORK, "our Dask, healpix_counts", "DuckDB", 1.05),
    Target("P4", counts.WORK, "our Spark, SQL", "PySpark, SQL", 0.40),
    Target("P5", maps.MEANS, "our Spark, helper", "DuckDB", 1.05),
    Target("P5", maps.MEANS, "our Dask, helper", "DuckDB", 1.05),
    Target("P5", maps.MEANS, "our Spark, SQL", "PySpark, SQL", 0.60),
    Target("P5", maps.DIAGRAM, "our Spark, helper", "DuckDB", 0.85),
    Target("P5", maps.DIAGRAM, "our Dask, helper", "DuckDB", 0.85),
    Target("P5", maps.DIAGRAM, "our Spark, SQL", "PySpark, SQL", 0.60),
    Target("P6", metadata.WORK, "our Spark, SQL", "PySpark, SQL", 0.02),
    Target("P6", metadata.WORK, "our helper", "PySpark, SQL", 0.02),
    *(
        Target("P7", regions.work(radius), "our Spark", baseline, limit)
        for radius, of_a_scan in zip(regions.RADII, (0.02, 0.02, 0.10), strict=True)
        for baseline, limit in (("PySpark, full scan", of_a_scan), ("DuckDB, ranges by hand", 1.5))
    ),
    Target("P8", layout.SIZE, layout.OURS, layout.DEFAULTS, 0.70),
    Target("P8", layout.SIZE, layout.OURS, layout.IN_OUR_GROUPS, 0.70),
    Target("P8", layout.DECODE, layout.OURS, layout.DEFAULTS, 1 / 1.8),
    Target("P9", joins.WORK, "our Spark, map_pairs", "DuckDB", 0.85),
    Target("P9", joins.WORK, "our Spark, map_pairs", "PySpark, SQL", 0.15),
    Target("P9", joins.WORK, "our Spark, SQL", "PySpark, SQL", 0.40),
    Target("P9", joins.WORK, "our Dask, map_pairs", "Dask, merge", 0.20),
    Target("P10", ingest.WORK, ingest.OURS, ingest.DUCKDB, 1.0),
)
_INGEST_RUNS = 1  # each takes a minute
_VERSIONS = ("pyspark", "dask", "pyarrow", "numpy", "duckdb", "polars")


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser("benchmarks", description=__doc__)
    parser.add_argument("--rows", type=_at_least_one, default=20_000_000, help="of gaia_source")
    parser.add_argument("--runs", type=_at_least_one, default=5, help="of each, after a warm-up")
    parser.add_argument("--data", type=Path, default=Path(".astroflow/bench"), help="made once")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="of the JSON")
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def measure(asked: argparse.Namespace) -> Report:
    """Make the data where they are missing, and measure everything over them."""
    cache, log = asked.data / "cache", asked.data / "engines.log"
    _say(f"Making catalogues of {asked.rows:,} rows and of every table, once, in {asked.data}")
    large, wide = data.large(asked.data, asked.rows, cache), data.wide(asked.data, cache)
    layout.copy_with_defaults(large)
    warm_up(cache.resolve())
    _say(f"Starting sessions, {asked.runs} runs of each")
    measured = _measurements(start_up.WORK, start_up.measure(wide, asked.runs))
    _say("Counting sources")
    measured += _measurements(counts.WORK, race(counts.CONTENDERS, large, asked.runs, log))
    _say("Averaging over the sky")
    measured += _measurements(maps.MEANS, race(maps.MEANS_CONTENDERS, large, asked.runs, log))
    measured += _measurements(maps.DIAGRAM, race(maps.DIAGRAM_CONTENDERS, large, asked.runs, log))
    _say("Asking the index, and searching cones")
    with metadata.indexed(large):
        measured += _measurements(metadata.WORK, race(metadata.CONTENDERS, large, asked.runs, log))
        for radius in regions.RADII:
            of_radius = race(regions.contenders(radius), large, asked.runs, log)
            measured += _measurements(regions.work(radius), of_radius)
    _say("Joining two tables")
    measured += _measurements(joins.WORK, race(joins.CONTENDERS, large, asked.runs, log))
    _say("Reading both encodings")
    measured += _measurements(layout.DECODE, race(layout.CONTENDERS, large, asked.runs, log))
    measured += _measurements(layout.SIZE, layout.bytes_a_row(large), unit="B")
    _say("Ingesting bulk files")
    ingest.write_bulk(large)
    measured += _measurements(ingest.WORK, race(ingest.CONTENDERS, large, _INGEST_RUNS, log))
    return Report(_setting(asked), measured, TARGETS)


def _measurements(
    work: str, values: dict[str, tuple[float, ...]], unit: str = "s"
) -> tuple[Measurement, ...]:
    return tuple(Measurement(work, way, of_runs, unit) for way, of_runs in values.items())


def _setting(asked: argparse.Namespace) -> dict[str, object]:
    return {
        "rows": asked.rows,
        "runs": asked.runs,
        "cores": data.CORES,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        **{name: version(name) for name in _VERSIONS},
    }


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Return 0 after the table, 1 when no time can be trusted."""
    asked = options()
    try:
        report = measure(asked)
    except (AstroFlowError, WrongAnswerError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return 1
    path = asked.out / "latest.json"
    report.write(path)
    _say(f"\n{report.to_text()}\n\nAll answers were equal. Every run is in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
