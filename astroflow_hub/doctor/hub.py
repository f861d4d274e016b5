"""What the doctor is to check: the profiles a hub offers, and the account it runs as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets.config.loader import PyFileConfigLoader

from astroflow_core.errors import AstroFlowError
from astroflow_hub.kubernetes.volumes import read_volumes
from astroflow_hub.profile_store import ProfileStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from astroflow_core.profile import Profile
    from astroflow_hub.kubernetes.volumes import CatalogueVolume


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
    volumes: Mapping[str, CatalogueVolume] = field(default_factory=dict)

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


def read_hub(
    account: str, config: Path | None, profiles: Path | None = None, image: str | None = None
) -> Hub:
    """Return the hub that the configuration file describes; the other arguments come first.

    Raises
    ------
    AstroFlowError
        When something is missing, or not valid.
    """
    settings = _read_settings(config) if config else {}
    inline = settings.get("profiles")
    if inline and profiles is None:
        store = ProfileStore.from_list(inline)
    else:
        store = ProfileStore.from_dir(profiles or Path(settings.get("profiles_dir", "profiles")))
    chosen = image or settings.get("image")
    if not chosen:
        raise AstroFlowError("no image of profiles that name none; give --image or --config")
    volumes = read_volumes(settings.get("catalogue_volumes", {}))
    return Hub(Account.parse(account), store.profiles, chosen, volumes)


def _read_settings(config: Path) -> dict[str, Any]:
    """Return what a configuration file says of our spawner."""
    try:
        found = PyFileConfigLoader(config.name, str(config.parent)).load_config()
    except Exception as error:
        # The file is a program, which may fail in any way.
        what = f"{type(error).__name__}: {error}"
        raise AstroFlowError(f"{config} cannot be read as the hub reads it: {what}") from error
    return dict(found.AstroFlowSpawner)
