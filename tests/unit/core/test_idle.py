"""When a server that nobody uses is stopped."""

from typing import Any

import pytest
from pydantic import ValidationError

from astroflow_core.idle import IdleTimes, seconds
from astroflow_core.session import SessionSettings


@pytest.mark.parametrize(
    ("duration", "expected"), [("45s", 45), ("90m", 5400), ("4h", 14400), ("7d", 604800)]
)
def test_a_duration_is_a_number_and_a_unit(duration: str, expected: int) -> None:
    assert seconds(duration) == expected


@pytest.mark.parametrize("duration", ["", "4", "h", "0h", "-1h", "1.5h", "4 h", "4H", "4h\n"])
def test_anything_else_is_none(duration: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write a whole number"):
        seconds(duration)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({"stop_after": "10m"}, "warn_before 10m is not shorter than stop_after 10m"),
        ({"stop_after": "1h", "warn_before": "60m"}, "is not shorter"),
        ({"stop_after": 3600}, "valid string"),
        ({"after": "1h"}, "Extra inputs"),
    ],
)
def test_times_that_contradict_each_other_are_refused(times: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        IdleTimes.model_validate(times)


def test_the_session_is_told(sample: Any) -> None:
    idle = IdleTimes(stop_after="4h", warn_before="5m")
    settings = SessionSettings(catalogues=(sample,), idle=idle)
    assert SessionSettings.from_environ(settings.to_environ()).idle == idle
