"""What an admin may add to My Services, and what they are told when it is wrong."""

import logging
from pathlib import Path

import pytest

from astroflow_hub.portal.services import ServicesError, watch_services

LOG = logging.getLogger(__name__)
ONE = "services: [{{name: Chat, url: '{url}'}}]"


def read(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return [service.name for service in watch_services(path).now(LOG).services]


def test_without_a_file_nothing_is_added(tmp_path: Path) -> None:
    assert watch_services(tmp_path / "services.yaml").now(LOG).services == ()


def test_a_service_is_shown_to_its_groups_or_to_everybody(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    names = "{name: Wiki, url: /wiki}, {name: Tickets, url: 'https://t.org', groups: [staff]}"
    path.write_text(f"services: [{names}]")
    services = watch_services(path).now(LOG)
    assert [one.name for one in services.for_groups([])] == ["Wiki"]
    assert [one.name for one in services.for_groups(["staff", "x"])] == ["Wiki", "Tickets"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example.org",
        " https://a.org",
        "https://a.org/ b",
        "https:///x",
        "ftp://a.org",
        "",
    ],
)
def test_an_address_that_is_no_link_to_a_page_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ServicesError, match=r"services\.yaml: services\.0\.url"):
        read(tmp_path / "services.yaml", ONE.format(url=url))


@pytest.mark.parametrize("url", ["https://a.org", "http://a.org:80/x?y=1#z", "/", "/services/x"])
def test_an_address_of_a_page_is_taken(tmp_path: Path, url: str) -> None:
    assert read(tmp_path / "services.yaml", ONE.format(url=url)) == ["Chat"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: [{name: Chat}]", "services.0.url: Field required"),
        ("services: [{name: C, url: /, icon: x}]", "services.0.icon: there is no such field"),
        ("services: [{name: C, url: /, groups: []}]", "services.0.groups"),
        ("- {name: Chat, url: /}", "whole file"),
        ("services: [", "not valid YAML"),
    ],
)
def test_a_problem_is_told_with_its_file_and_field(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ServicesError) as refused:
        read(tmp_path / "services.yaml", text)
    assert str(refused.value).startswith(str(tmp_path))
    assert words in str(refused.value)


def test_a_change_counts_at_once_and_a_broken_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    watch = watch_services(path)
    assert watch.now(LOG).services == ()
    path.write_text(ONE.format(url="/"))
    assert len(watch.now(LOG).services) == 1
    path.write_text("services: [")
    assert len(watch.now(LOG).services) == 1
    assert "not valid YAML" in str(watch.problem)
    path.unlink()
    assert watch.now(LOG).services == ()
    assert watch.problem is None
