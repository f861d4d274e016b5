"""Homes go to an object store in the cluster and come back, file by file the same."""

import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inside.hub.deployed import DeployedHub, write_overlay
from inside.kube import Kube
from sandbox.layout import REPOSITORY
from tools.person import Person
from tools.shell import CommandError, run

OVERLAY = Path(__file__).parent / "backup"
ASTROFLOW = (sys.executable, "-c", "from astroflow_hub.cli import main; main()")

WRITE = """
import os, pathlib
work = pathlib.Path("work")
(work / "Größe/leer").mkdir(parents=True)
(work / "Größe/stars.bin").write_bytes(os.urandom(5_000_000))
(work / "notes.txt").write_text("kept")
(work / ".hidden").write_text("")
(work / "run.sh").write_text("#!/bin/sh\\n")
(work / "run.sh").chmod(0o750)
(work / "link").symlink_to("notes.txt")
"""
DAMAGE = """
import pathlib, shutil
shutil.rmtree("work/Größe")
pathlib.Path("work/notes.txt").write_text("spoiled")
"""
LOSE = 'import shutil; shutil.rmtree("work")'
# Of each file below a folder: its mode, time of change, and contents or where it points.
DESCRIBE = """
import hashlib, json, os, pathlib
def content(path):
    if path.is_symlink():
        return os.readlink(path)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
top = pathlib.Path("{folder}")
print(json.dumps({{
    str(path.relative_to(top)): [path.lstat().st_mode, path.lstat().st_mtime_ns, content(path)]
    for path in sorted(top.rglob("*"))
}}))
"""


@pytest.fixture(scope="module")
def backup(
    hub: DeployedHub, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kube]:
    """Deploy the backup and an object store; return kubectl in their namespace."""
    if "ASTROFLOW_REGISTRY" in os.environ:
        pytest.skip("needs the object store of the cluster of `make cluster-up`")
    folder = tmp_path_factory.mktemp("backup")
    source = os.path.relpath(REPOSITORY / "deploy" / "backup", folder)
    password = secrets.token_urlsafe()
    write_overlay(OVERLAY, folder, registry=registry, backup=source, password=password)
    kube = replace(hub.kube, namespace="astroflow-backup")
    run("kubectl", "apply", "--kustomize", folder)
    kube.wait("pod/store", "condition=Ready")
    yield kube
    run("kubectl", "delete", "--kustomize", folder, "--wait=false")


@pytest.fixture(scope="module")
def ada(hub: DeployedHub) -> Iterator[Person]:
    with hub.person(f"ada-{secrets.token_hex(3)}") as person:
        person.start("gaia-dr3")
        run_in(person, WRITE)
        yield person


def test_home_comes_back_file_by_file(backup: Kube, ada: Person) -> None:
    before = describe(ada, "work")
    save(backup, "first")
    run_in(ada, DAMAGE)
    astroflow("backup", "restore", ada.name)
    assert describe(ada, "restored/work") == before
    assert before.keys() >= {"Größe/stars.bin", "link", ".hidden", "run.sh"}


@pytest.mark.usefixtures("backup")
def test_lost_folder_comes_back_where_it_was(ada: Person) -> None:
    before = describe(ada, "restored/work")
    run_in(ada, LOSE)
    astroflow("backup", "restore", ada.name, "--folder", ".")
    assert describe(ada, "work") == before


def test_keys_of_the_store_are_not_where_the_person_makes_pods(
    hub: DeployedHub, ada: Person
) -> None:
    assert hub.namespace_of(ada.name).list("secrets") == []


def test_home_of_a_stopped_server_is_saved_too(backup: Kube, ada: Person) -> None:
    ada.stop()
    save(backup, "second")
    saved = re.search(
        rf"^{ada.name}: snapshot (\w+) saved", backup("logs", "job/second"), re.MULTILINE
    )
    assert saved
    assert saved[1] in astroflow("backup", "snapshots", ada.name)


def test_nothing_of_a_home_stays_with_the_backup(backup: Kube) -> None:
    assert backup.list("persistentvolumeclaims") == []
    names = [volume["metadata"]["name"] for volume in backup.list("persistentvolumes")]
    assert not [name for name in names if name.startswith("backup-")]


@pytest.mark.usefixtures("backup")
def test_person_without_a_home_is_named() -> None:
    with pytest.raises(CommandError, match=r"nobody-known has no home; there are homes of .*ada-"):
        astroflow("backup", "restore", "nobody-known")


def save(kube: Kube, name: str) -> None:
    """Run the schedule's job now, and wait for its end."""
    kube("create", "job", name, "--from=cronjob/backup")
    kube.wait(f"job/{name}", "condition=Complete", 240)


def astroflow(*arguments: str) -> str:
    return run(*ASTROFLOW, *arguments)


def describe(person: Person, folder: str) -> dict[str, list[object]]:
    found: dict[str, list[object]] = json.loads(run_in(person, DESCRIBE.format(folder=folder)))
    return found


def run_in(person: Person, code: str) -> str:
    with person.kernel() as kernel:
        result = kernel.run(code)
    assert result.error is None
    return result.text
