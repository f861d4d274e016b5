"""Who may use what, of as many persons as there are."""

from datetime import UTC, datetime

import pytest
from jupyterhub import orm
from sqlalchemy.orm import Session

from astroflow_hub.portal.overview import may_use, person_now, persons
from astroflow_hub.profile_store import ProfileStore
from astroflow_hub.running import Running

STORE = ProfileStore.from_list(
    [
        {"slug": "open", "display_name": "Open", "catalogues": ["c"]},
        {"slug": "dr4", "display_name": "DR4", "catalogues": ["c"], "groups": ["dpac", "staff"]},
    ]
)
EVERYBODY = ["100%", "a_b", "ada", "canada", "zoë"]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], ("open",)),
        (["x"], ("open",)),
        (["dpac"], ("open", "dr4")),
        (["staff"], ("open", "dr4")),
    ],
)
def test_groups_decide(groups: list[str], expected: tuple[str, ...]) -> None:
    assert may_use(STORE, groups) == expected


def test_persons_come_by_name_a_hundred_at_a_time(session: Session) -> None:
    session.add_all(orm.User(name=f"person-{number:03}") for number in reversed(range(250)))
    session.commit()
    first = persons(session, "", "")
    second = persons(session, "", first[-1].name)
    third = persons(session, "", second[-1].name)
    assert [len(page) for page in (first, second, third)] == [100, 100, 50]
    names = [person.name for person in [*first, *second, *third]]
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("search", "found"),
    [("ADA", ["ada", "canada"]), ("%", ["100%"]), ("_", ["a_b"]), ("'; --", []), ("", EVERYBODY)],
)
def test_a_search_is_for_these_very_characters(
    session: Session, search: str, found: list[str]
) -> None:
    session.add_all(orm.User(name=name) for name in EVERYBODY)
    session.commit()
    assert [one.name for one in persons(session, search, "")] == found


def test_a_person_is_shown_with_what_runs(session: Session) -> None:
    account = orm.User(name="ada", admin=False, groups=[orm.Group(name="dpac")])
    session.add(account)
    session.commit()
    running = [Running("server", 0.5, NOW), *[Running("spark", 5, NOW)] * 2]
    assert person_now(account, STORE, "dr4", running, 1.23456).to_json() == {
        "name": "ada",
        "admin": False,
        "groups": ("dpac",),
        "profiles": ("open", "dr4"),
        "server": "dr4",
        "clusters": ("Spark",),
        "cores": 10.5,
        "core_hours": 1.23,
    }
