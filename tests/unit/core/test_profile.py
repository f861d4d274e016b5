"""What a profile may say, and what a person's choices make of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from astroflow_core.errors import ProfileError
from astroflow_core.profile import Profile
from astroflow_core.session import ClusterSize

CHECKOUT = Path(__file__).parents[3]
PLAIN = {"slug": "gaia", "display_name": "Gaia", "catalogues": ["gaia-dr3"]}
SIZES = {
    "display_name": "Size",
    "choices": {
        "small": {"display_name": "Small", "spark": {"pods": 2}, "environment": {"A": "small"}},
        "large": {
            "display_name": "Large",
            "default": True,
            "spark": {"pods": 20, "memory": "14g"},
            "image": "gaia:large",
        },
    },
}
SIZED = PLAIN | {
    "spark": {"pods": 10, "cores": 5, "memory": "7g"},
    "environment": {"A": "plain", "B": "kept"},
    "options": {"size": SIZES},
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"slug": "a"},
        {"slug": "gaia-dr3-2"},
        {"cpu": {"guarantee": 1, "limit": 1}},
        {"memory": {"guarantee": "1024m", "limit": "1g"}},
        {"memory": {"limit": "8g"}},
        {"node_selector": {"pool": "users"}},
        {"environment": {"MY_VARIABLE": "1"}},
        {"options": {"size": SIZES}},
        {"groups": ["/gaia/dr4 team"], "request_access": "ask gaia@example.org"},
        {"home": {"size": "100Gi", "storage_class": "fast.ssd"}},
        {"quota": {"cpu": 120, "memory": "1t", "pods": 24}},
        {"idle": {"stop_after": "12h", "warn_before": "15m"}},
        {"tolerations": [{"key": "gaia", "value": "only", "effect": "NoSchedule"}]},
        {"tolerations": [{"operator": "Exists"}]},
        {"tolerations": [{"key": "a", "effect": "NoExecute", "tolerationSeconds": 60}]},
    ],
)
def test_a_good_profile_is_taken(changes: dict[str, Any]) -> None:
    assert Profile.model_validate(PLAIN | changes).display_name == "Gaia"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"slug": "Gaia"}, "slug", "pattern"),
        ({"slug": "../gaia"}, "slug", "pattern"),
        ({"slug": "gaia\n"}, "slug", "pattern"),
        ({"slug": "a" * 64}, "slug", "pattern"),
        ({"display_name": ""}, "display_name", "at least 1"),
        ({"colour": "red"}, "colour", "no such field"),
        ({"catalogues": []}, "catalogues", "at least 1"),
        ({"catalogues": ["../secret"]}, "catalogues.0", "pattern"),
        ({"spark": {"pods": 0}}, "spark.pods", "greater than 0"),
        ({"spark": {"memory": "7G"}}, "spark.memory", "no memory size"),
        ({"dask": {"guarantee": 2}}, "dask", "guarantee 2 is more than cores 1"),
        ({"cpu": {"guarantee": 2, "limit": 1}}, "cpu", "guarantee 2.0 is more than limit 1.0"),
        ({"memory": {"guarantee": "2g", "limit": "1g"}}, "memory", "guarantee 2g is more than"),
        ({"memory": {"limit": "8G"}}, "memory.limit", "no memory size"),
        ({"environment": {"ASTROFLOW_SPARK": "{}"}}, "ASTROFLOW_SPARK", "set by the hub"),
        ({"environment": {"JUPYTERHUB_API_TOKEN": "x"}}, "JUPYTERHUB_API_TOKEN", "set by the hub"),
        ({"environment": {"A B": "x"}}, "environment.A B", "pattern"),
        ({"options": {"size": {"display_name": "S", "choices": {}}}}, "choices", "at least 1"),
        ({"groups": []}, "groups", "at least 1"),
        ({"groups": "staff"}, "groups", "valid tuple"),
        ({"request_access": ""}, "request_access", "at least 1"),
        ({"home": {"size": "30G"}}, "home.size", "pattern"),
        ({"home": {"storage_class": "Fast"}}, "home.storage_class", "pattern"),
        ({"cpu": {"limit": float("inf")}}, "cpu.limit", "finite"),
        ({"quota": {"pods": 0}}, "quota.pods", "greater than 0"),
        ({"tolerations": [{"value": "x"}]}, "tolerations.0", "key is missing"),
        (
            {"tolerations": [{"key": "a", "operator": "Exists", "value": "x"}]},
            "tolerations.0",
            "value goes with the operator Equal only",
        ),
        (
            {"tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 60}]},
            "tolerations.0",
            "tolerationSeconds goes with the effect NoExecute only",
        ),
    ],
)
def test_a_bad_profile_is_refused_by_field(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Profile.model_validate(PLAIN | changes)
    assert field in str(refused.value)
    assert words in str(refused.value).replace("Extra inputs are not permitted", "no such field")


def test_an_option_has_one_default_at_most() -> None:
    two = {n: c | {"default": True} for n, c in SIZES["choices"].items()}  # type: ignore[attr-defined]
    with pytest.raises(ValidationError, match="at most one choice can be the default"):
        Profile.model_validate(PLAIN | {"options": {"size": SIZES | {"choices": two}}})


def test_a_choice_that_contradicts_the_profile_is_refused_when_the_profile_is_read() -> None:
    choices = {"big": {"display_name": "Big", "memory": {"guarantee": "16g"}}}
    option = {"display_name": "Size", "choices": choices}
    with pytest.raises(ValidationError, match="with size = big: memory: guarantee 16g is more"):
        Profile.model_validate(PLAIN | {"memory": {"limit": "8g"}, "options": {"size": option}})


def test_choices_replace_what_they_name_and_keep_the_rest() -> None:
    chosen = Profile.model_validate(SIZED).with_choices({"size": "small"})
    assert chosen.spark == ClusterSize(pods=2, cores=5, memory="7g")
    assert chosen.environment == {"A": "small", "B": "kept"}
    assert chosen.display_name == "Gaia"
    assert chosen.options == {}


def test_an_option_left_out_takes_its_default_choice() -> None:
    chosen = Profile.model_validate(SIZED).with_choices({})
    assert chosen.spark == ClusterSize(pods=20, cores=5, memory="14g")
    assert chosen.image == "gaia:large"


def test_without_a_default_the_first_choice_counts() -> None:
    choices = {"b": {"display_name": "B"}, "a": {"display_name": "A"}}
    profile = Profile.model_validate(
        PLAIN | {"options": {"kind": {"display_name": "Kind", "choices": choices}}}
    )
    assert profile.options["kind"].default_choice == "b"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"colour": "red"}, "no option of the profile 'gaia' is called 'colour'; there is size"),
        ({"size": "huge"}, "is called 'huge'; there are small, large"),
        ({"size": ""}, "is called ''; there are small, large"),
    ],
)
def test_an_unknown_option_or_choice_names_those_that_exist(
    choices: dict[str, str], message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        Profile.model_validate(SIZED).with_choices(choices)


def test_choices_that_do_not_go_together_are_refused() -> None:
    big = {"display_name": "Guarantee", "choices": {
        "no": {"display_name": "No"}, "yes": {"display_name": "Yes", "cpu": {"guarantee": 4}},
    }}  # fmt: skip
    few = {"display_name": "Limit", "choices": {
        "no": {"display_name": "No"}, "yes": {"display_name": "Yes", "cpu": {"limit": 2}},
    }}  # fmt: skip
    profile = Profile.model_validate(PLAIN | {"options": {"big": big, "few": few}})
    assert profile.with_choices({"big": "yes"}).cpu.guarantee == 4
    with pytest.raises(ProfileError, match=r"do not go together: cpu: guarantee 4.0 is more"):
        profile.with_choices({"big": "yes", "few": "yes"})


def test_a_file_that_is_no_profile_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(PLAIN | {"colour": "red"}))
    with pytest.raises(ProfileError, match=r"x.yaml: colour: there is no such field"):
        Profile.from_file(path)


def test_the_profile_of_the_checkout_is_as_people_know_it() -> None:
    profile = Profile.from_file(CHECKOUT / "profiles" / "gaia-dr3.yaml")
    assert profile.options["size"].default_choice == "l"
    assert profile.with_choices({}).spark == profile.spark
    assert profile.display_name == "Gaia DR3 Environment"
    assert profile.description == (
        "In order to use pre-configured Apache Spark and Dask with Gaia DR3 data, "
        "use this environment"
    )
    assert profile.spark == ClusterSize(pods=10, cores=5, memory="7g")
    assert (profile.dask.pods, profile.dask.cores) == (10, 5)
    assert profile.default_database == "gaiadr3ssd"
