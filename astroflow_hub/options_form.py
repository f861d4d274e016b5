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
    from collections.abc import Mapping, Sequence

    from astroflow_core.profile import Profile
    from astroflow_hub.profile_store import ProfileStore


class UserOptions(Model):
    """What a person chose, as JupyterHub keeps it and its REST API takes it."""

    profile: str | None = None
    options: dict[str, str] = Field(default_factory=dict)


def render_form(store: ProfileStore, chosen: Mapping[str, Any]) -> str:
    """Return the HTML of the form, with ``chosen`` (a person's last user options) preselected."""
    last = _remembered(store, chosen)
    default = store.default.slug if store.default else None
    return (
        _templates()
        .get_template("options_form.html")
        .render(profiles=store.profiles, selected=last.profile or default, choices=last.options)
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

    The page carries the options of all profiles; only those of the chosen one count.

    Raises
    ------
    ProfileError
        When no profile is chosen, or two are.
    """
    profiles = form.get("profile", [])
    if len(profiles) != 1:
        raise ProfileError("choose one environment, then press Start")
    prefix = f"option.{profiles[0]}."
    options = {
        name.removeprefix(prefix): values[-1]
        for name, values in form.items()
        if name.startswith(prefix)
    }
    return UserOptions(profile=profiles[0], options=options).model_dump()


def choose(store: ProfileStore, user_options: Mapping[str, Any]) -> Profile:
    """Return the profile that user options ask for, its choices applied.

    Options that name no profile mean the default one.

    Raises
    ------
    ProfileError
        When a profile, option or choice does not exist; the message lists those that do.
    """
    try:
        wanted = UserOptions.model_validate(dict(user_options))
    except ValidationError as error:
        example = {"profile": store.profiles[0].slug, "options": {}}
        found = "; ".join(problems(error))
        raise ProfileError(f"user options: {found}; they look like {example}") from error
    profile = store.default if wanted.profile is None else store.get(wanted.profile)
    if profile is None:
        names = ", ".join(profile.slug for profile in store.profiles)
        raise ProfileError(f"no environment is chosen; choose one of {names}")
    return profile.with_choices(wanted.options)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("astroflow_hub"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
