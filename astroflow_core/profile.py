"""Profile: the YAML schema of an environment that a person can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from astroflow_core.errors import ProfileError
from astroflow_core.model import Model, problems
from astroflow_core.session import ClusterSize, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# What the hub itself writes into a session's environment; a profile cannot.
RESERVED_PREFIXES = ("ASTROFLOW_", "JUPYTERHUB_", "JPY_")

Value = TypeVar("Value")


def _check_memory(size: str) -> str:
    memory_bytes(size)
    return size


def _check_variable(name: str) -> str:
    if name.startswith(RESERVED_PREFIXES):
        raise ValueError(f"{name} is set by the hub; a profile cannot set it")
    return name


MemorySize = Annotated[str, AfterValidator(_check_memory)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Variable = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_check_variable)
]


class Cpu(Model):
    """Cores of the notebook's server: what it always has, and the most it may use."""

    guarantee: float | None = Field(default=None, gt=0)
    limit: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _guarantee_fits_the_limit(self) -> Cpu:
        if self.guarantee and self.limit and self.guarantee > self.limit:
            raise ValueError(f"guarantee {self.guarantee} is more than limit {self.limit}")
        return self


class Memory(Model):
    """Memory of the notebook's server: what it always has, and the most it may use."""

    guarantee: MemorySize | None = None
    limit: MemorySize | None = None

    @model_validator(mode="after")
    def _guarantee_fits_the_limit(self) -> Memory:
        if (
            self.guarantee
            and self.limit
            and memory_bytes(self.guarantee) > memory_bytes(self.limit)
        ):
            raise ValueError(f"guarantee {self.guarantee} is more than limit {self.limit}")
        return self


class Server(Model):
    """What a session is given. ``image`` and ``node_selector`` are for Kubernetes only."""

    catalogues: tuple[FolderName, ...] = ()
    default_database: str | None = None
    spark: ClusterSize = ClusterSize()
    dask: ClusterSize = ClusterSize()
    environment: dict[Variable, str] = Field(default_factory=dict)
    image: str | None = Field(default=None, min_length=1)
    cpu: Cpu = Cpu()
    memory: Memory = Memory()
    node_selector: dict[str, str] = Field(default_factory=dict)


class Choice(Server):
    """One choice of an option; the fields of a server that it sets replace the profile's.

    Mappings (``spark``, ``environment``, …) are replaced key by key.
    """

    display_name: str = Field(min_length=1)
    description: str = ""
    default: bool = False


class Option(Model):
    """Something a person may choose inside a profile, such as the size."""

    display_name: str = Field(min_length=1)
    choices: dict[Slug, Choice] = Field(min_length=1)

    @field_validator("choices")
    @classmethod
    def _has_one_default(cls, choices: dict[str, Choice]) -> dict[str, Choice]:
        defaults = [name for name, choice in choices.items() if choice.default]
        if len(defaults) > 1:
            raise ValueError(f"at most one choice can be the default, not {', '.join(defaults)}")
        return choices

    @property
    def default_choice(self) -> str:
        """The choice that holds when a person makes none: the default one, else the first."""
        marked = (name for name, choice in self.choices.items() if choice.default)
        return next(marked, next(iter(self.choices)))


class Profile(Server):
    """An environment: what a person sees, and what the session is given."""

    slug: Slug
    display_name: str = Field(min_length=1)
    description: str = ""
    default: bool = False
    catalogues: tuple[FolderName, ...] = Field(min_length=1)
    options: dict[Slug, Option] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_choice_can_be_applied(self) -> Profile:
        for name, option in self.options.items():
            for choice in option.choices:
                try:
                    self._with({name: choice})
                except ValidationError as error:
                    found = "; ".join(problems(error))
                    raise ValueError(f"with {name} = {choice}: {found}") from None
        return self

    @classmethod
    def from_file(cls, path: Path) -> Profile:
        """Read a profile.

        Raises
        ------
        ProfileError
            Naming the file and each field that is wrong.
        """
        return cls.read(path, ProfileError)

    def with_choices(self, choices: Mapping[str, str]) -> Profile:
        """Return this profile with a person's choices applied; it has no options any more.

        An option that ``choices`` leaves out takes its default choice.

        Raises
        ------
        ProfileError
            When there is no such option or choice, or the choices contradict each other.
        """
        for name in choices:
            find(self.options, name, f"option of the profile {self.slug!r}")
        chosen = {
            name: choices.get(name, option.default_choice) for name, option in self.options.items()
        }
        try:
            return self._with(chosen)
        except ValidationError as error:
            raise ProfileError(
                f"the choices {chosen} of the profile {self.slug!r} do not go together: "
                f"{'; '.join(problems(error))}"
            ) from error

    def _with(self, choices: Mapping[str, str]) -> Profile:
        fields = self.model_dump(exclude_unset=True, exclude={"options"})
        for name, wanted in choices.items():
            choice = find(
                self.options[name].choices,
                wanted,
                f"choice for the option {name!r} of the profile {self.slug!r}",
            )
            about = {"display_name", "description", "default"}
            fields = _merge(fields, choice.model_dump(exclude_unset=True, exclude=about))
        return type(self).model_validate(fields)


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


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return base | {
        name: _merge(base[name], value)
        if isinstance(value, dict) and isinstance(base.get(name), dict)
        else value
        for name, value in changes.items()
    }
