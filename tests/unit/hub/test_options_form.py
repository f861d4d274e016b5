"""The options page: what a person sees, and what their choice becomes."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from astroflow_core.errors import ProfileError
from astroflow_hub.access import Offer
from astroflow_hub.options_form import choose, parse_form, render_form
from astroflow_hub.profile_store import ProfileStore

SIZE = {
    "display_name": "Size",
    "choices": {
        "small": {"display_name": "Small", "spark": {"pods": 2}},
        "large": {"display_name": "Large", "description": "20 pods", "default": True},
    },
}
GAIA = {
    "slug": "gaia",
    "display_name": "Gaia & <friends>",
    "description": "Spark and Dask",
    "catalogues": ["gaia-dr3"],
    "options": {"size": SIZE},
}
SPECTRA = {"slug": "spectra", "display_name": "Spectra", "catalogues": ["gaia-dr3"]}
STORE = ProfileStore.from_list([GAIA, SPECTRA])


def page(store: ProfileStore = STORE, **chosen: Any) -> BeautifulSoup:
    return BeautifulSoup(render_form(Offer(store), chosen), "html.parser")


def checked(soup: BeautifulSoup) -> list[str]:
    return [str(tag["value"]) for tag in soup.select("input[name=profile][checked]")]


def test_every_profile_is_a_radio_button_with_its_own_label() -> None:
    soup = page()
    buttons = soup.select("input[type=radio][name=profile][required]")
    assert [button["value"] for button in buttons] == ["gaia", "spectra"]
    assert [soup.select_one(f"label[for={b['id']}]") is not None for b in buttons] == [True, True]
    named = [soup.find(id=button["aria-labelledby"]) for button in buttons]
    assert [name.get_text() for name in named if name] == ["Gaia & <friends>", "Spectra"]


def test_the_description_describes_the_button() -> None:
    button = page().select_one("input[value=gaia]")
    assert button is not None
    described = page().find(id=button["aria-describedby"])
    assert described is not None
    assert described.get_text() == "Spark and Dask"


def test_what_an_admin_wrote_is_text_and_not_html() -> None:
    assert "Gaia &amp; &lt;friends&gt;" in render_form(Offer(STORE), {})


def test_an_option_is_a_labelled_list_with_its_default_selected() -> None:
    soup = page()
    (select,) = soup.select("select")
    label = soup.select_one(f"label[for='{select['id']}']")
    assert label is not None
    assert label.get_text() == "Size"
    assert [o["value"] for o in select.select("option")] == ["small", "large"]
    assert [o.get_text(strip=True) for o in select.select("option[selected]")] == [
        "Large (20 pods)"
    ]


def test_the_page_needs_no_javascript() -> None:
    assert "<script" not in render_form(Offer(STORE), {})
    assert " on" not in {attribute for tag in page().find_all() for attribute in tag.attrs}


@pytest.mark.parametrize(
    ("inline", "selected"),
    [
        ([GAIA], ["gaia"]),
        ([GAIA, SPECTRA], []),
        ([GAIA, SPECTRA | {"default": True}], ["spectra"]),
    ],
)
def test_the_default_profile_is_chosen_beforehand(inline: list[Any], selected: list[str]) -> None:
    assert checked(page(ProfileStore.from_list(inline))) == selected


def test_what_was_chosen_last_is_chosen_beforehand() -> None:
    soup = page(profile="gaia", options={"size": "small"})
    assert checked(soup) == ["gaia"]
    assert [o["value"] for o in soup.select("option[selected]")] == ["small"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"profile": "gone"},
        {"profile": 7},
        {"profile": "gaia", "options": "small"},
        {"nonsense": True},
        {"profile": "gaia", "options": {"size": "gone"}},
    ],
)
def test_what_was_chosen_last_may_be_gone_or_nonsense(chosen: dict[str, Any]) -> None:
    assert [o["value"] for o in page(**chosen).select("option[selected]")] == ["large"]


FREE = {"sets": "spark.pods", "minimum": 1, "maximum": 20, "display_name": "Your own number"}
PRICED = {
    "display_name": "Size",
    "choices": {"s": {"display_name": "S", "cost": "1 core & <more>"}, "m": {"display_name": "M"}},
    "free": FREE,
}


def test_a_free_value_is_a_labelled_field_that_says_what_may_stand_in_it() -> None:
    soup = page(ProfileStore.from_list([GAIA | {"options": {"size": PRICED}}]))
    (field,) = soup.select("input[name='value.gaia.size']")
    (label,) = soup.select(f"label[for='{field['id']}']")
    hint = soup.find(id=field["aria-describedby"])
    assert label.get_text() == "Your own number"
    assert hint is not None
    assert hint.get_text() == "From 1 to 20; left empty, the choice above counts"


def test_what_was_typed_last_stands_in_the_field() -> None:
    store = ProfileStore.from_list([GAIA | {"options": {"size": PRICED}}])
    (field,) = page(store, profile="gaia", values={"size": "7"}).select("input[name^='value.']")
    assert field["value"] == "7"


def test_what_choices_cost_describes_their_list() -> None:
    soup = page(ProfileStore.from_list([GAIA | {"options": {"size": PRICED}}]))
    (select,) = soup.select("select")
    costs = soup.find(id=select["aria-describedby"])
    assert costs is not None
    assert [item.get_text() for item in costs.find_all("li")] == ["S: 1 core & <more>"]


def test_what_is_on_request_is_told_with_nothing_to_choose() -> None:
    asked = SPECTRA | {
        "groups": ["dpac"],
        "request_access": "ask <you> at https://example.org/join",
    }
    offer = Offer.to(set(), ProfileStore.from_list([GAIA, asked]))
    soup = BeautifulSoup(render_form(offer, {}), "html.parser")
    (card,) = soup.select(".af-asked")
    assert "Not open to you: ask <you> at" in card.get_text()
    assert card.select("a[href='https://example.org/join']")
    assert [button["value"] for button in soup.select("input[type=radio]")] == ["gaia"]


def test_who_may_use_nothing_is_told_so_and_cannot_start() -> None:
    offer = Offer.to(set(), ProfileStore.from_list([GAIA | {"groups": ["staff"]}]))
    shown = render_form(offer, {})
    assert "There is no environment that you may use" in shown
    assert "Ask the hub's administrator" in shown
    assert "button[type=submit] { display: none; }" in shown
    assert "Gaia" not in shown


def test_the_end_of_the_last_server_and_the_admins_problems_are_text() -> None:
    shown = render_form(Offer(STORE), {}, "a.yaml: <b>", "it was <killed>")
    assert "Your last server ended: it was &lt;killed&gt;." in shown
    assert "a.yaml: &lt;b&gt;" in shown
    assert "administrator" not in render_form(Offer(STORE), {})


def test_what_is_typed_counts_in_place_of_the_choice_beside_it() -> None:
    form = {"profile": ["gaia"], "option.gaia.size": ["s"], "value.gaia.size": [" 7 "]}
    assert parse_form(form) == {"profile": "gaia", "options": {}, "values": {"size": "7"}}


def test_a_form_becomes_the_options_of_its_profile_alone() -> None:
    form = {
        "profile": ["gaia"],
        "option.gaia.size": ["small"],
        "option.spectra.size": ["large"],
        "_xsrf": ["x"],
    }
    assert parse_form(form) == {"profile": "gaia", "options": {"size": "small"}, "values": {}}


@pytest.mark.parametrize("form", [{}, {"profile": []}, {"profile": ["gaia", "spectra"]}])
def test_a_form_without_one_profile_is_refused(form: dict[str, list[str]]) -> None:
    with pytest.raises(ProfileError, match="choose one environment"):
        parse_form(form)


def test_the_choice_is_applied_to_the_profile() -> None:
    chosen = choose(Offer(STORE), {"profile": "gaia", "options": {"size": "small"}})
    assert (chosen.slug, chosen.spark.pods) == ("gaia", 2)


def test_no_profile_means_the_default_one() -> None:
    assert choose(Offer(ProfileStore.from_list([GAIA])), {}).slug == "gaia"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "no environment is chosen; choose one of gaia, spectra"),
        ({"profile": "nix"}, "no profile is called 'nix'; there are gaia, spectra"),
        ({"profile": ""}, "no profile is called ''; there are gaia, spectra"),
        ({"profile": "gaia", "options": {"colour": "red"}}, "is called 'colour'; there is size"),
        ({"profile": "gaia", "options": {"size": "huge"}}, "'huge'; there are small, large"),
        ({"profile": "spectra", "options": {"size": "small"}}, "'size'; there is none"),
        ({"profile": "gaia", "image": "evil:1"}, "image: there is no such field"),
        ({"profile": ["gaia"]}, "profile: Input should be a valid string"),
    ],
)
def test_whatever_is_not_offered_is_refused_with_what_is(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        choose(Offer(STORE), options)
