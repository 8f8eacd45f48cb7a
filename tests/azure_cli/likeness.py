"""Whether a result is what was expected, where `<name>` stands for a value.

A name that is known stands for its value. Any other one stands for a GUID, which it is the name of from then on.
`<time>` is a moment, which is not kept.
"""

import re

NAME = re.compile(r"<([\w.]+)>")
GUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"


def filled(text, names):
    """A text with the values of its names."""
    return NAME.sub(lambda found: names[found[1]], text)


def assert_like(expected, actual, names, where="result"):
    """Compares everything: no member may be missing, and none be more."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), f"{where} is {actual!r}"
        known = {filled(key, names): value for key, value in expected.items()}
        assert sorted(actual) == sorted(known), f"the members of {where}"
        for key, value in known.items():
            assert_like(value, actual[key], names, f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), f"{where} is {actual!r}"
        assert len(actual) == len(expected), f"the items of {where}: {actual}"
        for number, value in enumerate(expected):
            assert_like(value, actual[number], names, f"{where}[{number}]")
    elif isinstance(expected, str):
        pattern, bound = "", []
        for number, part in enumerate(NAME.split(expected)):
            if number % 2 == 0:
                pattern += re.escape(part)
            elif part == "time":
                pattern += TIME
            elif part in names:
                pattern += re.escape(names[part])
            else:
                pattern += f"({GUID})"
                bound.append(part)
        found = re.fullmatch(pattern, actual) if isinstance(actual, str) else None
        assert found, f"{where} is {actual!r} instead of {filled_where_known(expected, names)!r}"
        names.update(zip(bound, found.groups(), strict=False))
    else:
        assert (type(actual), actual) == (type(expected), expected), where


def filled_where_known(text, names):
    return NAME.sub(lambda found: names.get(found[1], found[0]), text)
