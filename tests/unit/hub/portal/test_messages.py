"""What is taken from persons, how much of it, and how it is answered."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from astroflow_hub.portal import messages
from astroflow_hub.portal.details import PersonDetails
from astroflow_hub.portal.messages import Draft, MessageError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADA, ZOE = PersonDetails("ada", "uuid-ada"), PersonDetails("zoë", "uuid-zoë")
WISH = Draft(messages.REQUEST, "for my thesis", "dr4")


def feedback(text: str) -> Draft:
    return Draft(messages.FEEDBACK, text)


def test_a_message_is_kept_as_it_was_written(session: Session) -> None:
    messages.send(session, ZOE, feedback("  Grüße <b>\r\nund Küsse\n"), NOON)
    (kept,) = messages.of_person(session, ZOE.uuid, messages.FEEDBACK)
    assert (kept.text, kept.user_name, kept.sent_at) == ("Grüße <b>\nund Küsse", "zoë", NOON)
    assert messages.of_person(session, ADA.uuid, messages.FEEDBACK) == []


@pytest.mark.parametrize("text", ["", " \r\n\t ", "\0", "x" * 4001])
def test_an_empty_and_an_endless_message_are_refused(session: Session, text: str) -> None:
    with pytest.raises(MessageError, match=r"is empty|has 4001 characters"):
        messages.send(session, ADA, feedback(text), NOON)
    assert messages.waiting(session) == []


def test_control_characters_are_left_out(session: Session) -> None:
    sent = messages.send(session, ADA, feedback("a\0b\x1b[31mc\u202ed"), NOON)
    assert sent.text == "ab[31mcd"


def test_a_person_sends_ten_a_day_and_others_are_not_held_up(session: Session) -> None:
    for number in range(10):
        messages.send(session, ADA, feedback(f"{number}"), NOON)
    with pytest.raises(MessageError, match="10 messages within a day: write again tomorrow"):
        messages.send(session, ADA, feedback("one more"), NOON + timedelta(hours=23))
    messages.send(session, ZOE, feedback("mine"), NOON)
    messages.send(session, ADA, feedback("one more"), NOON + timedelta(hours=25))


def test_a_profile_is_asked_for_once_until_it_is_answered(session: Session) -> None:
    first = messages.send(session, ADA, WISH, NOON)
    with pytest.raises(MessageError, match="you asked for this already"):
        messages.send(session, ADA, WISH, NOON)
    messages.close(session, first.id, "admin", "no room", NOON)
    messages.send(session, ADA, WISH, NOON)


def test_an_answer_closes_a_message_once(session: Session) -> None:
    sent = messages.send(session, ADA, WISH, NOON)
    messages.close(session, sent.id, "admin", "welcome", NOON)
    (closed,) = messages.of_person(session, ADA.uuid, messages.REQUEST)
    assert (closed.answer, closed.answered_by, closed.closed_at) == ("welcome", "admin", NOON)
    assert messages.waiting(session) == []
    with pytest.raises(MessageError, match="closed already"):
        messages.close(session, sent.id, "other", "late", NOON)


def test_a_message_is_closed_without_words(session: Session) -> None:
    sent = messages.send(session, ADA, WISH, NOON)
    assert messages.close(session, sent.id, "admin", " ", NOON).answer == ""


def test_a_message_that_never_was_cannot_be_closed(session: Session) -> None:
    with pytest.raises(MessageError, match="never there"):
        messages.close(session, 7, "admin", "", NOON)
