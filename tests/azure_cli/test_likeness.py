"""What counts as expected, and above all what doesn't."""

import pytest
from likeness import assert_like, filled

ONE, OTHER = "0c0ffee0-0000-4000-8000-000000000001", "0c0ffee0-0000-4000-8000-000000000002"


def test_a_name_stands_for_the_guid_that_it_met_first():
    names = {}
    assert_like({"a": "<x>", "b": ["/in/<x>", None, 2]}, {"a": ONE, "b": [f"/in/{ONE}", None, 2]}, names)
    assert names == {"x": ONE}
    assert filled("show <x>", names) == f"show {ONE}"
    assert_like({"<x>": {}}, {ONE: {}}, names)
    with pytest.raises(AssertionError, match="instead of"):
        assert_like("<x>", OTHER, names)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {}),
        ({}, {"a": None}),
        ({"a": 1}, {"a": True}),
        ({"a": True}, {"a": 1}),
        ({"a": None}, {"a": ""}),
        ([1], [1, 2]),
        ([1, 2], [2, 1]),
        ([], None),
        ({}, []),
        ("<x>", "no-guid"),
        ("<x>", ONE + "0"),
        ("<x>", None),
        ("<time>", "2026-11-23"),
        ("a.c", "abc"),
        ("Reader", "reader"),
    ],
)
def test_what_is_not_the_same(expected, actual):
    with pytest.raises(AssertionError):
        assert_like(expected, actual, {})
