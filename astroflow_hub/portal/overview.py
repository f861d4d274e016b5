"""Overview: who may use what, and who uses what now, for administrators."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from astroflow_hub.access import permit
from astroflow_hub.running import shares

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from astroflow_hub.profile_store import ProfileStore
    from astroflow_hub.running import Running

PAGE = 100  # persons


@dataclass(frozen=True, slots=True)
class PersonNow:
    """A person as administrators see them.

    ``profiles`` are the slugs of those they may use; ``server`` is the one of their server, or
    empty; ``cores`` what server and clusters ask for now, None where nobody has looked yet;
    ``core_hours`` those of this month.
    """

    name: str
    admin: bool
    groups: tuple[str, ...]
    profiles: tuple[str, ...]
    server: str
    clusters: tuple[str, ...]
    cores: float | None
    core_hours: float

    def to_json(self) -> dict[str, Any]:
        """Return what the REST API tells of the person."""
        return asdict(self)


def persons(session: Session, search: str, after: str) -> list[orm.User]:
    """Return the next page of accounts by name, of those with ``search`` in their name."""
    named = select(orm.User).where(orm.User.name.icontains(search, autoescape=True))
    page = named.where(orm.User.name > after).order_by(orm.User.name).limit(PAGE)
    return list(session.scalars(page.options(selectinload(orm.User.groups))))


def may_use(store: ProfileStore, groups: Iterable[str]) -> tuple[str, ...]:
    """Return the slugs of the profiles that a person of ``groups`` may use."""
    known = frozenset(groups)
    return tuple(profile.slug for profile in store.profiles if permit(profile, known))


def person_now(
    account: orm.User,
    store: ProfileStore,
    server: str,
    running: Iterable[Running] | None,
    core_hours: float,
) -> PersonNow:
    """Return one person; ``server`` is the profile of theirs that runs, or empty.

    ``running`` is what the recorder saw of them; None where it has not looked yet.
    """
    groups = tuple(sorted(group.name for group in account.groups))
    work = shares(running or ())
    return PersonNow(
        name=account.name,
        admin=account.admin,
        groups=groups,
        profiles=may_use(store, groups),
        server=server,
        clusters=tuple(share.name for share in work if share.name != "your server"),
        cores=None if running is None else sum(share.cores for share in work),
        core_hours=round(core_hours, 2),
    )
