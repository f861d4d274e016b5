from typing import Any

import pytest
from jupyterhub import orm

from astroflow_hub.keycloak.people import hub_name

SUB = "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"
OTHER = "7e11c5f7-9d0c-4c38-8c5b-0d3b0a529a1d"


@pytest.fixture
def db() -> Any:
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield session
    session.close()


def add(db: Any, name: str, sub: str | None) -> None:
    db.add(orm.User(name=name, user_info=None if sub is None else {"sub": sub}))
    db.commit()


def test_a_new_account_is_called_as_at_keycloak(db: Any) -> None:
    assert hub_name(db, SUB, "hypatia") == "hypatia"


def test_a_renamed_account_keeps_its_name(db: Any) -> None:
    add(db, "hypatia", SUB)
    assert hub_name(db, SUB, "hypatia-the-great") == "hypatia"


def test_nobody_is_given_the_name_of_another_account(db: Any) -> None:
    add(db, "hypatia", OTHER)
    assert hub_name(db, SUB, "hypatia") == f"hypatia-{SUB}"


def test_nobody_is_given_a_name_that_was_taken_on_purpose(db: Any) -> None:
    add(db, "hypatia", OTHER)
    add(db, f"hypatia-{SUB}", OTHER)
    assert hub_name(db, SUB, "hypatia") == SUB


def test_a_user_of_the_hub_without_an_account_is_taken_on(db: Any) -> None:
    add(db, "hypatia", None)
    assert hub_name(db, SUB, "hypatia") == "hypatia"


def test_no_name_is_longer_than_a_name_may_be(db: Any) -> None:
    add(db, "h" * 64, OTHER)
    assert len(hub_name(db, SUB, "h" * 64)) <= 64
