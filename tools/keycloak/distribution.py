"""The distribution of Keycloak: fetched from Maven Central and built once, for all checkouts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.shell import ToolError

VERSION = "26.7.3"
_SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
CACHE_VARIABLE = "ASTROFLOW_KEYCLOAK_CACHE"
PACKAGES = {"java": "openjdk-17-jre-headless", "mvn": "maven", "unzip": "unzip"}
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
_BUILD = ("build", "--db=dev-file", "--health-enabled=true")


class KeycloakToolError(ToolError):
    """Keycloak cannot be had or started on this machine."""


def check_programs(*names: str) -> None:
    """Make sure that programs are there.

    Raises
    ------
    KeycloakToolError
        With the line that installs those that are not.
    """
    packages = PACKAGES | {"chromium": "chromium fonts-dejavu-core"}
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        wanted = " ".join(packages[name] for name in missing)
        raise KeycloakToolError(
            f"{', '.join(missing)} missing on this machine: apt-get install {wanted}"
        )


def distribution() -> Path:
    """Return the folder of Keycloak, built for a database in a file; fetch it the first time.

    Raises
    ------
    KeycloakToolError
        When a program for that is missing, or it fails.
    """
    check_programs(*PACKAGES)
    default = Path.home() / ".cache" / "astroflow-keycloak"
    cache = Path(os.environ.get(CACHE_VARIABLE) or default)
    folder = cache / f"keycloak-{VERSION}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as part:
            _make(Path(part))
            (Path(part) / folder.name).rename(folder)
    return folder


def _make(part: Path) -> None:
    _run("mvn", "-q", _PLUGIN, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={part}")
    (archive,) = part.glob("*.zip")
    check_hash(archive)
    # Python's zipfile would forget which files can be run.
    _run("unzip", "-q", str(archive), "-d", str(part))
    _run(str(part / f"keycloak-{VERSION}" / "bin" / "kc.sh"), *_BUILD)


def check_hash(archive: Path) -> None:
    """Refuse a file that is not the distribution that the tests were written with.

    Raises
    ------
    KeycloakToolError
        With both hashes.
    """
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _SHA256:
        raise KeycloakToolError(
            f"{archive.name} has the SHA-256 {found}, not {_SHA256}: it is not used"
        )


def _run(*command: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        words = "\n".join(done.stdout.strip().splitlines()[-10:])
        raise KeycloakToolError(f"{Path(command[0]).name} failed ({done.returncode}):\n{words}")
