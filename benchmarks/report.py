"""What was measured: medians, ratios to the targets, the table and the JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BAR = "-"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one way of doing some work cost in each run, in ``unit``."""

    work: str
    way: str
    values: tuple[float, ...]
    unit: str = "s"

    @property
    def median(self) -> float:
        """The median over the runs."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: the median of ``way`` is at most ``limit`` times that of ``baseline``."""

    number: str
    work: str
    way: str
    baseline: str
    limit: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A target and the ratio that was measured."""

    target: Target
    ratio: float

    @property
    def is_met(self) -> bool:
        """Whether the ratio is within the target."""
        return self.ratio <= self.target.limit


@dataclass(frozen=True, slots=True)
class Report:
    """All of one run of the benchmarks; ``setting`` says where, with what, over what."""

    setting: dict[str, Any]
    measurements: tuple[Measurement, ...]
    targets: tuple[Target, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The ratio of each target."""
        medians = {(m.work, m.way): m.median for m in self.measurements}
        return tuple(
            Outcome(t, medians[t.work, t.way] / medians[t.work, t.baseline]) for t in self.targets
        )

    def to_text(self) -> str:
        """Return two tables: what everything cost, and the targets."""
        costs = [("work", "way", "median", "least", "most", "unit")]
        costs += [
            (
                m.work,
                m.way,
                _figure(m.median),
                _figure(min(m.values)),
                _figure(max(m.values)),
                m.unit,
            )
            for m in self.measurements
        ]
        ratios = [("target", "work", "ratio of", "to", "measured", "at most", "")]
        ratios += [
            (t.number, t.work, t.way, t.baseline, _figure(o.ratio), f"{t.limit:g}", _verdict(o))
            for o in self.outcomes
            for t in [o.target]
        ]
        return f"{to_table(costs)}\n\n{to_table(ratios)}"

    def to_json(self) -> str:
        """Return the same, every run among it, as JSON."""
        content = {
            "setting": self.setting,
            "measurements": [
                {"work": m.work, "way": m.way, "unit": m.unit, "median": m.median, "runs": m.values}
                for m in self.measurements
            ],
            "targets": [
                {
                    "target": t.number,
                    "work": t.work,
                    "way": t.way,
                    "baseline": t.baseline,
                    "ratio": o.ratio,
                    "at_most": t.limit,
                    "met": o.is_met,
                }
                for o in self.outcomes
                for t in [o.target]
            ],
        }
        return json.dumps(content, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write the JSON to ``path``, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(self.to_json(), encoding="utf-8")
        unfinished.replace(path)


def to_table(rows: Sequence[Sequence[str]]) -> str:
    """Return ``rows``, the first of them the header, as a Markdown table of even columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    header, *body = (
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    rule = " | ".join(_BAR * width for width in widths)
    return "\n".join(f"| {line} |" for line in [header, rule, *body])


def _figure(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"  # noqa: PLR2004


def _verdict(outcome: Outcome) -> str:
    return "met" if outcome.is_met else "missed"
