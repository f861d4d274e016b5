"""The table of attempts in the documentation is the one that the cluster's tests try."""

import re
from pathlib import Path

import pytest

from inside.hub.attempt import WORDS, Attempt, as_table, fill
from inside.hub.attempts import ATTEMPTS

DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
MARKS = re.compile(r"(<!-- attempts -->\n).*(<!-- /attempts -->)", re.DOTALL)


def test_the_documentation_holds_the_table_of_the_tests(pytestconfig: pytest.Config) -> None:
    text = DOCUMENT.read_text()
    made = MARKS.sub(lambda marks: f"{marks[1]}\n{as_table(ATTEMPTS)}\n{marks[2]}", text)
    if pytestconfig.getoption("--rewrite-golden"):
        DOCUMENT.write_text(made)
    assert DOCUMENT.read_text() == made


def test_there_are_enough_and_none_twice() -> None:
    assert len({attempt.what for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 25


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.what)
def test_control_is_another_side_of_the_same_probe_and_comes_out_otherwise(
    attempt: Attempt,
) -> None:
    assert attempt.control != attempt.attack
    assert attempt.refused != attempt.allowed
    assert attempt.control in WORDS


def test_names_are_filled_in_at_any_depth() -> None:
    probe = {"path": "/{ns}/x", "body": {"subjects": [{"namespace": "{ns}"}], "count": 1}}
    assert fill(probe, {"ns": "alice"}) == {
        "path": "/alice/x",
        "body": {"subjects": [{"namespace": "alice"}], "count": 1},
    }
