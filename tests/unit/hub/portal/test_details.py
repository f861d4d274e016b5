"""What a login tells is shown as far as it is text, in one line."""

from typing import Any

import pytest

from astroflow_hub.portal.details import PersonDetails, one_line

UUID = "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"


def test_details_are_what_the_login_told() -> None:
    told = {
        "sub": UUID,
        "name": "Zoë Möller",
        "email": "zoe@example.org",
        "affiliation": "Universität Jena",
        "preferred_username": "zoe",
    }
    details = PersonDetails.of("zoe", told)
    assert details == PersonDetails(
        "zoe", UUID, "Zoë Möller", "zoe@example.org", "Universität Jena"
    )
    assert details.called == "Zoë Möller"


def test_a_login_that_tells_nothing_leaves_the_user_name_and_a_uuid_made_of_it() -> None:
    details = PersonDetails.of("zoe", None)
    assert (details.called, details.email) == ("zoe", "")
    assert details.uuid == PersonDetails.of("zoe", {}).uuid


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Ada\r\nBcc: all@example.org", "Ada Bcc: all@example.org"),
        ("a\0b\u2028c", "a b c"),
        ("\u202eevil", "evil"),
        (["Jena"], "Jena"),
        (["a", "b"], ""),
        ({"x": 1}, ""),
        (7, ""),
        (None, ""),
        ("x" * 500, "x" * 200),
        ("<b>", "<b>"),
    ],
)
def test_what_is_told_becomes_one_line_of_text(told: Any, shown: str) -> None:
    assert one_line(told) == shown
