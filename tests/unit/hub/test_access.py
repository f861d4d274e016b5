"""Who may use what, as truth tables."""

from typing import Any

import pytest

from astroflow_core.errors import ProfileError
from astroflow_hub.access import Offer
from astroflow_hub.options_form import choose, parse_form
from astroflow_hub.profile_store import ProfileStore

SIZE = {
    "display_name": "Size",
    "choices": {
        "s": {"display_name": "S"},
        "m": {"display_name": "M", "groups": ["staff", "pilots"], "spark": {"pods": 5}},
        "l": {"display_name": "L", "groups": ["staff"], "default": True, "spark": {"pods": 10}},
    },
    "free": {"sets": "spark.pods", "minimum": 1, "maximum": 20, "groups": ["staff"]},
}
IMAGE = {
    "display_name": "Image",
    "choices": {"tested": {"display_name": "Tested", "groups": ["staff"]}},
    "free": {"sets": "image", "pattern": r"gaia/[a-z]+@sha256:[0-9a-f]{4}", "groups": ["pilots"]},
}
BASE = {"catalogues": ["gaia-dr3"]}
STORE = ProfileStore.from_list(
    [
        BASE | {"slug": "open", "display_name": "Open", "options": {"size": SIZE}},
        BASE | {"slug": "secret", "display_name": "Secret", "groups": ["staff"]},
        BASE
        | {
            "slug": "dr4",
            "display_name": "DR4",
            "groups": ["dr4", "staff"],
            "request_access": "ask gaia@example.org",
        },
        BASE | {"slug": "lab", "display_name": "Lab", "options": {"image": IMAGE}},
    ]
)
PERSONS: dict[str, set[str]] = {
    "nobody": set(),
    "stranger": {"else", "STAFF", "staff "},
    "pilot": {"pilots"},
    "dr4": {"dr4"},
    "staff": {"staff"},
}


def offered(person: str) -> Offer:
    return Offer.to(PERSONS[person], STORE)


@pytest.mark.parametrize(
    ("person", "usable", "on_request"),
    [
        ("nobody", ["open"], ["dr4"]),
        ("stranger", ["open"], ["dr4"]),
        ("pilot", ["open", "lab"], ["dr4"]),
        ("dr4", ["open", "dr4"], []),
        ("staff", ["open", "secret", "dr4", "lab"], []),
    ],
)
def test_profiles_by_group(person: str, usable: list[str], on_request: list[str]) -> None:
    offer = offered(person)
    assert [profile.slug for profile in offer.store.profiles] == usable
    assert [profile.slug for profile in offer.on_request] == on_request


@pytest.mark.parametrize(
    ("person", "choices", "default", "may_type"),
    [
        ("nobody", ["s"], "s", False),
        ("stranger", ["s"], "s", False),
        ("pilot", ["s", "m"], "s", False),
        ("staff", ["s", "m", "l"], "l", True),
    ],
)
def test_choices_and_free_values_by_group(
    person: str, choices: list[str], default: str, *, may_type: bool
) -> None:
    option = offered(person).get("open").options["size"]
    assert list(option.choices) == choices
    assert option.default_choice == default
    assert (option.free is not None) is may_type


# What each person asks for, by the REST API's options; None: it is granted.
ASKED: list[tuple[str, dict[str, Any], str | None]] = [
    ("nobody", {"profile": "open"}, None),
    ("nobody", {"profile": "open", "options": {"size": "s"}}, None),
    ("nobody", {"profile": "open", "options": {"size": "m"}}, "is called 'm'; there is s"),
    ("nobody", {"profile": "open", "options": {"size": "l"}}, "is called 'l'; there is s"),
    ("nobody", {"profile": "open", "values": {"size": "2"}}, "no value can be typed"),
    ("nobody", {"profile": "secret"}, "no profile is called 'secret'; there is open"),
    ("nobody", {"profile": "nix"}, "no profile is called 'nix'; there is open"),
    ("nobody", {"profile": "dr4"}, "not open to you: ask gaia@example.org; you may use open"),
    ("nobody", {"profile": "lab"}, "no profile is called 'lab'; there is open"),
    ("pilot", {"profile": "open", "options": {"size": "m"}}, None),
    ("pilot", {"profile": "open", "options": {"size": "l"}}, "is called 'l'; there are s, m"),
    ("pilot", {"profile": "open", "values": {"size": "2"}}, "no value can be typed"),
    ("pilot", {"profile": "lab"}, "has no choice: give it a value"),
    ("pilot", {"profile": "lab", "options": {"image": "tested"}}, "'tested'; there is none"),
    ("pilot", {"profile": "lab", "values": {"image": "gaia/a@sha256:00ff"}}, None),
    ("pilot", {"profile": "lab", "values": {"image": "gaia/a@sha256:00ff-evil"}}, "has to match"),
    ("pilot", {"profile": "lab", "values": {"image": "evil/gaia/a@sha256:00ff"}}, "has to match"),
    ("staff", {"profile": "lab", "values": {"image": "gaia/a@sha256:00ff"}}, "no value can be"),
    ("staff", {"profile": "secret"}, None),
    ("staff", {"profile": "dr4"}, None),
    ("staff", {"profile": "open", "values": {"size": "20"}}, None),
    ("staff", {"profile": "open", "values": {"size": "21"}}, "between 1 and 20"),
    ("staff", {"profile": "open", "values": {"size": "nan"}}, "between 1 and 20"),
    ("staff", {"profile": "open", "values": {"size": "2.5"}}, "spark.pods"),
    ("staff", {"profile": "open", "values": {"size": "9" * 300}}, "longer than 255"),
    ("staff", {"profile": "open", "values": {"colour": "2"}}, "is called 'colour'; there is size"),
]


# What a form cannot ask: it sends no line's end, an empty field means the choice beside it, and
# what is typed counts in place of that.
ASKED_BY_API: list[tuple[str, dict[str, Any], str | None]] = [
    ("pilot", {"profile": "lab", "values": {"image": "gaia/a@sha256:00ff\n"}}, "has to match"),
    ("staff", {"profile": "open", "values": {"size": ""}}, "spark.pods cannot be ''"),
    ("staff", {"profile": "open", "options": {"size": "s"}, "values": {"size": "2"}}, "not both"),
]


@pytest.mark.parametrize(("person", "asked", "refusal"), ASKED + ASKED_BY_API)
def test_what_is_granted_by_the_rest_api(
    person: str, asked: dict[str, Any], refusal: str | None
) -> None:
    assert is_as_expected(outcome(person, asked), refusal)


@pytest.mark.parametrize(("person", "asked", "refusal"), ASKED)
def test_the_form_grants_the_same(person: str, asked: dict[str, Any], refusal: str | None) -> None:
    assert is_as_expected(outcome(person, parse_form(as_form(**asked))), refusal)


def as_form(
    profile: str, options: dict[str, str] | None = None, values: dict[str, str] | None = None
) -> dict[str, list[str]]:
    chosen = {f"option.{profile}.{name}": [text] for name, text in (options or {}).items()}
    typed = {f"value.{profile}.{name}": [text] for name, text in (values or {}).items()}
    return {"profile": [profile]} | chosen | typed


def is_as_expected(said: str | None, refusal: str | None) -> bool:
    return said is None if refusal is None else refusal in (said or "")


def outcome(person: str, asked: dict[str, Any]) -> str | None:
    """Return with which words a person's wish is refused, or None."""
    try:
        choose(offered(person), asked)
    except ProfileError as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("person", ["nobody", "stranger", "pilot", "dr4"])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"profile": "nix"},
        {"profile": 7},
        {"profile": "open", "options": {"size": "nix"}},
        {"profile": "open", "values": {"size": "2"}},
    ],
)
def test_no_refusal_names_what_is_hidden(person: str, asked: dict[str, Any]) -> None:
    said = outcome(person, asked) or ""
    assert "secret" not in said
    assert "tested" not in said


def test_who_may_use_nothing_is_told_so() -> None:
    nothing = Offer.to(set(), ProfileStore(STORE.profiles[1:2]))
    assert nothing == Offer(ProfileStore(()))
    with pytest.raises(ProfileError, match="no environment that you may use, so no server"):
        choose(nothing, {"profile": "secret"})
    with pytest.raises(ProfileError, match="no environment that you may use, so no server"):
        choose(nothing, {})


def test_the_one_profile_left_to_a_person_is_the_default() -> None:
    assert choose(offered("nobody"), {}).slug == "open"


def test_a_default_for_others_is_no_default() -> None:
    profiles = [
        BASE | {"slug": "a", "display_name": "A", "default": True, "groups": ["staff"]},
        BASE | {"slug": "b", "display_name": "B"},
        BASE | {"slug": "c", "display_name": "C"},
    ]
    offer = Offer.to(set(), ProfileStore.from_list(profiles))
    with pytest.raises(ProfileError, match="no environment is chosen; choose one of b, c"):
        choose(offer, {})
