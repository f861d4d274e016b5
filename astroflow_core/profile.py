"""Profile: the YAML schema of an environment that a person can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from astroflow_core.errors import ProfileError
from astroflow_core.model import Model, problems, read_yaml
from astroflow_core.session import ClusterSize

if TYPE_CHECKING:
    from pathlib import Path


class Profile(Model):
    """An environment: what a person sees, and what the session is given."""

    slug: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    display_name: str = Field(min_length=1)
    description: str = ""
    default: bool = False
    catalogues: tuple[str, ...] = Field(min_length=1)
    default_database: str | None = None
    spark: ClusterSize = ClusterSize()
    dask: ClusterSize = ClusterSize()
    environment: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> Profile:
        """Read a profile.

        Raises
        ------
        ProfileError
            Naming the file and each field that is wrong.
        """
        try:
            return cls.model_validate(read_yaml(path, ProfileError))
        except ValidationError as error:
            raise ProfileError(f"{path}: {'; '.join(problems(error))}") from error
