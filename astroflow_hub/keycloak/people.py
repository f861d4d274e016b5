"""Finds, changes and turns out the hub's users that are accounts of Keycloak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub import orm, roles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def hub_name(db: Any, subject: str, wanted: str) -> str:
    """Return the user name at the hub of the account ``subject``, which is called ``wanted``.

    A renamed account keeps the name that the hub has known it by, and with it servers and home.
    A name that another account had is never given again: whoever comes next with it would be
    given that one's server.
    """
    known = {name: (info or {}).get("sub") for name, info in _names(db)}
    mine = next((name for name, owner in known.items() if owner == subject), None)
    names = (wanted, f"{wanted[:27]}-{subject}", subject)  # of 64 characters at most
    return mine or next(name for name in names if not known.get(name))


def find_user(users: Any, db: Any, subject: str) -> Any:
    """Return the hub's user that is the account ``subject``, or None."""
    names = (name for name, info in _names(db) if (info or {}).get("sub") == subject)
    name = next(names, None)
    return None if name is None else users[orm.User.find(db, name)]


def give_rights(user: Any, model: Mapping[str, Any]) -> None:
    """Make of the hub's user what the authentication ``model`` says: admin, groups, name."""
    user.admin, user.user_info = model["admin"], model["user_info"]
    roles.assign_default_roles(user.db, entity=user.orm_user)
    user.sync_groups(model["groups"])
    user.db.commit()


def take_rights(user: Any) -> None:
    """Take everything from the hub's user: administration, groups and every token."""
    user.admin = False
    roles.assign_default_roles(user.db, entity=user.orm_user)
    user.sync_groups([])
    user.db.query(orm.APIToken).filter_by(user_id=user.id).delete()
    user.db.commit()


def drop_tokens(user: Any, hub_sessions: Collection[str]) -> None:
    """Delete the tokens that browsers were given in these sessions."""
    tokens = user.db.query(orm.APIToken).filter_by(user_id=user.id)
    tokens.filter(orm.APIToken.session_id.in_(hub_sessions)).delete(synchronize_session="fetch")
    user.db.commit()


async def stop_servers(app: Any, user: Any) -> None:
    """Stop every server of the person that runs; one that just starts is left for later."""
    for name, spawner in list(user.spawners.items()):
        if spawner.active and not spawner.pending:
            await app.proxy.delete_user(user, name)
            await user.stop(name)


def _names(db: Any) -> list[tuple[str, Mapping[str, Any] | None]]:
    return [(user.name, user.user_info) for user in db.query(orm.User)]
