"""Medians, ratios, the table and the JSON."""

import json
from pathlib import Path

import pytest

from benchmarks.report import Measurement, Report, Target, to_table

SETTING = {"rows": 10, "cores": 2}
COUNTS = (
    Measurement("counts", "ours", (1.0, 9.0, 2.0)),
    Measurement("counts", "plain", (4.0, 4.5, 3.9)),
)
FAST = Target("P3", "counts", "ours", "plain", 0.5)
FASTER = Target("P4", "counts", "ours", "plain", 0.4)


@pytest.fixture
def report() -> Report:
    return Report(SETTING, COUNTS, (FAST, FASTER))


def test_a_median_is_of_all_runs() -> None:
    assert [m.median for m in COUNTS] == [2.0, 4.0]
    assert Measurement("counts", "ours", (1.0, 2.0)).median == 1.5


def test_a_target_is_a_ratio_of_medians(report: Report) -> None:
    assert [outcome.ratio for outcome in report.outcomes] == [0.5, 0.5]
    assert [outcome.is_met for outcome in report.outcomes] == [True, False]


def test_a_target_of_what_was_not_measured_is_an_error() -> None:
    with pytest.raises(KeyError):
        _ = Report(SETTING, COUNTS[:1], (FAST,)).outcomes


def test_the_table_has_a_line_for_every_cost_and_target(report: Report) -> None:
    costs, ratios = report.to_text().split("\n\n")
    assert costs.splitlines()[2] == "| counts | ours  | 2      | 1     | 9    | s    |"
    assert [line.split(" | ")[4:] for line in ratios.splitlines()[2:]] == [
        ["0.5     ", "0.5    ", "met    |"],
        ["0.5     ", "0.4    ", "missed |"],
    ]


def test_columns_of_a_table_are_even() -> None:
    assert to_table([("way", "s"), ("ours", "12.5")]).splitlines() == [
        "| way  | s    |",
        "| ---- | ---- |",
        "| ours | 12.5 |",
    ]


def test_the_json_keeps_every_run(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    report.write(path)
    content = json.loads(path.read_text())
    assert content["setting"] == SETTING
    assert content["measurements"][0]["runs"] == [1.0, 9.0, 2.0]
    assert content["targets"][1] == {
        "target": "P4",
        "work": "counts",
        "way": "ours",
        "baseline": "plain",
        "ratio": 0.5,
        "at_most": 0.4,
        "met": False,
    }
    assert [p.name for p in path.parent.iterdir()] == ["latest.json"]
