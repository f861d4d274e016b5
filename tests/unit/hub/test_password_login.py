"""Who may log in to the embedded hub, as a truth table."""

import pytest
from tornado.web import HTTPError

from astroflow_hub.password_login import PasswordLogin

PASSWORD = "correct-horse"


async def login(name: str, password: str = PASSWORD) -> str | None:
    authenticator = PasswordLogin(user_password=PASSWORD)
    known = await authenticator.authenticate(None, {"username": name, "password": password})
    return known["name"] if known else None


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("hypatia", "hypatia"),
        ("Hypatia", "hypatia"),
        ("jane doe", "jane doe"),
        ("jane.doe@example.org", "jane.doe@example.org"),
        ("Ünïcode", "ünïcode"),
        ("e\u0301mile", "\u00e9mile"),
        ("日本語", "日本語"),
        ("x" * 64, "x" * 64),
    ],
)
async def test_any_usable_name_may_log_in(name: str, known_as: str) -> None:
    assert await login(name) == known_as


@pytest.mark.parametrize(
    "name",
    ["../etc", "a/b", "..", ".", "a\\b", "%2e%2e", "a?b", "a#b", "", " ", "a ", "a\nb", "x" * 65],
)
async def test_a_name_that_is_no_part_of_an_address_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(HTTPError, match="user name cannot be used") as refused:
        await login(name)
    assert refused.value.status_code == 400


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " ", "pässwörter"])
@pytest.mark.parametrize("name", ["hypatia", "../etc"])
async def test_a_wrong_password_lets_nobody_in(name: str, password: str) -> None:
    assert await login(name, password) is None


def test_all_who_know_the_password_are_allowed() -> None:
    assert PasswordLogin().allow_all
