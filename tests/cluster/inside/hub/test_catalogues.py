"""The Gaia data: the same path in every pod of a person, and nobody's to change."""

from collections.abc import Iterator
from typing import Any

import pytest

from inside.hub.deployed import DeployedHub
from inside.kube import Kube
from tools.person import Person
from tools.shell import CommandError

CATALOGUE = "/mnt/gaia-dr3"
CLAIM = "catalogue-gaia-dr3"
READ = f"print(open('{CATALOGUE}/catalogue.yaml').readable())"
WRITE = f"open('{CATALOGUE}/mine', 'w')"


@pytest.fixture(scope="module")
def sosigenes(hub: DeployedHub) -> Iterator[Person]:
    with hub.person("sosigenes") as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


@pytest.fixture(scope="module")
def space(hub: DeployedHub, sosigenes: Person) -> Kube:
    return hub.namespace_of(sosigenes.name)


def worker(kube: Kube, name: str, *, read_only: bool) -> dict[str, Any]:
    """Return a pod as Spark or Dask makes them in the person's namespace."""
    claim = {"claimName": CLAIM, "readOnly": read_only}
    return kube.pod(
        name,
        volumes=[{"name": "catalogue", "persistentVolumeClaim": claim}],
        mounts=[{"name": "catalogue", "mountPath": CATALOGUE, "readOnly": read_only}],
    )


def test_the_notebook_is_told_where_the_catalogue_is(sosigenes: Person) -> None:
    with sosigenes.kernel() as kernel:
        found = kernel.run("import os; print(os.environ['DASK_DATA_PATH_GAIA_DR3_SSD'])").text
    assert found.startswith(CATALOGUE)


def test_a_worker_reads_the_catalogue_at_the_same_path(space: Kube) -> None:
    space.start(worker(space, "reader", read_only=True))
    assert space.python("reader", READ) == "True"
    with pytest.raises(CommandError, match="Read-only file system"):
        space.python("reader", WRITE)
    space("delete", "pod/reader")


def test_a_worker_that_could_write_is_refused(space: Kube) -> None:
    with pytest.raises(CommandError, match="a catalogue is mounted with readOnly"):
        space.create(worker(space, "writer", read_only=False))


def test_a_claim_that_was_deleted_is_made_again(sosigenes: Person, space: Kube) -> None:
    sosigenes.stop()
    space("delete", f"persistentvolumeclaim/{CLAIM}")
    sosigenes.start("gaia-dr3")
    with sosigenes.kernel() as kernel:
        assert kernel.run(READ).text == "True\n"


def test_a_volume_that_the_admin_changed_is_made_anew(sosigenes: Person, space: Kube) -> None:
    volume = f"persistentvolume/{space.namespace}.gaia-dr3"
    made = space.get(volume)["metadata"]["uid"]
    sosigenes.stop()
    space("annotate", volume, "astroflow.org/source=another", "--overwrite")
    sosigenes.start("gaia-dr3")
    assert space.get(volume)["metadata"]["uid"] != made
