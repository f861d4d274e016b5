"""The spawner's own decisions, without a hub around it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from astroflow_hub.local_spawner import AstroFlowLocalSpawner
from astroflow_hub.profile_options import RefusedError

SPARK = {"pods": 1, "cores": 1, "memory": "1g"}


def spawner(sample: Path, *inline: dict[str, Any], **traits: Any) -> AstroFlowLocalSpawner:
    base = {"display_name": "A", "catalogues": [sample.name], "spark": SPARK}
    profiles = [base | entry for entry in inline]
    return AstroFlowLocalSpawner(profiles=profiles, data_dir=str(sample.parent), **traits)


async def test_profiles_may_be_written_in_the_configuration(sample: Path) -> None:
    made = spawner(sample, {"slug": "mine", "display_name": "Mine"})
    assert "Mine" in await made.get_options_form()
    await made._run_apply_user_options({"profile": "mine"})
    assert made.profile.slug == "mine"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "choose one environment"),
        ({"profile": ["nix"]}, "no profile is called 'nix'; there is mine"),
        ({"profile": ["mine"], "option.mine.size": ["xl"]}, "is called 'size'; there is none"),
    ],
)
def test_a_form_is_refused_with_a_message_for_the_page(
    sample: Path, form: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        spawner(sample, {"slug": "mine"}).run_options_from_form(form)
    assert refused.value.status_code == 400
    assert message in refused.value.jupyterhub_message


async def test_without_a_profile_there_is_no_server(sample: Path, tmp_path: Path) -> None:
    made = spawner(sample, {"slug": "mine"}, home_dir=str(tmp_path / "home"))
    with pytest.raises(RefusedError, match="no environment is chosen"):
        await made.start()
    assert not (tmp_path / "home").exists()


async def test_several_profiles_without_a_default_leave_the_choice_to_the_person(
    sample: Path,
) -> None:
    made = spawner(sample, {"slug": "one"}, {"slug": "two"})
    with pytest.raises(RefusedError, match="choose one of one, two"):
        await made._run_apply_user_options({})


async def test_profiles_gone_wrong_are_told_to_the_admin_and_not_to_the_person(
    sample: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = spawner(sample, {"slug": "../mine", "image": "registry/secret"})
    made.log.propagate = True
    with pytest.raises(RefusedError, match="ask the hub's administrator"):
        await made.get_options_form()
    assert "profiles[0]: slug: '../mine'" in caplog.text


def person(*groups: str, admin: bool = False) -> Any:
    """Return what a spawner asks of JupyterHub's user."""
    named = [SimpleNamespace(name=name) for name in groups]
    return SimpleNamespace(name="hypatia", groups=named, admin=admin)


async def test_a_server_is_for_the_groups_that_the_person_is_in_now(sample: Path) -> None:
    made = spawner(sample, {"slug": "mine"}, {"slug": "staff", "groups": ["staff"]})
    asked = {"profile": "staff"}
    with pytest.raises(RefusedError, match="no profile is called 'staff'; there is mine"):
        await made._run_apply_user_options(asked)
    made.user = person("staff")
    await made._run_apply_user_options(asked)
    assert made.chosen_profile().slug == "staff"
    made.user = person("former-staff")
    with pytest.raises(RefusedError, match="no profile is called 'staff'; there is mine"):
        await made._run_apply_user_options(asked)


async def test_whose_groups_allow_nothing_gets_a_page_that_says_so(sample: Path) -> None:
    made = spawner(sample, {"slug": "staff", "groups": ["staff"]})
    assert "no environment that you may use" in await made.get_options_form()
    with pytest.raises(RefusedError, match="no environment that you may use"):
        await made._run_apply_user_options({})
    assert made.profile is None


async def test_a_broken_change_keeps_the_last_good_profiles_and_tells_the_admin_alone(
    sample: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{{slug: mine, display_name: Mine, catalogues: [{sample.name}]}}")
    folders = {"profiles_dir": str(tmp_path), "data_dir": str(sample.parent)}
    made = AstroFlowLocalSpawner(**folders)
    made.log.propagate = True
    assert "Mine" in await made.get_options_form()
    file.write_text("slug: [")
    for _ in range(3):
        page = await made.get_options_form()
    assert "Mine" in page
    assert "mine.yaml" not in page
    assert caplog.text.count("are not taken over; those before stay") == 1
    made.user = person(admin=True)
    assert "mine.yaml" in await made.get_options_form()
    file.write_text(f"{{slug: mine, display_name: New, catalogues: [{sample.name}]}}")
    page = await made.get_options_form()
    assert "New" in page
    assert "mine.yaml" not in page


def test_a_stored_process_id_is_not_taken_for_a_server(sample: Path) -> None:
    made = spawner(sample, {"slug": "mine"})
    made.load_state({"pid": 1})
    assert made.pid == 0
