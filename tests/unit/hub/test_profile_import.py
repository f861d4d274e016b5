"""A KubeSpawner profile_list becomes profiles; nothing is dropped in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from astroflow_core.errors import ProfileError
from astroflow_core.profile import Profile
from astroflow_hub.profile_import import import_profiles, read_profile_list

PROFILE = {
    "display_name": "Gandalf Environment",
    "description": "For large jobs",
    "slug": "gandalf",
    "default": True,
    "kubespawner_override": {
        "image": "registry/gandalf:1",
        "cpu_guarantee": "0.5",
        "cpu_limit": 2,
        "mem_guarantee": "0.25G",
        "mem_limit": 17179869184,
        "environment": {"A": 1, "B": "two"},
        "node_selector": {"pool": "users"},
        "tolerations": [{"key": "gaia", "operator": "Exists"}],
    },
    "profile_options": {
        "size": {
            "display_name": "Size",
            "choices": {
                "s": {"display_name": "S", "kubespawner_override": {"mem_limit": "512M"}},
                "l": {"display_name": "L", "default": True, "kubespawner_override": {}},
            },
        }
    },
}


def imported(**changes: Any) -> tuple[dict[str, Any], list[str]]:
    (profile,), notes = import_profiles([PROFILE | changes], ("gaia-dr3",))
    return profile, notes


def test_what_a_profile_can_say_is_carried_over() -> None:
    fields, notes = imported()
    profile = Profile.model_validate(fields)
    assert notes == []
    assert (profile.slug, profile.display_name) == ("gandalf", "Gandalf Environment")
    assert (profile.description, profile.default) == ("For large jobs", True)
    assert (profile.cpu.guarantee, profile.cpu.limit) == (0.5, 2)
    assert (profile.memory.guarantee, profile.memory.limit) == ("256m", "16g")
    assert profile.environment == {"A": "1", "B": "two"}
    assert (profile.image, profile.node_selector) == ("registry/gandalf:1", {"pool": "users"})
    assert [toleration.key for toleration in profile.tolerations] == ["gaia"]
    assert profile.options["size"].default_choice == "l"
    assert profile.with_choices({"size": "s"}).memory.limit == "512m"


def test_the_catalogues_are_those_asked_for() -> None:
    (profile,), _ = import_profiles([PROFILE], ("gaia-dr3", "gaia-edr3"))
    assert profile["catalogues"] == ["gaia-dr3", "gaia-edr3"]


def test_a_slug_is_made_of_the_name() -> None:
    (profile,), notes = import_profiles([{"display_name": "Plain Jupyter (old)"}], ("gaia-dr3",))
    assert profile["slug"] == "plain-jupyter-old"
    assert notes == []


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"unknown": 1}, "gandalf: unknown: 1 has no place"),
        ({"slug": "Gandalf_1"}, "slug: 'Gandalf_1' becomes 'gandalf-1'"),
        ({"description": "see <a href='x'>here</a>"}, "gandalf: description: is HTML"),
        (
            {"kubespawner_override": {"volumes": []}},
            "kubespawner_override.volumes: [] has no place",
        ),
        (
            {"kubespawner_override": {"tolerations": [{"key": "a", "seconds": 9}]}},
            "gandalf: tolerations: seconds: there is no such field; left out",
        ),
        ({"kubespawner_override": {"cpu_limit": "lots"}}, "cpu_limit: 'lots' is no number"),
        ({"kubespawner_override": {"mem_limit": "512Mi"}}, "mem_limit: '512Mi' is no size"),
        ({"kubespawner_override": {"mem_limit": 1025}}, "mem_limit: 1025 is rounded up"),
        (
            {"kubespawner_override": {"environment": {"A": ["x"]}}},
            "environment.A: ['x'] is no text",
        ),
        ({"kubespawner_override": {"environment": {"JPY_X": "x"}}}, "JPY_X is set by the hub"),
        ({"kubespawner_override": {"environment": {"U": "{username}"}}}, "braces are not expanded"),
        (
            {"profile_options": {"image": {"unlisted_choice": {"enabled": True}}}},
            "profile_options.image: {'unlisted_choice': {'enabled': True}} has no place",
        ),
        (
            {"profile_options": {"a": {"choices": {"b": {"x": 1}}}}},
            "gandalf: a: b: x: 1 has no place",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_named(changes: dict[str, Any], note: str) -> None:
    fields, notes = imported(**changes)
    assert any(note in line for line in notes), notes
    assert Profile.model_validate(fields)


@pytest.mark.parametrize("entry", ["text", {}, {"slug": "no-name"}, {"display_name": "***"}])
def test_an_entry_that_is_no_profile_is_refused(entry: Any) -> None:
    with pytest.raises(ProfileError):
        import_profiles([entry], ("gaia-dr3",))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.json", json.dumps([{"display_name": "A"}])),
        ("list.yaml", "- display_name: A\n"),
        ("values.yaml", "singleuser:\n  profileList:\n  - display_name: A\n"),
        ("values.yml", "hub: {config: {KubeSpawner: {profile_list: [{display_name: A}]}}}"),
        ("config.py", "c = get_config()\nc.KubeSpawner.profile_list = [{'display_name': 'A'}]\n"),
        ("config.py", "profile_list = [{'display_name': 'A'}]\n"),
        ("list.py", "[{'display_name': 'A'}]\n"),
    ],
)
def test_the_list_is_found_where_people_keep_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_profile_list(tmp_path / name) == [{"display_name": "A"}]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.py", "profile_list = make()", "line 1: the list is computed"),
        ("a.py", "profile_list = [{'display_name': f()}]", "line 1: the list is computed"),
        ("a.py", "profile_list = (", "cannot be read"),
        ("a.py", "x = 1", "there is no list called profile_list"),
        ("a.yaml", "x: 1", "there is no list called profile_list"),
        ("a.yaml", "x: [", "not valid YAML"),
        ("a.json", "", "there is no list called profile_list"),
    ],
)
def test_a_file_without_a_plain_list_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProfileError, match=message):
        read_profile_list(tmp_path / name)


def test_a_python_file_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w')\nprofile_list = [{{'display_name': 'A'}}]\n"
    )
    assert read_profile_list(tmp_path / "a.py")
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nowhere.py: cannot be read"):
        read_profile_list(tmp_path / "nowhere.py")
