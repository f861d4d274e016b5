"""Addresses of schedulers."""

import pytest

from astroflow_dask_gaia.address import host_and_port


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("tcp://127.0.0.1:8786", ("127.0.0.1", 8786)),
        ("127.0.0.1:8786", ("127.0.0.1", 8786)),
        ("tls://scheduler.dask.svc.cluster.local:1", ("scheduler.dask.svc.cluster.local", 1)),
        ("tcp://[::1]:8786", ("::1", 8786)),
    ],
)
def test_an_address_has_a_host_and_a_port(address: str, place: tuple[str, int]) -> None:
    assert host_and_port(address) == place


@pytest.mark.parametrize("address", ["", "tcp://", "tcp://host", "tcp://:1", "tcp://host:65536"])
def test_anything_else_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match=r"tcp://host:port|Port out of range"):
        host_and_port(address)
