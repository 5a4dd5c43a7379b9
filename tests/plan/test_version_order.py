"""The order when versions count: an object goes after all that any of its versions refers to."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import pytest

from kt_migrate.plan.ledger import Ledger
from kt_migrate.plan.version_order import put_in_order


def ordered(
    last: Mapping[str, str], versions: Mapping[str, str]
) -> tuple[str, list[tuple[str, int]], str]:
    """Put resources in order.

    Args:
        last: resource → those that its last state refers to.
        versions: resource → what each version refers to, separated by spaces.

    Returns:
        The resources in order, whose versions were taken away (how many), and what versions stay.
    """
    ledger = Ledger(sqlite3.connect(":memory:"))
    names = sorted(last)
    for number, name in enumerate(names, start=1):
        ledger.db.execute(
            "INSERT INTO draft (id, r4_type, system, value, source_type, link, event)"
            " VALUES (?, 'Task', 's', ?, 'T', ?, 'E')",
            (number, name, name),
        )
    for name, targets in last.items():
        for place, target in enumerate(targets):
            ledger.db.execute(
                "INSERT INTO draft_reference (draft, place, target) VALUES (?, ?, ?)",
                (names.index(name) + 1, place, names.index(target) + 1),
            )
    number = 0
    for name, row in versions.items():
        for place, targets in enumerate(row.split(" ")):
            number += 1
            ledger.db.execute(
                "INSERT INTO version_draft (id, draft, place) VALUES (?, ?, ?)",
                (number, names.index(name) + 1, place),
            )
            for target in targets:
                ledger.db.execute(
                    "INSERT INTO version_target VALUES (?, ?)", (number, names.index(target) + 1)
                )
    gone = [(subject.link, count) for subject, count in put_in_order(ledger.db)]
    order = "".join(v for (v,) in ledger.db.execute("SELECT value FROM draft ORDER BY seq"))
    kept = ledger.db.execute(
        "SELECT d.value FROM version_draft v JOIN draft d ON d.id = v.draft ORDER BY v.id"
    )
    return order, gone, "".join(v for (v,) in kept)


@pytest.mark.parametrize(
    ("last", "versions", "found"),
    [
        ({"a": "", "b": ""}, {"a": "b"}, ("ba", [], "a")),
        ({"a": "", "b": "a", "c": ""}, {"a": "c", "b": "c a"}, ("cab", [], "abb")),
        # A version gives way, never a last state; only versions that refer into the ring do.
        ({"a": "", "b": "a"}, {"a": "b a b"}, ("ab", [("a", 3)], "")),
        ({"a": "", "b": "a", "c": ""}, {"a": "b c"}, ("cab", [("a", 1)], "a")),
        # Two objects whose versions refer to each other: the first gives way, the other stays.
        ({"a": "", "b": ""}, {"a": "b", "b": "a"}, ("ab", [("a", 1)], "b")),
        # A version that refers to its own object.
        ({"a": ""}, {"a": "a"}, ("a", [("a", 1)], "")),
        # What merely waits for a ring loses nothing.
        (
            {"a": "", "b": "a", "c": "", "d": ""},
            {"a": "b", "c": "a", "d": "c"},
            ("abcd", [("a", 1)], "cd"),
        ),
    ],
)
def test_an_object_goes_after_what_any_version_refers_to(
    last: dict[str, str], versions: dict[str, str], found: tuple[object, ...]
) -> None:
    """And where that goes round, versions are taken away, one object at a time."""
    assert ordered(last, versions) == found
