"""Addresses: a good, an odd and a refused value."""

from __future__ import annotations

import pytest

from kt_migrate.model import Json, Node
from ruling import asked


@pytest.mark.parametrize(
    ("node", "made"),
    [
        (
            {
                "use": ["home"],
                "line": ["Dorpsstraat 1", "bis"],
                "city": ["Ons Dorp"],
                "zip": ["1234 AB"],
                "country": ["NL"],
                "state": ["X"],
            },
            {
                "use": "home",
                "line": ["Dorpsstraat 1", "bis"],
                "city": "Ons Dorp",
                "postalCode": "1234 AB",
                "country": "NL",
            },
        ),
        ({"use": ["work"], "city": ["A"]}, {"use": "work", "city": "A"}),
        ({"use": ["temp"], "zip": ["1"]}, {"use": "temp", "postalCode": "1"}),
        ({"use": ["old"], "country": ["NL"]}, {"use": "old", "country": "NL"}),
        ({"use": ["billing"], "city": ["A"]}, {"city": "A"}),
        ({"line": ["A"], "city": [""]}, {"line": ["A"]}),
        ({"use": ["home"], "period": [{"start": ["2020"]}]}, None),
        ("Dorpsstraat 1", None),
    ],
)
def test_an_address_is_rebuilt_and_an_empty_one_left_out(node: Node, made: Json) -> None:
    """DSTU1's zip is R4's postalCode; the next address is kept."""
    last: Node = {"city": ["Z"]}

    found, ruling = asked("addresses", [node, last])

    assert found == ([] if made is None else [made]) + [{"city": "Z"}]
    assert asked("addresses", [node])[0] == (None if made is None else [made])
    assert ruling.silent
