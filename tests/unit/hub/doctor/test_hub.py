from typing import Any

import pytest

from astroflow_core.errors import AstroFlowError
from astroflow_core.profile import Profile
from astroflow_hub.doctor.hub import Account, Hub


def profile(slug: str, **fields: Any) -> Profile:
    base = {"slug": slug, "display_name": slug, "catalogues": ["gaia"]}
    return Profile.model_validate(base | fields)


def option(**choices: dict[str, Any]) -> dict[str, Any]:
    named = {name: {"display_name": name, **fields} for name, fields in choices.items()}
    return {"display_name": "choose", "choices": named}


def hub(*profiles: Profile) -> Hub:
    return Hub(Account("astroflow", "hub"), profiles, "registry/astroflow:1")


def test_every_combination_of_choices_is_a_variant() -> None:
    options = {"size": option(s={}, l={}), "image": option(a={}, b={}, c={})}
    titles = [variant.title for variant in hub(profile("x", options=options)).variants()]
    assert titles == [f"x, size = {size}, image = {image}" for size in "sl" for image in "abc"]


def test_images_are_named_once_with_the_profiles_that_use_them() -> None:
    options = {"image": option(new={"image": "r/new"}, usual={})}
    profiles = profile("a", image="r/own"), profile("b", options=options), profile("c")
    assert hub(*profiles).images() == {
        "r/own": ["a"],
        "r/new": ["b"],
        "registry/astroflow:1": ["b", "c"],
    }


def test_an_account_is_read_and_named_as_the_api_does() -> None:
    account = Account.parse("astroflow:hub")
    assert account.user == "system:serviceaccount:astroflow:hub"
    assert account.groups == [
        "system:serviceaccounts",
        "system:serviceaccounts:astroflow",
        "system:authenticated",
    ]


@pytest.mark.parametrize("text", ["hub", "astroflow:", ":hub", "a:b:c", ""])
def test_another_way_to_write_an_account_is_refused(text: str) -> None:
    with pytest.raises(AstroFlowError, match="write astroflow:hub"):
        Account.parse(text)
