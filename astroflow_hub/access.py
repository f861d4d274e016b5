"""Who may use what: profiles, their choices and free values, by a person's groups.

Whatever names no groups is for everybody who may log in; whatever names some is for their
members alone. What a person may not use is taken out before anything else looks at it, so that
neither a page nor an error can name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from astroflow_core.errors import ProfileError
from astroflow_hub.profile_store import ProfileStore

if TYPE_CHECKING:
    from collections.abc import Collection

    from astroflow_core.option import Choice, FreeValue, Option
    from astroflow_core.profile import Profile


@dataclass(frozen=True, slots=True)
class Offer:
    """What one person is offered: ``store`` to use, and ``on_request`` to ask for."""

    store: ProfileStore
    on_request: tuple[Profile, ...] = ()

    @classmethod
    def to(cls, groups: Collection[str], store: ProfileStore) -> Offer:
        """Return what a person of ``groups`` is offered of ``store``."""
        permitted = {profile.slug: permit(profile, groups) for profile in store.profiles}
        return cls(
            store=ProfileStore(tuple(p for p in permitted.values() if p is not None)),
            on_request=tuple(
                profile
                for profile in store.profiles
                if permitted[profile.slug] is None and profile.request_access
            ),
        )

    def get(self, slug: str | None) -> Profile:
        """Return a profile that the person may use; None asks for the default one.

        Raises
        ------
        ProfileError
            When there is none such; the message names those that the person may use.
        """
        names = ", ".join(profile.slug for profile in self.store.profiles)
        if not names:
            raise ProfileError("there is no environment that you may use, so no server is started")
        for profile in self.on_request:
            if profile.slug == slug:
                raise ProfileError(
                    f"the profile {slug!r} is not open to you: {profile.request_access}; "
                    f"you may use {names}"
                )
        if slug is not None:
            return self.store.get(slug)
        if self.store.default is None:
            raise ProfileError(f"no environment is chosen; choose one of {names}")
        return self.store.default


def permit(profile: Profile, groups: Collection[str]) -> Profile | None:
    """Return ``profile`` with all that a person of ``groups`` may choose in it, and no more.

    None where they may not use it: it is for others, or one of its options leaves them
    neither a choice nor a value to type.
    """
    options = {name: _permit_option(option, groups) for name, option in profile.options.items()}
    usable = all(option.choices or option.free for option in options.values())
    if not usable or not _is_for(groups, profile):
        return None
    return profile.model_copy(update={"options": options})


def _permit_option(option: Option, groups: Collection[str]) -> Option:
    choices = {name: choice for name, choice in option.choices.items() if _is_for(groups, choice)}
    free = option.free if option.free and _is_for(groups, option.free) else None
    return option.model_copy(update={"choices": choices, "free": free})


def _is_for(groups: Collection[str], offered: Profile | Choice | FreeValue) -> bool:
    return not offered.groups or not set(offered.groups).isdisjoint(groups)
