"""How a hub on one machine is configured, and how it refuses."""

import os
import socket
from pathlib import Path

import pytest

from astroflow_hub.embedded import EmbeddedHub, HubError


def hub(here: Path, **environ: str) -> EmbeddedHub:
    return EmbeddedHub.from_environ({f"ASTROFLOW_{k}": v for k, v in environ.items()}, here)


def test_without_variables_all_is_in_one_folder(tmp_path: Path) -> None:
    found = hub(tmp_path, HUB_PORT="", HUB_PASSWORD="")
    assert found.url == "http://127.0.0.1:8000"
    assert found.state_dir == tmp_path / ".astroflow"
    assert found.data_dir == tmp_path / ".astroflow" / "data"
    assert found.cache_dir == tmp_path / ".astroflow" / "cache"


def test_each_variable_changes_one_thing(tmp_path: Path) -> None:
    found = hub(tmp_path, HUB_PORT="8123", STATE_DIR="/s", DATA_DIR="/d", CACHE_DIR="/c")
    assert found.url == "http://127.0.0.1:8123"
    assert [str(f) for f in (found.state_dir, found.data_dir, found.cache_dir)] == [
        "/s",
        "/d",
        "/c",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80 80", "8e3", "\u0661"])
def test_a_port_has_to_be_one(tmp_path: Path, port: str) -> None:
    with pytest.raises(HubError, match="a port is a number from 1 to 65535"):
        hub(tmp_path, HUB_PORT=port)


@pytest.mark.parametrize("password", ["short", "pässwörter"])
def test_a_password_that_cannot_be_used_is_refused_and_not_shown(
    tmp_path: Path, password: str
) -> None:
    with pytest.raises(HubError, match="at least 8 characters") as refused:
        hub(tmp_path, HUB_PASSWORD=password)
    assert password not in str(refused.value)


def test_a_chosen_password_is_not_written_down(tmp_path: Path) -> None:
    found = hub(tmp_path, HUB_PASSWORD="correct-horse")
    found.make_state_dir()
    assert found.password() == "correct-horse"
    assert not found.password_file.exists()


def test_a_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    found = hub(tmp_path)
    found.make_state_dir()
    password = found.password()
    assert len(password) >= 16
    assert found.password() == hub(tmp_path).password() == password
    assert found.password_file.stat().st_mode & 0o777 == 0o600
    assert found.state_dir.stat().st_mode & 0o777 == 0o700


def test_a_password_file_without_a_password_is_named(tmp_path: Path) -> None:
    found = hub(tmp_path)
    found.make_state_dir()
    found.password_file.write_text("\n")
    with pytest.raises(HubError, match=r"the password in .*password has to be at least 8"):
        found.password()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HubError, match=f"port {port} of 127.0.0.1 cannot be used") as refused:
            hub(tmp_path, HUB_PORT=str(port)).check_port()
    assert "ASTROFLOW_HUB_PORT=" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_hubs_cannot_share_their_state(tmp_path: Path) -> None:
    found = hub(tmp_path)
    found.make_state_dir()
    lock = found.lock()
    with pytest.raises(HubError, match=r"running on .*astroflow already"):
        found.lock()
    os.close(lock)
    os.close(found.lock())


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HubError, match="file/state cannot be made"):
        hub(tmp_path, STATE_DIR=str(tmp_path / "file" / "state")).make_state_dir()
