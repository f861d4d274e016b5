"""Fixtures that every test may use."""

from pathlib import Path

import pytest

from astroflow_data.sample import make_sample


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the golden files anew from what is built now: review them as a diff",
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample catalogue: real rows in a temporary data folder."""
    return make_sample(tmp_path_factory.mktemp("data"))
