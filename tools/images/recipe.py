"""What a folder of ``images/`` says, and the lock made from it."""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.shell import CommandError, ToolError, run

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = REPOSITORY / "images"
PROJECT = REPOSITORY / "pyproject.toml"

# The images that our code goes into, each with the extra of pyproject.toml it serves.
EXTRAS = {"astroflow": "demo", "hub": "kubernetes"}
# What the platform runs beside them: somebody else's programs, none of our code.
SERVICES = ("database", "proxy")
FOUNDATIONS = (*EXTRAS, *SERVICES)
# What Debian 12 has, which the images start from.
PYTHON = "3.11"
PLATFORM = "x86_64-manylinux_2_36"


class ImageError(ToolError):
    """An image cannot be made from its folder; the message says why."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One folder of ``images/``: a foundation, a service, or an environment on `astroflow`."""

    name: str

    @classmethod
    def find(cls, name: str) -> "Recipe":
        """Return the recipe called `name`.

        Raises
        ------
        ImageError
            When there is no such folder, or it lacks its requirements.
        """
        if name not in (known := recipe_names()):
            raise ImageError(
                f"no image {name!r}: there are {', '.join(known)};"
                f" a new one is a folder images/{name}/ with a requirements.in"
            )
        return cls(name)

    @property
    def folder(self) -> Path:
        """The recipe's folder."""
        return IMAGES / self.name

    @property
    def lock(self) -> Path:
        """The requirements with versions and hashes."""
        return self.folder / "requirements.lock"

    @property
    def foundation(self) -> str:
        """The foundation this image is or stands on."""
        return self.name if self.name in FOUNDATIONS else "astroflow"

    @property
    def is_foundation(self) -> bool:
        """Whether this image stands on no other."""
        return self.name in FOUNDATIONS

    @property
    def is_service(self) -> bool:
        """Whether this image has none of our code."""
        return self.name in SERVICES

    @property
    def requirements(self) -> Path:
        """The Python packages asked for; a service may have none."""
        return self.folder / "requirements.in"

    def ingredients(self) -> str:
        """Return a digest of all that goes into the image but our own code."""
        digest = hashlib.sha256()
        folders = (IMAGES / self.foundation, self.folder)
        inside = [path for folder in folders for path in folder.rglob("*")]
        for path in sorted({*IMAGES.glob("*"), *inside}):
            if path.is_file():
                digest.update(f"{path.relative_to(IMAGES)}\n".encode() + path.read_bytes())
        return digest.hexdigest()

    def write_lock(self) -> None:
        """Lock the requirements, keeping every pin that still serves.

        An environment is locked within the foundation's versions, so that its
        executors and workers are the same as those of any other.

        Raises
        ------
        ImageError
            When a requirement cannot be had, or not with the foundation.
        """
        if not self.requirements.exists() or self._lock_is_new():
            return
        try:
            run(
                *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header"),
                *("--generate-hashes", f"--python-version={PYTHON}"),
                *(f"--python-platform={PLATFORM}", f"--output-file={self.lock}"),
                *(*self._further_sources(), str(self.requirements.relative_to(REPOSITORY))),
                cwd=REPOSITORY,
            )
        except CommandError as e:
            _, _, reason = str(e).partition("\n")
            raise ImageError(
                f"images/{self.name}/requirements.in cannot be locked:\n{reason}"
            ) from e
        self.lock.touch()

    def _further_sources(self) -> list[str]:
        if self.is_service:
            return []
        if self.is_foundation:
            extra = f"--extra={EXTRAS[self.name]}"
            return [PROJECT.name, extra, "--no-emit-package=astroflow-hub"]
        return ["--constraint=images/astroflow/requirements.lock"]

    def _lock_is_new(self) -> bool:
        above = PROJECT if self.is_foundation else Recipe("astroflow").lock
        sources = (self.requirements, *([] if self.is_service else [above]))
        return self.lock.exists() and _changed(self.lock) > max(map(_changed, sources))


def _changed(file: Path) -> float:
    return file.stat().st_mtime


def recipe_names() -> list[str]:
    """Return the names of all recipes: foundations, services, environments."""
    found = {path.parent.name for path in IMAGES.glob("*/requirements.in")}
    return [*FOUNDATIONS, *sorted(found - set(FOUNDATIONS))]
