"""The recorder sees who runs what, whatever happens to one of them."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from astroflow_hub.identity import person_uuid
from astroflow_hub.portal.core_hours import core_hours
from astroflow_hub.portal.recorder import Recorder
from astroflow_hub.running import Running


@dataclass
class Server:
    """A person's server, as the hub knows it; ``failure`` is what a look at it raises."""

    hours: float
    ready: bool = True
    failure: Exception | None = None

    async def running(self) -> list[Running]:
        if self.failure:
            raise self.failure
        return [Running("server", 2, datetime.now(UTC) - timedelta(hours=self.hours))]


@dataclass
class Account:
    name: str
    server: Server
    auth_state: dict[str, Any] | None = None
    spawners: dict[str, Server] = field(init=False)

    def __post_init__(self) -> None:
        self.spawners = {"": self.server}

    async def get_auth_state(self) -> dict[str, Any] | None:
        return self.auth_state


def hub(session: Session | None, *accounts: Account) -> Any:
    users = dict(enumerate(accounts))
    return SimpleNamespace(db=session, users=users, log=logging.getLogger("hub"))


async def test_everybody_who_runs_something_is_counted(session: Session) -> None:
    ada, zoe = Account("ada", Server(1)), Account("zoë", Server(2))
    recorder = Recorder(hub(session, ada, zoe))
    await recorder.look()
    counted = core_hours(session, datetime.now(UTC))
    assert counted[person_uuid("ada", None)] == pytest.approx(2, rel=1e-3)
    assert counted[person_uuid("zoë", None)] == pytest.approx(4, rel=1e-3)
    assert [one.cores for one in recorder.latest("ada") or ()] == [2]


async def test_one_that_starts_or_stops_is_not(session: Session) -> None:
    recorder = Recorder(hub(session, Account("ada", Server(1, ready=False))))
    await recorder.look()
    assert core_hours(session, datetime.now(UTC)) == {}
    assert recorder.latest("ada") is None


async def test_a_renamed_account_keeps_its_hours(session: Session) -> None:
    told = {"sub": "0d3b0a52-9d0c-4c38-8c5b-9a1d3c5f7e11"}
    await Recorder(hub(session, Account("ada", Server(1), told))).look()
    await Recorder(hub(session, Account("lovelace", Server(1), told))).look()
    assert core_hours(session, datetime.now(UTC)) == {told["sub"]: pytest.approx(2, rel=1e-3)}


async def test_one_that_cannot_be_seen_keeps_nobody_else_from_being_counted(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    lost = Account("ada", Server(1, failure=OSError("token abc")))
    await Recorder(hub(session, lost, Account("zoë", Server(1)))).look()
    assert list(core_hours(session, datetime.now(UTC))) == [person_uuid("zoë", None)]
    assert caplog.messages == ["What ada runs cannot be seen now: OSError"]
    lost.server.failure = None
    await Recorder(hub(session, lost)).look()
    assert core_hours(session, datetime.now(UTC))[person_uuid("ada", None)] == pytest.approx(
        2, rel=1e-3
    )


async def test_before_the_hub_is_up_there_is_nothing_to_see() -> None:
    await Recorder(hub(None, Account("ada", Server(1)))).look()
