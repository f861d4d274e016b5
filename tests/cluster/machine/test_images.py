from pathlib import Path

import pytest

from machine.conftest import Commands
from sandbox.footprint import difference, footprint
from tools.images import recipe
from tools.images.recipe import ImageError, Recipe
from tools.shell import await_until


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """Return an environment that wants another numpy than executors and workers have."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "requirements.in").write_text("numpy==1.26.4\n")
    monkeypatch.setattr(recipe, "IMAGES", tmp_path)
    return Recipe("broken")


def test_package_that_breaks_parity_is_named_before_anything_is_built(broken: Recipe) -> None:
    with pytest.raises(ImageError, match=r"broken/requirements\.in cannot be locked") as caught:
        broken.write_lock()
    assert "numpy==1.26.4" in str(caught.value)
    assert not broken.lock.path.exists()


@pytest.mark.timeout(600)
def test_build_killed_half_way_leaves_nothing(commands: Commands) -> None:
    before = footprint()
    commands.kill_when("images", lambda: difference(before, footprint()) != {})
    await_until(lambda: difference(before, footprint()) == {}, "the end of the build", 20)
