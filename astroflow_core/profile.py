"""Profile: the YAML schema of an environment that a person can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError, model_validator

from astroflow_core.errors import ProfileError
from astroflow_core.model import problems
from astroflow_core.option import Groups, Option, Slug
from astroflow_core.server import FolderName, Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Value = TypeVar("Value")


class Profile(Server):
    """An environment: what a person sees, and what the session is given.

    Only members of ``groups`` may use it, or everybody where it names none. Others do not see
    it, unless ``request_access`` tells them whom to ask.
    """

    slug: Slug
    display_name: str = Field(min_length=1)
    description: str = ""
    default: bool = False
    groups: Groups = ()
    request_access: str | None = Field(default=None, min_length=1)
    catalogues: tuple[FolderName, ...] = Field(min_length=1)
    options: dict[Slug, Option] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whatever_is_offered_can_be_applied(self) -> Profile:
        for wanted, fields in self._every_single_choice():
            try:
                self._with(fields)
            except ValidationError as error:
                raise ValueError(f"with {wanted}: {'; '.join(problems(error))}") from None
        return self

    def _every_single_choice(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, option in self.options.items():
            for slug, choice in option.choices.items():
                yield f"{name} = {slug}", _server_fields(choice)
            if option.free:
                for text in option.free.examples:
                    yield f"{name} = {text!r}", option.free.fields(text)

    @classmethod
    def from_file(cls, path: Path) -> Profile:
        """Read a profile.

        Raises
        ------
        ProfileError
            Naming the file and each field that is wrong.
        """
        return cls.read(path, ProfileError)

    def with_choices(
        self, choices: Mapping[str, str], values: Mapping[str, str] | None = None
    ) -> Profile:
        """Return this profile with a person's choices applied; it has no options any more.

        An option that neither ``choices`` nor ``values`` (what was typed) name takes its
        default choice.

        Raises
        ------
        ProfileError
            When there is no such option or choice, a value may not be typed, or they
            contradict each other.
        """
        values = values or {}
        for name in [*choices, *values]:
            find(self.options, name, f"option of the profile {self.slug!r}")
        fields = [
            self._chosen(name, option, choices.get(name), values.get(name))
            for name, option in self.options.items()
        ]
        try:
            return self._with(*fields)
        except ValidationError as error:
            raise ProfileError(
                f"the choices {dict(choices) | dict(values)} of the profile {self.slug!r} do not "
                f"go together: {'; '.join(problems(error))}"
            ) from error

    def _chosen(
        self, name: str, option: Option, choice: str | None, value: str | None
    ) -> dict[str, Any]:
        """Return the fields of a server that a choice, or a value typed in its place, sets."""
        place = f"option {name!r} of the profile {self.slug!r}"
        if value is None:
            wanted = option.default_choice if choice is None else choice
            if wanted is None:
                raise ProfileError(f"the {place} has no choice: give it a value")
            return _server_fields(find(option.choices, wanted, f"choice for the {place}"))
        if option.free is None:
            what = f"no value can be typed for the {place}; there {_listed(option.choices)}"
            raise ProfileError(what)
        if choice is not None:
            raise ProfileError(f"the {place} takes a choice or a value, not both")
        option.free.check(value)
        return option.free.fields(value)

    def _with(self, *changes: Mapping[str, Any]) -> Profile:
        fields = self.model_dump(exclude_unset=True, exclude={"options"})
        for change in changes:
            fields = _merge(fields, change)
        return type(self).model_validate(fields)


def _server_fields(choice: Server) -> dict[str, Any]:
    return choice.model_dump(exclude_unset=True, include=set(Server.model_fields))


def find(known: Mapping[str, Value], name: str, what: str) -> Value:
    """Return the value called ``name``.

    Raises
    ------
    ProfileError
        When there is none; the message says ``what`` was looked for and lists those that exist.
    """
    try:
        return known[name]
    except (KeyError, TypeError):
        raise ProfileError(f"no {what} is called {name!r}; there {_listed(known)}") from None


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return f"are {', '.join(names)}" if len(names) > 1 else f"is {''.join(names) or 'none'}"


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return dict(base) | {
        name: _merge(base[name], value)
        if isinstance(value, dict) and isinstance(base.get(name), dict)
        else value
        for name, value in changes.items()
    }
