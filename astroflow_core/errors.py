"""The one tree of errors that a person can cause and mend."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class AstroFlowError(Exception):
    """What failed, which value, and what to do about it, in words for the reader."""

    @property
    def jupyterhub_message(self) -> str:
        """The text JupyterHub shows on the page when a spawn fails."""
        return str(self)

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the lines of our code that a traceback has help nobody."""
        return [f"{type(self).__name__}: {self}"]


class CatalogueError(AstroFlowError):
    """A catalogue, database, table or file is missing or not what it should be."""


class DataError(AstroFlowError):
    """Data could not be made or written."""


class LevelError(AstroFlowError, ValueError):
    """A HEALPix level outside the levels that a ``source_id`` carries."""


class ProfileError(AstroFlowError):
    """A profile, an option or a choice that does not exist or is not valid."""


class QueryError(AstroFlowError, ValueError):
    """A query that is not written right, or asks for what is not possible here."""


class RegionError(AstroFlowError, ValueError):
    """A place or a region of the sky that cannot be."""


class SessionError(AstroFlowError):
    """The session's settings are missing or contradict each other."""


class MissingDependencyError(AstroFlowError, ImportError):
    """An optional dependency is not installed; the message names the cure."""


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Say which extra of ours brings the package that an import here may not find.

    Raises
    ------
    MissingDependencyError
        Naming the package and what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{error.name} is not installed; run: pip install 'astroflow-hub[{extra}]'"
        ) from error
