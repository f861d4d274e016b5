"""YAML that others wrote can neither exhaust the reader nor lose a key."""

import pytest
import yaml

from astroflow_core.yaml_text import load_yaml

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, {c: 2}]", {"a": 1, "b": ["x", {"c": 2}]}),
        ("a: &size {pods: 2}\nb: *size", {"a": {"pods": 2}, "b": {"pods": 2}}),
        ("a: &s {pods: 2}\nb: {<<: *s, c: 1}", {"a": {"pods": 2}, "b": {"pods": 2, "c": 1}}),
        ("a: &size {pods: 2}\nb: {<<: *size, pods: 3}", {"a": {"pods": 2}, "b": {"pods": 3}}),
        ("", None),
    ],
)
def test_what_people_write_is_read(text: str, value: object) -> None:
    assert load_yaml(text) == value


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "larger than 100000 values"),
        ("[" * 100_000, "deeper than 64 levels"),
        ("- " * 65 + "x", "deeper than 64 levels"),
        ("- " * 2000 + "x", "deeper than 64 levels"),  # libyaml has limits of its own at 1000
        ("{a: " * 2000, "deeper than 64 levels"),
        ("\n".join(" " * level + "a:" for level in range(1200)), "deeper than 64 levels"),
        ("a: &a [*a]", "'a' holds itself"),
        ("a: 1\nb: 2\na: 3", r"the key 'a' stands twice \(line 3\)"),
        ("o: {s: 1, s: 2}", "the key 's' stands twice"),
        ("x" * (2**20 + 1), "longer than 1048576 characters"),
        ("a: [", "expected"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
    ],
)
def test_whatever_else_is_refused_with_a_sentence(text: str, message: str) -> None:
    with pytest.raises(yaml.YAMLError, match=message):
        load_yaml(text)
