"""The portal's tables, beside JupyterHub's in its database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import BigInteger, DateTime, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

_UUID = 36
MAX_NAME = 255  # characters of a user name, as JupyterHub keeps it


class Instant(TypeDecorator[datetime]):
    """A time with its zone; SQLite has none, so UTC is what is kept."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's)
        """Return the time in UTC, without a zone."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's)
        """Return the time with its zone."""
        return value and value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """A table of the portal; a person is their UUID, so that a renamed account keeps its own."""


class Month(Table):
    """What a person's servers and clusters asked for in one month (``2026-11``)."""

    __tablename__ = "astroflow_months"

    person: Mapped[str] = mapped_column(String(_UUID), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    core_seconds: Mapped[float]
    counted_until: Mapped[datetime] = mapped_column(Instant)


class Home(Table):
    """What a person's server last told of their home; no bytes where it could not count them."""

    __tablename__ = "astroflow_homes"

    person: Mapped[str] = mapped_column(String(_UUID), primary_key=True)
    used: Mapped[int | None] = mapped_column(BigInteger)
    told_at: Mapped[datetime] = mapped_column(Instant)


class Message(Table):
    """What a person wrote to the administrators: a ``request`` for a profile, or ``feedback``."""

    __tablename__ = "astroflow_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(_UUID), index=True)
    user_name: Mapped[str] = mapped_column(String(MAX_NAME))
    kind: Mapped[str] = mapped_column(String(16))
    profile: Mapped[str] = mapped_column(String(64), default="")
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(MAX_NAME), default="")
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


_made: WeakSet[Engine] = WeakSet()


def with_tables(session: Session) -> Session:
    """Return the hub's database session, once the tables are there."""
    engine = session.connection().engine
    if engine not in _made:
        # In the connection that the hub itself uses: SQLite lets only one write.
        Table.metadata.create_all(session.connection())
        session.commit()
        _made.add(engine)
    return session
