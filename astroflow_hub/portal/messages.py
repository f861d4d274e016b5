"""Messages: what persons ask administrators for and tell them, and what these answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from astroflow_core.errors import AstroFlowError
from astroflow_hub.portal.tables import Message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from astroflow_hub.portal.details import PersonDetails

REQUEST, FEEDBACK = "request", "feedback"
MAX_TEXT = 4000  # characters
A_DAY = 10  # messages of a person in 24 hours
SHOWN = 100  # messages on a page


class MessageError(AstroFlowError):
    """A message that is not taken, or not there."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person typed: ``feedback``, or a ``request`` for a profile."""

    kind: str
    text: str
    profile: str = ""


def send(session: Session, person: PersonDetails, draft: Draft, now: datetime) -> Message:
    """Keep a message of a person and return it.

    Raises
    ------
    MessageError
        When it is empty or too long, they sent too many today, or asked for that already.
    """
    text = _checked(draft.text)
    _check_rate(session, person.uuid, now)
    if draft.kind == REQUEST and _waits(session, person.uuid, draft.profile):
        raise MessageError("you asked for this already; an administrator is going to answer")
    message = Message(
        person=person.uuid,
        user_name=person.user_name,
        kind=draft.kind,
        profile=draft.profile,
        text=text,
        sent_at=now,
        answer="",
        answered_by="",
    )
    session.add(message)
    session.commit()
    return message


def of_person(session: Session, person: str, kind: str) -> list[Message]:
    """Return what a person wrote of a kind, the newest first."""
    own = select(Message).where(Message.person == person, Message.kind == kind)
    return list(session.scalars(own.order_by(Message.id.desc()).limit(SHOWN)))


def waiting(session: Session) -> list[Message]:
    """Return what is not answered or closed yet, the oldest first."""
    is_open = select(Message).where(Message.closed_at.is_(None))
    return list(session.scalars(is_open.order_by(Message.id).limit(SHOWN)))


def close(session: Session, number: int, admin: str, answer: str, now: datetime) -> Message:
    """Close a message, with an answer or without one.

    Raises
    ------
    MessageError
        When there is no such message, it is closed already, or the answer is too long.
    """
    message = session.get(Message, number)
    if message is None or message.closed_at is not None:
        raise MessageError("this message is closed already, or was never there")
    message.answer = _checked(answer) if answer.strip() else ""
    message.answered_by, message.closed_at = admin, now
    session.commit()
    return message


def _checked(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    # Neither NUL, which databases refuse, nor what would recolour a terminal.
    seen = "".join(c for c in lines if c.isprintable() or c in "\n\t")
    if not seen.strip():
        raise MessageError("the text is empty: write a sentence")
    if len(seen) > MAX_TEXT:
        raise MessageError(f"the text has {len(seen)} characters: leave it at {MAX_TEXT}")
    return seen


def _check_rate(session: Session, person: str, now: datetime) -> None:
    recent = select(func.count()).where(
        Message.person == person, Message.sent_at > now - timedelta(days=1)
    )
    if (session.scalar(recent) or 0) >= A_DAY:
        raise MessageError(f"you sent {A_DAY} messages within a day: write again tomorrow")


def _waits(session: Session, person: str, profile: str) -> bool:
    same = select(Message.id).where(
        Message.person == person,
        Message.kind == REQUEST,
        Message.profile == profile,
        Message.closed_at.is_(None),
    )
    return session.scalar(same.limit(1)) is not None
