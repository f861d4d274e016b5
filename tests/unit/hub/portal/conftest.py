from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyterhub.orm import new_session_factory
from sqlalchemy.orm import Session

from astroflow_hub.portal.tables import with_tables


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Return a session as the hub itself makes one, on a database with JupyterHub's tables."""
    with new_session_factory(f"sqlite:///{tmp_path / 'hub.sqlite'}")() as opened:
        yield with_tables(opened)
        opened.get_bind().dispose()
