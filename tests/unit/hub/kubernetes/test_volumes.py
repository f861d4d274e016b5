from typing import Any

import pytest

from astroflow_hub.kubernetes.volumes import (
    CatalogueVolume,
    VolumesError,
    build_catalogue,
    catalogue_path,
    read_volumes,
    select_volumes,
)

SOURCES: list[dict[str, Any]] = [
    {"nfs": {"server": "nfs.example.org", "path": "/gaia"}},
    {"cephfs": {"monitors": ["192.0.2.1"], "secretRef": {"name": "ceph"}}},
    {"csi": {"driver": "cephfs.csi.ceph.com", "volumeHandle": "gaia"}},
]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_made_read_only(source: dict[str, Any]) -> None:
    kind = next(iter(source))
    volume, _ = build_catalogue("space", "gaia", source)
    assert volume["spec"][kind]["readOnly"]


@pytest.mark.parametrize("kind", ["hostPath", "local"])
def test_a_source_without_such_a_field_is_left_as_it_is(kind: str) -> None:
    volume, _ = build_catalogue("space", "gaia", {kind: {"path": "/gaia"}})
    assert volume["spec"][kind] == {"path": "/gaia"}


def test_a_csi_handle_can_be_of_each_namespace() -> None:
    source = {"csi": {"driver": "d", "volumeHandle": "gaia-{namespace}"}}
    volume, _ = build_catalogue("space", "gaia", source)
    assert volume["spec"]["csi"]["volumeHandle"] == "gaia-space"


def test_what_a_named_volume_is_bound_to_is_not_taken_over() -> None:
    source = {"nfs": {"path": "/gaia"}, "claimRef": {"name": "admins"}, "storageClassName": "nfs"}
    volume, claim = build_catalogue("space", "gaia", source)
    bound = volume["spec"]["claimRef"]
    assert bound == {"namespace": "space", "name": claim["metadata"]["name"]}
    assert volume["spec"]["storageClassName"] == ""


def test_no_two_persons_have_a_volume_of_one_name() -> None:
    first, _ = build_catalogue("hub-hypatia", "gaia-dr3", SOURCES[0])
    second, _ = build_catalogue("hub-hypatia-gaia", "dr3", SOURCES[0])
    assert first["metadata"]["name"] != second["metadata"]["name"]


def test_another_source_is_another_volume() -> None:
    first, _ = build_catalogue("space", "gaia", SOURCES[0])
    second, _ = build_catalogue("space", "gaia", SOURCES[1])
    assert first["metadata"]["annotations"] != second["metadata"]["annotations"]


def test_volumes_of_a_profile_are_those_with_its_catalogues(
    volumes: dict[str, CatalogueVolume],
) -> None:
    assert list(select_volumes(volumes, ["gaia-dr3"])) == ["gaia-dr3", "gaia-dr3-data-ssd-dask"]


def test_a_catalogue_without_a_volume_is_named(volumes: dict[str, CatalogueVolume]) -> None:
    with pytest.raises(VolumesError, match="catalogue 'gaia-dr4' is missing"):
        select_volumes(volumes, ["gaia-dr3", "gaia-dr4"])


def test_a_catalogue_is_where_its_volume_is_mounted() -> None:
    volumes = read_volumes({"gaia": {"persistent_volume": "gaia", "mount_path": "/data/gaia"}})
    assert str(catalogue_path(volumes, "gaia")) == "/data/gaia"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"Gaia_DR3": {"persistent_volume": "gaia"}}, "Gaia_DR3"),
        ({"gaia": {}}, "gaia.persistent_volume: Field required"),
        (
            {"gaia": {"persistent_volume": "gaia", "path": "/x"}},
            "gaia.path: there is no such field",
        ),
        ({"gaia": {"persistent_volume": "gaia", "mount_path": "mnt"}}, "gaia.mount_path"),
    ],
)
def test_a_volume_that_is_described_wrongly_is_named(raw: dict[str, Any], told: str) -> None:
    with pytest.raises(VolumesError, match=told):
        read_volumes(raw)
