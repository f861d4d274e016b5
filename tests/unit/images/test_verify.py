import importlib.util
from importlib.machinery import SourceFileLoader
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from tools.images.recipe import IMAGES


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the program `verify` of an image whose foundation locks what is installed here."""
    loader = SourceFileLoader("verify", str(IMAGES / "verify"))
    spec = importlib.util.spec_from_loader("verify", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "SETUP", tmp_path)
    lock = tmp_path / "astroflow" / "requirements.lock"
    lock.parent.mkdir()
    lock.write_text("".join(f"{name}=={version(name)} \\\n" for name in module.PARITY))
    return module


def test_packages_of_the_foundation_pass(verify: ModuleType) -> None:
    assert verify.check_parity() == "10 packages as in the foundation"


def test_package_that_a_step_replaced_is_named_with_both_versions(verify: ModuleType) -> None:
    lock = verify.SETUP / "astroflow" / "requirements.lock"
    lock.write_text(lock.read_text().replace(f"numpy=={version('numpy')}", "numpy==1.0"))
    with pytest.raises(RuntimeError) as caught:
        verify.check_parity()
    assert str(caught.value) == f"numpy is {version('numpy')}, executors and workers have 1.0"
