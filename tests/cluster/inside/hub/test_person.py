from collections.abc import Iterator

import pytest

from inside.hub.deployed import DeployedHub
from tools.person import Person

READ_WITH_PYARROW = """
import pyarrow.dataset as ds
from astroflow_core import SessionSettings
import os
table = SessionSettings.from_environ(os.environ).open_table("gaia_source")
print(ds.dataset(table.files).count_rows())
"""
SOURCES = 482_106  # of the sample


@pytest.fixture(scope="module")
def hypatia(hub: DeployedHub) -> Iterator[Person]:
    with hub.person("hypatia") as person:
        person.start("gaia-dr3")
        yield person
        person.stop()


def test_wrong_password_is_refused(hub: DeployedHub) -> None:
    with Person(hub.url, "mallory") as person:
        page = person.log_in("guessed-often")
        assert page.status_code == 403


def test_person_is_offered_the_profile_of_the_overlay(hub: DeployedHub) -> None:
    with hub.person("caroline") as person:
        assert "Gaia DR3 Environment" in person.options_page().text


def test_person_gets_jupyterlab_in_a_pod(hypatia: Person) -> None:
    page = hypatia.http.get(f"{hypatia.home}lab")
    assert page.is_success
    assert "jupyter-config-data" in page.text


def test_a_new_home_holds_the_demos(hypatia: Person) -> None:
    assert "source_counts.ipynb" in hypatia.files("demo/spark")


def test_kernel_in_the_pod_answers(hypatia: Person) -> None:
    with hypatia.kernel() as kernel:
        assert kernel.run("1 + 1").text == "2"


def test_kernel_reads_the_catalogue_of_the_profile(hypatia: Person) -> None:
    with hypatia.kernel() as kernel:
        result = kernel.run(READ_WITH_PYARROW)
    assert result.error is None
    assert int(result.text) == SOURCES


def test_kernel_cannot_write_to_the_catalogue(hypatia: Person) -> None:
    with hypatia.kernel() as kernel:
        result = kernel.run("open('/mnt/gaia-dr3/mine', 'w')")
    assert result.error is not None
    assert "Read-only file system" in result.error
