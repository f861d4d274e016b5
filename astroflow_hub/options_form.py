"""The options page: draw the profiles as a form, and read what a person chose.

Knows no spawner, so that every spawner of the project shows the same page. Works without
JavaScript; a field of the form is named ``profile`` or ``option.<profile>.<option>``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import Field, ValidationError

from astroflow_core.errors import ProfileError
from astroflow_core.model import Model, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from astroflow_core.profile import Profile
    from astroflow_hub.access import Offer
    from astroflow_hub.profile_store import ProfileStore


class UserOptions(Model):
    """What a person chose, as JupyterHub keeps it and its REST API takes it.

    ``options`` holds the choices by option, ``values`` what was typed in place of a choice.
    """

    profile: str | None = None
    options: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)


def render_form(
    offer: Offer,
    chosen: Mapping[str, Any],
    for_admin: str = "",
    ended_because: str = "",
    ask_at: str = "",
) -> str:
    """Return the HTML of the form, with ``chosen`` (a person's last user options) preselected.

    Above it stands what an admin is told, and why the person's last server ended; ``ask_at`` is
    the page that takes requests for profiles.
    """
    store = offer.store
    remembered = _remembered(store, chosen)
    default = store.default.slug if store.default else None
    return (
        _templates()
        .get_template("options_form.html")
        .render(
            profiles=store.profiles,
            on_request=offer.on_request,
            remembered=remembered,
            selected=remembered.profile or default,
            for_admin=for_admin,
            ended_because=ended_because,
            ask_at=ask_at,
        )
    )


def _remembered(store: ProfileStore, chosen: Mapping[str, Any]) -> UserOptions:
    """Return what was chosen last, or nothing where that is not offered any more."""
    try:
        last = UserOptions.model_validate(dict(chosen))
    except ValidationError:
        return UserOptions()
    offered = {profile.slug for profile in store.profiles}
    return last if last.profile in offered else UserOptions()


def parse_form(form: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the user options that a submitted form (name → values) holds.

    The page carries the options of all profiles; only those of the chosen one count. What is
    typed counts in place of the choice beside it.

    Raises
    ------
    ProfileError
        When no profile is chosen, or two are.
    """
    profiles = form.get("profile", [])
    if len(profiles) != 1:
        raise ProfileError("choose one environment, then press Start")
    values = {name: value for name, value in _fields(form, "value", profiles[0]) if value}
    options = dict(_fields(form, "option", profiles[0]))
    chosen = {name: value for name, value in options.items() if name not in values}
    return UserOptions(profile=profiles[0], options=chosen, values=values).model_dump()


def _fields(
    form: Mapping[str, Sequence[str]], kind: str, profile: str
) -> Iterator[tuple[str, str]]:
    prefix = f"{kind}.{profile}."
    for name, texts in form.items():
        if name.startswith(prefix) and texts:
            yield name.removeprefix(prefix), texts[-1].strip()


def choose(offer: Offer, user_options: Mapping[str, Any]) -> Profile:
    """Return the profile that user options ask for, its choices applied.

    Options that name no profile mean the default one.

    Raises
    ------
    ProfileError
        When a profile, option, choice or value is not offered; the message lists what is.
    """
    try:
        wanted = UserOptions.model_validate(dict(user_options))
    except ValidationError as error:
        slug = next((profile.slug for profile in offer.store.profiles), "…")
        example = {"profile": slug, "options": {}}
        found = "; ".join(problems(error))
        raise ProfileError(f"user options: {found}; they look like {example}") from error
    return offer.get(wanted.profile).with_choices(wanted.options, wanted.values)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("astroflow_hub"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
