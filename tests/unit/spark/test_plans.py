"""Which ids a condition leaves, read from Spark's JSON of its tree."""

from typing import Any

import pytest

from astroflow_spark_gaia.plans import ids_in, intersection, path_of, union

LEAST, GREATEST = -(2**63), 2**63 - 1
PACKAGE = "org.apache.spark.sql.catalyst.expressions."
ID = [{"class": PACKAGE + "AttributeReference", "num-children": 0, "name": "source_id"}]
RA = [{"class": PACKAGE + "AttributeReference", "num-children": 0, "name": "ra"}]


def literal(value: int | None, type_: str = "long") -> list[dict[str, Any]]:
    text = None if value is None else str(value)
    kind = PACKAGE + "Literal"
    return [{"class": kind, "num-children": 0, "value": text, "dataType": type_}]


def node(kind: str, *children: list[dict[str, Any]]) -> list[dict[str, Any]]:
    head = {"class": PACKAGE + kind, "num-children": len(children)}
    return [head, *(part for child in children for part in child)]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (node("EqualTo", ID, literal(5)), [(5, 6)]),
        (node("GreaterThan", ID, literal(5)), [(6, GREATEST)]),
        (node("GreaterThanOrEqual", literal(5), ID), [(LEAST, 6)]),
        (node("LessThan", literal(5), ID), [(6, GREATEST)]),
        (node("LessThanOrEqual", ID, literal(5)), [(LEAST, 6)]),
        (node("In", ID, literal(9), literal(3)), [(3, 4), (9, 10)]),
        (node("In", ID, literal(9), literal(None)), [(LEAST, GREATEST)]),
        (node("In", RA, literal(9)), [(LEAST, GREATEST)]),
        (node("GreaterThan", RA, literal(5)), [(LEAST, GREATEST)]),
        (node("EqualTo", ID, RA), [(LEAST, GREATEST)]),
        (node("EqualTo", ID, literal(5, "double")), [(LEAST, GREATEST)]),
        (node("Not", node("EqualTo", ID, literal(5))), [(LEAST, GREATEST)]),
        (node("LessThan", ID, literal(LEAST)), []),
        (
            node("And", node("GreaterThan", ID, literal(3)), node("LessThan", ID, literal(9))),
            [(4, 9)],
        ),
        (node("And", node("EqualTo", ID, literal(3)), node("IsNotNull", RA)), [(3, 4)]),
        (node("Or", node("EqualTo", ID, literal(3)), node("IsNotNull", RA)), [(LEAST, GREATEST)]),
        (node("Or", node("EqualTo", ID, literal(4)), node("EqualTo", ID, literal(3))), [(3, 5)]),
    ],
)
def test_ids_that_a_condition_leaves(condition: list[dict[str, Any]], ids: list[Any]) -> None:
    assert ids_in(condition) == ids


def test_ranges_are_joined_and_cut() -> None:
    assert union([(5, 7), (1, 2), (2, 6)]) == [(1, 7)]
    assert intersection([(1, 5), (7, 9)], [(4, 8)]) == [(4, 5), (7, 8)]
    assert intersection([(1, 5)], [(5, 8)]) == []


def test_an_address_of_spark_is_a_path() -> None:
    assert str(path_of("file:///data/a%20b/x.parquet")) == "/data/a b/x.parquet"
    assert str(path_of("file:/data/x.parquet")) == "/data/x.parquet"
