"""What the doctor is to check: the profiles a hub offers, and the account it runs as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astroflow_core.profile import Profile


@dataclass(frozen=True, slots=True)
class Account:
    """A service account."""

    namespace: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Account:
        """Read ``namespace:name``.

        Raises
        ------
        AstroFlowError
            When it is written in another way.
        """
        namespace, colon, name = text.partition(":")
        if not (namespace and colon and name) or ":" in name:
            raise AstroFlowError(f"{text!r} is no service account; write astroflow:hub")
        return cls(namespace, name)

    @property
    def user(self) -> str:
        """The account's name as a user of the API."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> list[str]:
        """The groups of which the API makes every service account a member."""
        own = f"system:serviceaccounts:{self.namespace}"
        return ["system:serviceaccounts", own, "system:authenticated"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A profile as a person may start it: with one choice of every option."""

    title: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub as an admin configured it; ``image`` is that of profiles that name none."""

    account: Account
    profiles: tuple[Profile, ...]
    image: str

    def variants(self) -> list[Variant]:
        """Return every server that can be chosen."""
        return [variant for profile in self.profiles for variant in _variants(profile)]

    def images(self) -> dict[str, list[str]]:
        """Return each image that a server may run, with the profiles that name it."""
        found: dict[str, list[str]] = defaultdict(list)
        for variant in self.variants():
            image, slug = variant.profile.image or self.image, variant.profile.slug
            if slug not in found[image]:
                found[image].append(slug)
        return dict(found)


def _variants(profile: Profile) -> Iterator[Variant]:
    names = list(profile.options)
    for chosen in product(*(profile.options[name].choices for name in names)):
        choices = dict(zip(names, chosen, strict=True))
        title = ", ".join([profile.slug, *(f"{name} = {c}" for name, c in choices.items())])
        yield Variant(title, profile.with_choices(choices))
