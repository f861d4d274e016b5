import re

import pytest
from kubespawner.slugs import safe_slug

from astroflow_hub.identity import person_uuid
from astroflow_hub.kubernetes.person import Person, namespace_names

ODD_NAMES = [
    "hypatia",
    "Hypatia",
    "HYPATIA",
    "hypatia@alexandria.example",
    "hypatia--astroflow",
    "h" * 63,
    "h" * 64,
    "h" * 200,
    "Ὑπατία",
    "-",
    "../astroflow",
    "42",
    "a b",
    "system",
]
LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def person(name: str) -> Person:
    return Person(name, person_uuid(name, None), "astroflow")


def names(name: str) -> tuple[str, str]:
    return namespace_names(f"astroflow-{safe_slug(name, max_length=48)}", person(name))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_name_gives_valid_namespaces(name: str) -> None:
    assert all(LABEL.fullmatch(namespace) for namespace in names(name))


def test_no_two_names_share_a_namespace() -> None:
    assert len({namespace for name in ODD_NAMES for namespace in names(name)}) == 2 * len(ODD_NAMES)


def test_a_long_name_of_the_hub_leaves_valid_namespaces() -> None:
    assert all(
        LABEL.fullmatch(namespace) for namespace in namespace_names("h" * 63 + "-a", person("a"))
    )


def test_what_the_login_tells_outlives_a_renaming() -> None:
    told = {"sub": "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"}
    assert person_uuid("hypatia", told) == person_uuid("hypatia-2", told)


def test_uuid_of_the_login_comes_before_its_subject() -> None:
    uuid = "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"
    assert person_uuid("hypatia", {"uuid": uuid, "sub": "other"}) == uuid


@pytest.mark.parametrize("auth_state", [None, {}, {"sub": ""}, {"groups": ["staff"]}])
def test_without_a_subject_the_name_counts(auth_state: dict[str, object] | None) -> None:
    assert person_uuid("hypatia", auth_state) == person_uuid("hypatia", None)


def test_names_that_differ_only_in_case_are_different_persons() -> None:
    assert person_uuid("hypatia", None) != person_uuid("Hypatia", None)


def test_a_subject_that_looks_like_a_name_is_not_that_person() -> None:
    assert person_uuid("mallory", {"sub": "hypatia"}) != person_uuid("hypatia", None)
