import time
from dataclasses import replace
from typing import Any

from astroflow_hub.keycloak.once import Once
from astroflow_hub.keycloak.sessions import MAX_SESSIONS, Account, Session

CLAIMS = {"sub": "0d3b0a52", "name": "Hypatia", "preferred_username": "hypatia", "acr": "1"}
TOKENS = {"refresh_token": "r", "id_token": "i", "refresh_expires_in": 1800}


def session(sid: str = "s", **changed: Any) -> Session:
    return replace(Session.of(TOKENS, sid), **changed)


def test_an_account_tells_who_the_person_is_and_nothing_else() -> None:
    auth_state = Account.of(CLAIMS).to_auth_state()
    person = {"sub": "0d3b0a52", "name": "Hypatia", "preferred_username": "hypatia"}
    assert auth_state == {**person, "sessions": {}, "is_out": False}


def test_an_account_is_read_as_it_was_written() -> None:
    account = Account.of(CLAIMS).with_session("desk", session())
    assert Account.from_auth_state(account.to_auth_state()) == account


def test_no_auth_state_is_nobody() -> None:
    assert Account.from_auth_state(None) == Account({})


def test_one_session_ends_and_no_other() -> None:
    account = (
        Account.of(CLAIMS).with_session("desk", session("a")).with_session("lap", session("b"))
    )
    assert list(account.without(lambda _, one: one.sid == "a").sessions) == ["lap"]


def test_sessions_that_are_over_are_left_out() -> None:
    account = Account.of(CLAIMS).with_session("old", session(expires=time.time() - 1))
    assert list(account.with_session("new", session()).sessions) == ["new"]


def test_a_person_has_so_many_sessions_and_the_newest() -> None:
    account = Account.of(CLAIMS)
    for number in range(MAX_SESSIONS + 5):
        account = account.with_session(str(number), session(checked=float(number)))
    assert len(account.sessions) == MAX_SESSIONS
    assert str(MAX_SESSIONS + 4) in account.sessions
    assert "4" not in account.sessions


def test_who_is_out_has_no_session_and_comes_in_again_by_one() -> None:
    out = Account.of(CLAIMS).with_session("desk", session()).out()
    assert (out.is_out, out.sessions) == (True, {})
    assert out.with_session("desk", session()).is_out is False


def test_no_token_is_shown_with_a_session() -> None:
    assert "refresh_token" not in repr(session())
    assert "id_token" not in repr(session())


def test_a_token_without_an_end_is_kept() -> None:
    assert Session.of({**TOKENS, "refresh_expires_in": 0}, "s").expires > time.time() + 86400


def test_what_may_be_used_once_is_refused_the_second_time() -> None:
    once = Once()
    soon = time.time() + 60
    assert [once.use("a", soon), once.use("a", soon), once.use("b", soon)] == [True, False, True]


def test_what_is_worthless_is_not_remembered() -> None:
    once = Once()
    assert once.use("a", time.time() - 1)
    assert once.use("a", time.time() + 60)
