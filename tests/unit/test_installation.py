"""What make installs, when somebody releases something broken meanwhile.

A small project with our Makefile, and a package index on loopback.
"""

import os
import shutil
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from tools.lock import marked

# What a make that runs these tests hands to every other one.
OF_MAKE = {"MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "VENV", "RESOLVE"}
ROOT = Path(__file__).parents[2]
UV = Path(sysconfig.get_path("scripts")) / "uv"

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "astroflow-hub"
version = "1"
requires-python = ">=3.11"
dependencies = ["steady"]
optional-dependencies = {demo = [], java = [], kubernetes = [], workers = []}

[dependency-groups]
dev = []

[tool.uv]
"""
# It has no use for other packages, so that the index needs none.
BACKEND = """
import zipfile

def build_editable(folder, *_, **__):
    about = "astroflow_hub-1.dist-info/"
    head = "Metadata-Version: 2.1\\nName: astroflow-hub\\nVersion: 1\\nRequires-Dist: steady\\n"
    with zipfile.ZipFile(f"{folder}/astroflow_hub-1-py3-none-any.whl", "w") as wheel:
        extras = ["demo", "java", "kubernetes", "workers"]
        head += "".join(f"Provides-Extra: {extra}\\n" for extra in extras)
        wheel.writestr(about + "METADATA", head)
        wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(about + "RECORD", "")
    return "astroflow_hub-1-py3-none-any.whl"
"""
SETS = ("build", "run", "dev")
# The index has no uv either: its wheel starts the one that is here.
START_UV = f"import os, sys\ndef main(): os.execv({str(UV)!r}, ['uv', *sys.argv[1:]])\n"
COMMAND = "[console_scripts]\nuv = start_uv:main\n"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Leave the test's output alone."""


@dataclass
class Checkout:
    """A checkout of the small project, and the index that it installs from."""

    folder: Path
    index: Path
    environ: dict[str, str]

    def release(self, name: str, version: str, files: dict[str, str], requires: str = "") -> None:
        """Put a wheel into the index, in place of one of the same name and version."""
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (self.index / name).mkdir(exist_ok=True)
        about = f"{name}-{version}.dist-info"
        files = files | {
            f"{about}/METADATA": head + needs,
            f"{about}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
            f"{about}/RECORD": "",
        }
        target = self.index / name / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(target, "w") as wheel:
            for path, text in files.items():
                wheel.writestr(path, text)

    def lock(self) -> None:
        """Lock what the project and make need."""
        command = [UV, "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "-"]
        made = run(
            command,
            env=self.environ,
            input="steady\nuv",
            capture_output=True,
            text=True,
            check=True,
        )
        text = marked(made.stdout, {"uv": ["uv"]} | {name: ["steady"] for name in SETS})
        (self.folder / "requirements.lock").write_text(text)

    def make(self, *arguments: str) -> CompletedProcess[str]:
        command = ["make", f"PYTHON={sys.executable}", *arguments]
        return run(
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )

    def steady(self, environment: str = ".venv") -> str:
        """Return what the installed package says."""
        command = [self.folder / environment / "bin/python", "-c", "import steady"]
        done = run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """Return a checkout whose lock has steady 1.0, the newest when it was made."""
    folder, index = tmp_path / "a checkout", tmp_path / "index"
    for made in (folder / "images", index):
        made.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    handler = partial(QuietHandler, directory=str(index))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        environ = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        environ |= {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}
        environ |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
        ours = Checkout(folder, index, environ)
        command = {"start_uv.py": START_UV, "uv-1.0.dist-info/entry_points.txt": COMMAND}
        ours.release("uv", "1.0", command)
        ours.release("steady", "1.0", {"steady.py": "print('works')"})
        ours.lock()
        yield ours
        server.shutdown()


def test_broken_release_does_not_reach_an_installation(checkout: Checkout) -> None:
    checkout.release("steady", "2.0", {"steady.py": "raise ImportError('broken')"})
    checkout.make("setup-dev")
    assert checkout.steady() == "works"


def test_broken_release_reaches_the_environment_of_the_newest(checkout: Checkout) -> None:
    checkout.release("steady", "2.0", {"steady.py": "raise ImportError('broken')"})
    checkout.make("test-newest")
    assert checkout.steady(".venv-newest") == "ImportError: broken"


def test_package_that_is_of_no_set_of_the_lock_does_not_reach_an_installation(
    checkout: Checkout,
) -> None:
    checkout.release("another", "1.0", {"another.py": ""})
    checkout.release("steady", "1.0", {"steady.py": "print('works')"}, requires="another")
    checkout.lock()
    checkout.make("setup-dev")
    assert checkout.steady() == "works"
    assert not list(checkout.folder.glob(".venv/lib/*/site-packages/another*"))


def test_lock_that_is_older_than_a_requirement_is_told(checkout: Checkout) -> None:
    assert "run `make lock ARGS=--keep`" in checkout.make("setup").stdout


def test_lock_without_an_entry_for_a_command_installs_nothing(checkout: Checkout) -> None:
    lock = checkout.folder / "requirements.lock"
    lock.write_text(lock.read_text().replace("# for build run", "# for build"))
    done = checkout.make("setup")
    assert done.returncode != 0
    assert "requirements.lock has nothing for run" in done.stderr


def test_version_that_was_replaced_is_refused(checkout: Checkout) -> None:
    checkout.release("steady", "1.0", {"steady.py": "print('stolen')"})
    done = checkout.make("setup-dev")
    assert done.returncode != 0
    assert "Hash mismatch for `steady==1.0`" in done.stderr
    assert "ModuleNotFoundError" in checkout.steady()
