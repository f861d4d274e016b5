"""Services: what an admin adds to *My Services*, in one YAML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from astroflow_core.errors import AstroFlowError
from astroflow_core.model import Model
from astroflow_core.option import Groups
from astroflow_hub.watch import FileWatch

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


class ServicesError(AstroFlowError):
    """The file with the services is missing or not what it should be."""


# No javascript: or data:, which would run in the portal's name; // would be another site.
Address = Annotated[str, Field(pattern=r"^(https?://[^\s/]\S*|/([^\s/]\S*)?)$", max_length=2000)]


class Service(Model):
    """A link on *My Services*, for members of ``groups`` or else for everybody."""

    name: str = Field(min_length=1, max_length=100)
    url: Address
    description: str = Field(default="", max_length=500)
    groups: Groups = ()

    def is_for(self, groups: Collection[str]) -> bool:
        """Return whether a person of ``groups`` sees it."""
        return not self.groups or not set(self.groups).isdisjoint(groups)


class Services(Model):
    """The services that an admin adds, in the order in which they are shown."""

    services: tuple[Service, ...] = ()

    def for_groups(self, groups: Collection[str]) -> tuple[Service, ...]:
        """Return those that a person of ``groups`` sees."""
        return tuple(service for service in self.services if service.is_for(groups))


def watch_services(path: Path) -> FileWatch[Services]:
    """Return the watch of the file at ``path``; where it does not exist, nothing is added."""

    def read() -> Services:
        return Services.read(path, ServicesError) if path.exists() else Services()

    return FileWatch(read, lambda: [path], "services")
