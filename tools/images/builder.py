"""Builds images from recipes: base, foundation, environment, our code."""

import json
import os
import shutil
import ssl
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.images.buildah import Buildah, cache_folder
from tools.images.recipe import ALL, IMAGES, ImageError, Recipe
from tools.lock import REPOSITORY
from tools.shell import CommandError, progress, run

DEBIAN = "bookworm"
# Mounted while building, never part of the image.
BUILD_MOUNT = "/run/build"
ONLY_LOOPBACK = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@dataclass(frozen=True)
class Image:
    """A built image."""

    name: str
    id: str

    @cached_property
    def size(self) -> int:
        """The size of all layers, in bytes, not compressed."""
        # Of this image alone: to size all that the store keeps takes a minute.
        listing = json.loads(Buildah()("images", "--json", self.id))
        return sum(_bytes(entry["size"]) for entry in listing)

    @cached_property
    def components(self) -> dict[str, str]:
        """What is inside, by package URL without version: the versions."""
        bom: dict[str, Any] = json.loads(self.inventory)
        return {c["purl"].rpartition("@")[0]: c["version"] for c in bom["components"]}

    @cached_property
    def inventory(self) -> str:
        """The bill of materials that the image carries, as CycloneDX JSON."""
        return Buildah().run_in(self.id, "cat", "/opt/astroflow/sbom.json")

    def verify(self) -> str:
        """Run the image's own checks in it, without a network.

        Raises
        ------
        ImageError
            When a check fails; the message names it and its reason.
        """
        try:
            return Buildah(ONLY_LOOPBACK).run_in(self.id, "verify")
        except CommandError as e:
            raise ImageError(f"the image {self.name} does not work: {e}") from e


def build_image(name: str) -> Image:
    """Build the image called `name`, locking an environment whose requirements have changed.

    Raises
    ------
    ToolError
        When a requirement, a package or a step of its folder fails.
    """
    recipe = Recipe.find(name)
    if recipe.requirements.exists() and not recipe.lock.is_current():
        with progress(f"locking images/{name}"):
            recipe.write_lock()
    base = os.environ.get("ASTROFLOW_BASE_IMAGE") or _debian()
    with progress(f"building the image {name}"):
        return Image(name, Buildah().build(*_context(), _arguments(recipe, base), _options(recipe)))


def _context() -> tuple[Path, Path]:
    return REPOSITORY, IMAGES / "Containerfile"


def _arguments(recipe: Recipe, base: str) -> dict[str, str]:
    return {
        "BASE": base,
        "FOUNDATION": recipe.foundation,
        "PARENT": "foundation" if recipe.is_foundation else "environment",
        "ENVIRONMENT": recipe.name,
        "SSL_CERT_FILE": f"{BUILD_MOUNT}/certificates.pem",
        "UV": f"{BUILD_MOUNT}/uv",
        "UV_CACHE_DIR": f"{BUILD_MOUNT}/cache",
        "BUILD_TOOLS": f"{BUILD_MOUNT}/requirements.lock",
    }


def _options(recipe: Recipe) -> list[str]:
    """Return the stage to build, and what lends it this machine's tools and caches."""
    build, apt = cache_folder() / "build", cache_folder() / "apt"
    for folder in (build / "cache", apt / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    for lent in (ALL.path, uv):
        _lend(lent, build / lent.name)
    (build / "certificates.pem").write_bytes(_certificates())
    return [
        f"--target={'service' if recipe.is_service else 'session'}",
        f"--ignorefile={IMAGES / 'Containerfile.ignore'}",
        f"--volume={build}:{BUILD_MOUNT}",
        f"--volume={apt}:/var/cache/apt/archives",
    ]


def _lend(file: Path, target: Path) -> None:
    """Copy a file in one step, since a build may be running the copy of before."""
    part = Path(shutil.copy(file, target.with_name(f".{file.name}-{os.getpid()}")))
    part.rename(target)


def _certificates() -> bytes:
    paths = ssl.get_default_verify_paths()
    return Path(paths.cafile or "/etc/ssl/certs/ca-certificates.crt").read_bytes()


def _debian() -> str:
    """Return the id of a minimal Debian, made from its packages once a machine."""
    archive = cache_folder() / f"debian-{DEBIAN}.tar"
    if not archive.exists():
        with progress(f"making a Debian {DEBIAN} from its packages"):
            _make_root_file_system(archive)
    recipe = "FROM scratch\nADD debian.tar /\n"
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        context = Path(folder)
        (context / "debian.tar").hardlink_to(archive)
        (context / "Containerfile").write_text(recipe)
        return Buildah().build(context, context / "Containerfile")


def _make_root_file_system(archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as work:
        root, packed = Path(work) / "root", Path(work) / "packed.tar"
        own = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        run(*own, "debootstrap", "--variant=minbase", DEBIAN, root)
        for leftover in ("var/cache/apt/archives/*.deb", "var/lib/apt/lists/*_*", "var/log/*.log"):
            for file in root.glob(leftover):
                file.unlink()
        sources = root / "etc/apt/sources.list"
        sources.write_text(_sources(sources.read_text()))
        run("tar", "-C", root, "-cf", packed, ".")
        packed.rename(archive)


def _sources(written: str) -> str:
    """Add updates to what debootstrap wrote: ``deb MIRROR RELEASE COMPONENT``."""
    mirror = written.split()[1]
    security = mirror.replace("/debian", "/debian-security")
    return (
        f"deb {mirror} {DEBIAN} main\n"
        f"deb {mirror} {DEBIAN}-updates main\n"
        f"deb {security} {DEBIAN}-security main\n"
    )


def _bytes(text: str) -> int:
    number, unit = text.split()
    power = ("B", "KB", "MB", "GB").index(unit)
    return round(float(number) * float(1000**power))
