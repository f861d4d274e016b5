"""Core hours: what a person's servers and clusters asked for, a row a person a month.

The time from when something started, or was last counted, until now counts as a whole: what
still runs ran meanwhile, also while the hub was down. What ended since the last count, a
minute ago, is not seen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from astroflow_hub.portal.tables import Month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from astroflow_hub.running import Running

_DECEMBER = 12


def count(session: Session, person: str, running: Iterable[Running], now: datetime) -> None:
    """Add what ``running`` asked for since the last count to the person's months.

    Between reading and commit nothing else of the hub runs, which has one thread for it; and
    another hub that counts the same person is waited for by the database.
    """
    until = _counted_until(session, person)
    for one in running:
        start = max(one.since, until) if until else one.since
        for month, seconds in by_month(start, now):
            _month(session, person, month, now).core_seconds += one.cores * seconds
    session.commit()


def core_hours(session: Session, now: datetime) -> dict[str, float]:
    """Return the core hours of this month by person, of those who have any."""
    rows = session.scalars(select(Month).where(Month.month == _name(now)))
    return {row.person: row.core_seconds / 3600 for row in rows}


def by_month(start: datetime, end: datetime) -> Iterator[tuple[str, float]]:
    """Yield the seconds from ``start`` to ``end`` in each month, by UTC.

    >>> list(by_month(datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, 2, tzinfo=UTC)))
    [('2026-12', 3600.0), ('2027-01', 7200.0)]
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    while start < end:
        stop = min(end, _next_month(start))
        yield _name(start), (stop - start).total_seconds()
        start = stop


def _next_month(when: datetime) -> datetime:
    first = when.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if first.month == _DECEMBER:
        return first.replace(year=first.year + 1, month=1)
    return first.replace(month=first.month + 1)


def _name(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m}"


def _counted_until(session: Session, person: str) -> datetime | None:
    """Return until when the person's last month is counted; its row is locked until commit."""
    last = select(Month).where(Month.person == person).order_by(Month.month.desc()).limit(1)
    fresh = last.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(fresh).first()
    return row.counted_until if row else None


def _month(session: Session, person: str, month: str, now: datetime) -> Month:
    row = session.get(Month, (person, month))
    if row is None:
        row = Month(person=person, month=month, core_seconds=0.0)
        session.add(row)
    row.counted_until = now
    return row
