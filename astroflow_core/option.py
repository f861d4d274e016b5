"""Option: something a person may choose inside a profile, from a list or freely."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_core import SchemaError

from astroflow_core.errors import ProfileError
from astroflow_core.model import Model
from astroflow_core.server import MemorySize, Server
from astroflow_core.session import memory_bytes

MAX_TEXT = 255
_TEXTS = r"image|default_database|environment\.[A-Za-z_][A-Za-z0-9_]*"
_NUMBERS = r"cpu\.(guarantee|limit)|(spark|dask)\.(pods|cores)"
_SIZES = r"memory\.(guarantee|limit)|(spark|dask)\.memory"

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
GroupName = Annotated[str, Field(pattern=r"^\S(.*\S)?$", max_length=MAX_TEXT)]
# None of them means everybody; an empty list could mean nobody too, so it cannot be written.
Groups = Annotated[tuple[GroupName, ...], Field(min_length=1)]


class Choice(Server):
    """One choice of an option; the fields of a server that it sets replace the profile's.

    Mappings (``spark``, ``environment``, …) are replaced key by key. ``cost`` is a line of
    text for the person; only members of ``groups`` may choose it.
    """

    display_name: str = Field(min_length=1)
    description: str = ""
    cost: str = ""
    default: bool = False
    groups: Groups = ()


class FreeValue(Model):
    """A value that a person of ``groups`` may type in place of a choice.

    ``sets`` is the field of a server that it replaces. A text has to match the whole of
    ``pattern``; a number or a memory size lies between ``minimum`` and ``maximum``.
    """

    sets: str = Field(pattern=f"^({_TEXTS}|{_NUMBERS}|{_SIZES})$")
    display_name: str = Field(default="Another value", min_length=1)
    pattern: str | None = None
    minimum: int | float | MemorySize | None = None
    maximum: int | float | MemorySize | None = None
    groups: Groups = ()

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            _matcher(pattern)  # by itself, so that "a)|(?:b" is no way out of the anchors
            _matcher(_whole(pattern))
        return pattern

    @model_validator(mode="after")
    def _is_bounded(self) -> FreeValue:
        bounds = (self.minimum, self.maximum)
        if self.is_text:
            if self.pattern is None or bounds != (None, None):
                raise ValueError(f"{self.sets} is text: give a pattern, no minimum or maximum")
        elif self.pattern is not None or None in bounds:
            raise ValueError(f"{self.sets} is a number: give minimum and maximum, no pattern")
        elif not self._measure(str(bounds[0])) <= self._measure(str(bounds[1])):
            raise ValueError(f"minimum {bounds[0]} is more than maximum {bounds[1]}")
        return self

    @property
    def is_text(self) -> bool:
        """Whether a person types text, and not a number or a memory size."""
        return re.fullmatch(_TEXTS, self.sets) is not None

    @property
    def examples(self) -> tuple[str, ...]:
        """Values with which a profile that offers this is tried when it is read."""
        return ("x",) if self.is_text else (str(self.minimum), str(self.maximum))

    def check(self, text: str) -> None:
        """Refuse a value that may not be typed.

        Raises
        ------
        ProfileError
            Saying what may be.
        """
        if len(text) > MAX_TEXT:
            raise ProfileError(f"{self.sets} cannot be longer than {MAX_TEXT} characters")
        try:
            self._check(text)
        except ValueError as error:
            raise ProfileError(f"{self.sets} cannot be {text!r}: {error}") from error

    def fields(self, text: str) -> dict[str, Any]:
        """Return the fields of a server that ``text`` sets."""
        name, _, inner = self.sets.partition(".")
        return {name: {inner: text} if inner else text}

    def _check(self, text: str) -> None:
        if self.pattern is not None:
            try:
                _matcher(_whole(self.pattern)).validate_python(text)
            except ValidationError:
                raise ValueError(f"it has to match {self.pattern}") from None
        elif not (
            self._measure(str(self.minimum)) <= self._measure(text)
            and self._measure(text) <= self._measure(str(self.maximum))
        ):
            raise ValueError(f"it has to lie between {self.minimum} and {self.maximum}")

    def _measure(self, text: str) -> float:
        return memory_bytes(text) if re.fullmatch(_SIZES, self.sets) else float(text)


class Option(Model):
    """Something a person may choose inside a profile, such as the size."""

    display_name: str = Field(min_length=1)
    choices: dict[Slug, Choice] = Field(min_length=1)
    free: FreeValue | None = None

    @field_validator("choices")
    @classmethod
    def _has_one_default(cls, choices: dict[str, Choice]) -> dict[str, Choice]:
        defaults = [name for name, choice in choices.items() if choice.default]
        if len(defaults) > 1:
            raise ValueError(f"at most one choice can be the default, not {', '.join(defaults)}")
        return choices

    @property
    def default_choice(self) -> str | None:
        """The choice that holds when a person makes none: the default one, else the first.

        None where none is left to a person, who then has to type a value.
        """
        marked = (name for name, choice in self.choices.items() if choice.default)
        return next(marked, next(iter(self.choices), None))


def _matcher(pattern: str) -> TypeAdapter[str]:
    """Return what checks a pattern in time linear in the text: a typed text cannot stall it."""
    try:
        return TypeAdapter(Annotated[str, Field(pattern=pattern)])
    except SchemaError:
        raise ValueError(
            f"{pattern!r} is no regular expression (without look-around and back-references)"
        ) from None


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"
