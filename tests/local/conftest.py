"""What the tests of one machine share: Javas that start in half the time.

They have the class archive that `make run` makes, and compile for a quick start, not for long
scans.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the cache of every session that has none of its own; pytest's processes share it."""
    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"
    cache.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (cache / "lock").open("w") as lock:
        patch.setenv("ASTROFLOW_CACHE_DIR", str(cache))
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds what the first has made
        command = [sys.executable, "-m", "astroflow_spark_gaia.warm_up"]
        subprocess.run(command, check=True, timeout=280, capture_output=True)
        fcntl.flock(lock, fcntl.LOCK_UN)
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
        yield cache
