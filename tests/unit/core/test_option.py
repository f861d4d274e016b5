"""What a person may type in place of a choice."""

from typing import Any

import pytest
from pydantic import ValidationError

from astroflow_core.errors import ProfileError
from astroflow_core.option import Choice, FreeValue
from astroflow_core.profile import Profile
from astroflow_core.session import ClusterSize

IMAGE = {"sets": "image", "pattern": "gaia/[a-z]+|dr4"}
PODS = {"sets": "spark.pods", "minimum": 1, "maximum": 20}
MEMORY = {"sets": "memory.limit", "minimum": "1g", "maximum": "64g"}


@pytest.mark.parametrize(
    ("free", "text"),
    [
        (IMAGE, "gaia/dr"),
        (IMAGE, "dr4"),
        (PODS, "1"),
        (PODS, "20"),
        (MEMORY, "1024m"),
        (MEMORY, "64g"),
        ({"sets": "cpu.limit", "minimum": 0.5, "maximum": 8}, "2.5"),
    ],
)
def test_what_lies_within_the_bounds_may_be_typed(free: dict[str, Any], text: str) -> None:
    FreeValue.model_validate(free).check(text)


@pytest.mark.parametrize(
    ("free", "text"),
    [
        (IMAGE, "gaia/dr4"),
        (IMAGE, "dr4 "),
        (IMAGE, "dr4\n"),
        (IMAGE, "xdr4"),
        (IMAGE, "gaia/x|dr4"),
        (IMAGE, ""),
        (IMAGE, "gaia/" + "a" * 300),
        (PODS, "0"),
        (PODS, "21"),
        (PODS, "-1"),
        (PODS, "nan"),
        (PODS, "inf"),
        (PODS, "many"),
        (PODS, ""),
        (MEMORY, "65g"),
        (MEMORY, "1023m"),
        (MEMORY, "8G"),
        (MEMORY, "2"),
    ],
)
def test_whatever_else_may_not(free: dict[str, Any], text: str) -> None:
    with pytest.raises(ProfileError, match=f"{free['sets']} cannot be "):
        FreeValue.model_validate(free).check(text)


@pytest.mark.timeout(5)
def test_a_pattern_takes_no_longer_than_its_text() -> None:
    with pytest.raises(ProfileError, match="has to match"):
        FreeValue.model_validate({"sets": "image", "pattern": "(a+)+b"}).check("a" * 250)


@pytest.mark.parametrize(
    ("free", "message"),
    [
        ({"sets": "node_selector.pool", "pattern": "x"}, "sets"),
        ({"sets": "catalogues", "pattern": "x"}, "sets"),
        ({"sets": "home.size", "pattern": "x"}, "sets"),
        ({"sets": "image"}, "image is text: give a pattern"),
        ({"sets": "image", "pattern": "x", "minimum": 1}, "image is text: give a pattern"),
        ({"sets": "image", "pattern": "a)|(?:b"}, "no regular expression"),
        ({"sets": "image", "pattern": "(?x)a #"}, "no regular expression"),
        ({"sets": "image", "pattern": "(?=a)a"}, "no regular expression"),
        (PODS | {"pattern": "[0-9]"}, "spark.pods is a number: give minimum and maximum"),
        ({"sets": "spark.pods", "minimum": 1}, "spark.pods is a number: give minimum and maximum"),
        (PODS | {"maximum": 0}, "minimum 1 is more than maximum 0"),
        (PODS | {"maximum": float("nan")}, "more than maximum nan"),
        (MEMORY | {"minimum": "65g"}, "minimum 65g is more than maximum 64g"),
        (MEMORY | {"minimum": 1}, "'1' is no memory size"),
        (PODS | {"groups": []}, "groups"),
    ],
)
def test_a_free_value_without_bounds_is_refused(free: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FreeValue.model_validate(free)


@pytest.mark.parametrize("groups", [[], [""], [" staff"], ["staff "], "staff", None, [1]])
def test_groups_are_names_and_never_an_empty_list(groups: Any) -> None:
    with pytest.raises(ValidationError, match="groups"):
        Choice.model_validate({"display_name": "S", "groups": groups})


def profile(free: dict[str, Any], **fields: Any) -> Profile:
    choices = {"some": {"display_name": "Some", "groups": ["staff"], "cost": "none"}}
    option = {"display_name": "How", "choices": choices, "free": free}
    base = {"slug": "a", "display_name": "A", "catalogues": ["gaia-dr3"], "groups": ["all"]}
    return Profile.model_validate(base | fields | {"options": {"how": option}})


def test_what_is_typed_replaces_the_field_and_keeps_the_rest() -> None:
    chosen = profile(PODS, spark={"pods": 2, "memory": "7g"}).with_choices({}, {"how": "12"})
    assert chosen.spark == ClusterSize(pods=12, memory="7g")


def test_a_variable_can_be_typed() -> None:
    free = {"sets": "environment.GRID", "pattern": "[0-9]+"}
    assert profile(free).with_choices({}, {"how": "64"}).environment == {"GRID": "64"}


def test_who_may_choose_is_no_part_of_what_is_chosen() -> None:
    assert profile(PODS).with_choices({"how": "some"}).groups == ("all",)


@pytest.mark.parametrize(
    ("free", "fields", "message"),
    [
        (PODS | {"minimum": 0}, {}, "with how = '0': spark.pods: Input should be greater than 0"),
        (MEMORY, {"memory": {"guarantee": "2g"}}, "with how = '1g': memory: guarantee 2g is more"),
        ({"sets": "environment.JPY_X", "pattern": "x"}, {}, "with how = 'x': environment"),
    ],
)
def test_bounds_that_contradict_the_profile_are_refused_when_it_is_read(
    free: dict[str, Any], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        profile(free, **fields)
