"""How full a home is, and that nothing is said where it is not known."""

from dataclasses import dataclass
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from astroflow_hub.portal.home_use import HomeUse, home_use
from astroflow_hub.portal.tables import Home

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIB = 2**30


@dataclass
class Place:
    """Where a person's server would be: what of a spawner the page asks."""

    home_folder: Path | None = None
    size: int | Exception | None = None
    log = getLogger("hub")

    async def home_size(self) -> int | None:
        if isinstance(self.size, Exception):
            raise self.size
        return self.size


def test_a_home_is_full_by_its_size() -> None:
    assert HomeUse(used=3 * GIB, size=30 * GIB, told_at=NOON).percent == 10
    assert HomeUse(used=None, size=30 * GIB, told_at=NOON).percent is None
    assert HomeUse(used=GIB, size=None, told_at=NOON).percent is None
    assert HomeUse(used=0, size=GIB, told_at=NOON).percent == 0


async def test_what_nobody_told_is_not_known(session: Session) -> None:
    found = await home_use(session, "ada", Place(size=30 * GIB), NOON)
    assert found == HomeUse(used=None, size=30 * GIB, told_at=None)


async def test_what_the_server_told_is_shown_with_its_time(session: Session) -> None:
    session.add(Home(person="ada", used=3 * GIB, told_at=NOON))
    session.commit()
    found = await home_use(session, "ada", Place(size=30 * GIB), datetime.now(UTC))
    assert found == HomeUse(used=3 * GIB, size=30 * GIB, told_at=NOON)


async def test_a_home_that_the_hub_sees_is_counted_now(session: Session, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "big").write_bytes(b"x" * 5_000_000)
    found = await home_use(session, "ada", Place(home), NOON)
    assert found.used is not None
    assert 5_000_000 <= found.used < 5_100_000
    assert (found.size, found.told_at) == (None, NOON)


async def test_a_cluster_that_does_not_answer_leaves_the_size_open_and_no_words_in_the_log(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    found = await home_use(session, "ada", Place(size=OSError("token abc")), NOON)
    assert found == HomeUse(used=None, size=None, told_at=None)
    assert caplog.messages == ["The size of a home cannot be read: OSError"]
