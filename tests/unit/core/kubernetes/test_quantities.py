import pytest

from astroflow_core.kubernetes.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("0.5", 0.5),
        ("940m", 0.94),
        ("10241064Ki", 10241064 * 1024),
        ("1.5Gi", 1.5 * 2**30),
        ("2M", 2_000_000),
        ("2k", 2000),
        ("12e6", 12_000_000),
        ("100u", 0.0001),
        ("1E", 10**18),
        ("1Ei", 2**60),
    ],
)
def test_a_quantity_is_a_number(text: str, number: float) -> None:
    assert float(parse_quantity(text)) == number


@pytest.mark.parametrize("text", ["", "much", "1 Gi", "1gi", "-1", "1e"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse_quantity(text)
