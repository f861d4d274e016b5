"""What a folder of ``images/`` says, and the lock made from it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tools.lock import PROJECT, REPOSITORY, Lock
from tools.shell import CommandError, ToolError

IMAGES = REPOSITORY / "images"

# The images that our code goes into, each with the extra of pyproject.toml it serves.
EXTRAS = {"astroflow": "demo", "hub": "kubernetes"}
# What the platform runs beside them: somebody else's programs, none of our code.
SERVICES = ("database", "proxy")
FOUNDATIONS = (*EXTRAS, *SERVICES)
# What make's commands and the foundations install, in one lock; every other derives from it.
_ASKED = [IMAGES / name / "requirements.in" for name in FOUNDATIONS]
ALL = Lock(REPOSITORY / "requirements.lock", (PROJECT, *filter(Path.exists, _ASKED)))
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
    def lock(self) -> Lock:
        """The requirements with versions and hashes, derived from `ALL`."""
        asked = (self.requirements, *((PROJECT,) if self.name in EXTRAS else ()))
        return Lock(self.folder / "requirements.lock", asked, within=ALL.path)

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

    def write_lock(self, *, upgrade: bool = False) -> None:
        """Lock the requirements, within the versions that everything else here has.

        So an environment's executors and workers are the same as those of any other.

        Raises
        ------
        ImageError
            When a requirement cannot be had, or not with those versions.
        """
        if not self.requirements.exists():
            return
        try:
            self.lock.write(
                *(f"--python-version={PYTHON}", f"--python-platform={PLATFORM}"),
                *(f"--extra={extra}" for extra in [EXTRAS.get(self.name)] if extra),
                "--no-emit-package=astroflow-hub",
                upgrade=upgrade,
            )
        except CommandError as e:
            _, _, reason = str(e).partition("\n")
            raise ImageError(
                f"images/{self.name}/requirements.in cannot be locked:\n{reason}"
            ) from e


def recipe_names() -> list[str]:
    """Return the names of all recipes: foundations, services, environments."""
    found = {path.parent.name for path in IMAGES.glob("*/requirements.in")}
    return [*FOUNDATIONS, *sorted(found - set(FOUNDATIONS))]
