"""Core hours: every second that something ran, once, in its month."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from astroflow_hub.portal.core_hours import by_month, core_hours, count
from astroflow_hub.portal.tables import Month
from astroflow_hub.running import Running, shares

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def server(since: datetime, cores: float = 2) -> Running:
    return Running("server", cores, since)


def hours(session: Session, now: datetime) -> float:
    return core_hours(session, now).get("ada", 0.0)


def test_nobody_has_any_at_first(session: Session) -> None:
    assert core_hours(session, NOON) == {}


def test_the_time_since_the_start_counts_though_the_first_look_is_later(session: Session) -> None:
    count(session, "ada", [server(NOON)], NOON + HOUR / 2)
    assert hours(session, NOON) == 1


def test_each_second_counts_once_however_often_one_looks(session: Session) -> None:
    for minutes in range(61):
        count(session, "ada", [server(NOON)], NOON + minutes * MINUTE)
    assert hours(session, NOON) == pytest.approx(2)


def test_server_and_clusters_add_up(session: Session) -> None:
    spark = [Running("spark", 5, NOON + HOUR / 2)] * 10
    count(session, "ada", [server(NOON), *spark], NOON + HOUR)
    assert hours(session, NOON) == pytest.approx(2 + 25)


def test_what_starts_between_two_looks_counts_from_its_start(session: Session) -> None:
    count(session, "ada", [server(NOON, 1)], NOON + MINUTE)
    late = Running("dask", 60, NOON + MINUTE * 1.5)
    count(session, "ada", [server(NOON, 1), late], NOON + 2 * MINUTE)
    assert hours(session, NOON) == pytest.approx((2 + 30) / 60)


def test_a_server_that_ran_while_the_hub_was_down_is_counted_as_a_whole(session: Session) -> None:
    count(session, "ada", [server(NOON)], NOON + MINUTE)
    count(session, "ada", [server(NOON)], NOON + 3 * HOUR)
    assert hours(session, NOON) == pytest.approx(6)


def test_a_time_without_a_server_is_none(session: Session) -> None:
    count(session, "ada", [server(NOON)], NOON + HOUR)
    count(session, "ada", [], NOON + 2 * HOUR)
    count(session, "ada", [server(NOON + 5 * HOUR)], NOON + 6 * HOUR)
    assert hours(session, NOON) == pytest.approx(4)


def test_a_clock_that_is_set_back_takes_nothing_away(session: Session) -> None:
    count(session, "ada", [server(NOON)], NOON + HOUR)
    count(session, "ada", [server(NOON)], NOON)
    assert hours(session, NOON) == pytest.approx(2)


def test_a_night_over_the_end_of_the_month_is_split_and_a_month_is_one_row(
    session: Session,
) -> None:
    evening = datetime(2026, 11, 30, 22, tzinfo=UTC)
    for minutes in range(0, 300, 7):
        count(session, "ada", [server(evening, 1)], evening + minutes * MINUTE)
    rows = session.scalars(select(Month).order_by(Month.month)).all()
    assert [row.month for row in rows] == ["2026-11", "2026-12"]
    assert rows[0].core_seconds == pytest.approx(2 * 3600)
    assert rows[1].core_seconds == pytest.approx(174 * 60)


def test_months_are_those_of_utc_and_a_year_ends() -> None:
    zone = datetime.fromisoformat("2027-01-01T00:30:00+01:00")
    assert list(by_month(zone, zone + HOUR)) == [("2026-12", 1800.0), ("2027-01", 1800.0)]


def test_persons_are_counted_apart(session: Session) -> None:
    count(session, "ada", [server(NOON)], NOON + HOUR)
    count(session, "zoë", [server(NOON, 1)], NOON + HOUR)
    assert core_hours(session, NOON) == {"ada": 2, "zoë": 1}


def test_another_hub_that_counted_meanwhile_is_not_counted_over(session: Session) -> None:
    with Session(session.get_bind(), expire_on_commit=False) as other:
        count(session, "ada", [server(NOON)], NOON + HOUR)
        count(other, "ada", [server(NOON)], NOON + 2 * HOUR)
        count(session, "ada", [server(NOON)], NOON + 3 * HOUR)
    assert hours(session, NOON) == pytest.approx(6)


def test_what_runs_is_shown_by_kind() -> None:
    running = [server(NOON), *[Running("spark", 5, NOON + HOUR), Running("spark", 5, NOON)]]
    own, spark = shares(running)
    assert (own.name, own.pieces, own.cores) == ("your server", 1, 2)
    assert (spark.name, spark.pieces, spark.cores, spark.since) == ("Spark", 2, 10, NOON)
