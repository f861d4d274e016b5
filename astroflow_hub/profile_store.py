"""ProfileStore: the profiles a hub offers, read and checked together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from astroflow_core.catalogue import Catalogue
from astroflow_core.errors import CatalogueError, ProfileError
from astroflow_core.model import Model, read_yaml
from astroflow_core.option import Choice, FreeValue, Option
from astroflow_core.profile import Profile, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something an admin has to mend: where, what is wrong, what to do."""

    file: str
    field: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.what}; {self.cure}"


class ProfilesError(ProfileError):
    """The profiles cannot be offered; ``problems`` says why, each with its cure."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class ProfileStore:
    """The profiles a hub offers, in the order in which they are shown."""

    profiles: tuple[Profile, ...]

    @classmethod
    def from_dir(cls, folder: Path, data_dir: Path | None = None) -> ProfileStore:
        """Read every ``*.yaml`` of ``folder``, in the order of the file names.

        With ``data_dir``, the catalogues that the profiles name must be there.

        Raises
        ------
        ProfilesError
            With every problem of every file.
        """
        files = profile_files(folder)
        if not files:
            cure = "write one, or set profiles_dir to the folder that holds them"
            raise ProfilesError([Problem(str(folder), "*.yaml", "there is no profile", cure)])
        read: dict[str, Any] = {}
        unreadable = []
        for path in files:
            try:
                read[str(path)] = read_yaml(path, ProfileError)
            except ProfileError as error:
                what = " ".join(str(error).removeprefix(f"{path}: ").split())
                unreadable.append(Problem(str(path), "(whole file)", what, "correct the file"))
        return cls._checked(read, unreadable, data_dir)

    @classmethod
    def from_list(cls, inline: Sequence[Any], data_dir: Path | None = None) -> ProfileStore:
        """Take profiles written in the hub's configuration, with the schema of the files.

        Raises
        ------
        ProfilesError
            With every problem of every profile.
        """
        return cls._checked({f"profiles[{i}]": raw for i, raw in enumerate(inline)}, [], data_dir)

    @classmethod
    def _checked(
        cls, raw: Mapping[str, Any], unreadable: list[Problem], data_dir: Path | None
    ) -> ProfileStore:
        found = list(unreadable)
        profiles = {}
        for file, contents in raw.items():
            try:
                profiles[file] = Profile.model_validate(contents)
            except ValidationError as error:
                found += [_problem(file, details) for details in error.errors(include_url=False)]
        found += _repeated(profiles)
        if data_dir is not None:
            found += [p for f, profile in profiles.items() for p in _missing(f, profile, data_dir)]
        if found:
            raise ProfilesError(sorted(found))
        return cls(tuple(profiles.values()))

    @property
    def default(self) -> Profile | None:
        """The profile that is chosen beforehand: the default one, or the only one."""
        marked = [profile for profile in self.profiles if profile.default]
        sole = self.profiles if len(self.profiles) == 1 else ()
        return next(iter([*marked, *sole]), None)

    def get(self, slug: str) -> Profile:
        """Return the profile called ``slug``.

        Raises
        ------
        ProfileError
            When there is none; the message lists those that exist.
        """
        return find({profile.slug: profile for profile in self.profiles}, slug, "profile")


def profile_files(folder: Path) -> list[Path]:
    """Return the files of ``folder`` that hold profiles, by name."""
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _repeated(profiles: Mapping[str, Profile]) -> list[Problem]:
    by_slug = defaultdict(list)
    for file, profile in profiles.items():
        by_slug[profile.slug].append(file)
    defaults = [file for file, profile in profiles.items() if profile.default]
    same_slug = [
        Problem(file, "slug", f"{slug!r} is taken by {files[0]}", "give each profile its own slug")
        for slug, files in by_slug.items()
        for file in files[1:]
    ]
    more_defaults = [
        Problem(file, "default", f"{defaults[0]} is the default too", "leave one default")
        for file in defaults[1:]
    ]
    return same_slug + more_defaults


def _missing(file: str, profile: Profile, data_dir: Path) -> list[Problem]:
    """Return what the profile names and the data folder lacks."""
    databases = []
    for name in profile.catalogues:
        try:
            databases += [database.name for database in Catalogue.open(data_dir / name).databases]
        except CatalogueError as error:
            cure = "make it, correct the name, or set ASTROFLOW_DATA_DIR to the folder that has it"
            return [Problem(file, "catalogues", str(error), cure)]
    wanted = profile.default_database
    if wanted is None or wanted in databases:
        return []
    what = f"no catalogue of this profile has a database {wanted!r}"
    return [Problem(file, "default_database", what, f"use one of {', '.join(databases)}")]


def _problem(file: str, details: ErrorDetails) -> Problem:
    path = [str(part) for part in details["loc"] if part != "[key]"]
    field = ".".join(path) or "(whole file)"
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return Problem(file, field, "there is no such field", _nearest_field(path))
    if kind == "missing":
        return Problem(file, field, "is missing", "add it")
    if kind in {"model_type", "model_attributes_type"}:
        what = f"is {value!r}, not a mapping of fields"
        return Problem(file, field, what, "see `astroflow profiles schema`")
    what = details["msg"].removeprefix("Value error, ")
    if kind != "value_error" and not isinstance(value, dict):
        what = f"{value!r}: {what}"
    return Problem(file, field, what, "correct it; see `astroflow profiles schema`")


def _nearest_field(path: list[str]) -> str:
    """Return what to do about a field that does not exist."""
    models: dict[int, type[Model]] = {1: Profile, 3: Option, 4: FreeValue, 5: Choice}
    inside = models.get(len(path)) if path[0] in {path[-1], "options"} else None
    known = list(inside.model_fields) if inside else []
    nearest = get_close_matches(path[-1], known, n=1)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    return f"remove it, or use one of {', '.join(known)}" if known else "remove it"
