"""The last state of each object, and what superseded the others, without any reading."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from histories import (
    T1,
    T2,
    T3,
    T4,
    Copy,
    answer,
    decided,
    losers,
    rivals,
    thing,
    winners,
)

from kt_migrate.history.prepare import Prepared
from kt_migrate.model import Body, Form

SENDER, SEARCH, QUEUE = Form.SENDER, Form.SEARCH, Form.QUEUE
EARLY, LATE = "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"
Files = Sequence[Prepared | Copy]


def full(name: str) -> Body:
    """Return a content that says more than others do."""
    return {"name": [name], "more": ["1"]}


def said(files: Files) -> tuple[object, ...]:
    """Return all that a history says of its patients, the same whatever the order of reading."""
    with decided(*files) as (history, _states):
        return winners(history), losers(history), rivals(history)


def in_every_order(files: Files) -> tuple[object, ...]:
    """Return what a history says, when the order of reading changes nothing of it."""
    orders = list(itertools.permutations(files))
    first, *others = map(said, [*orders[:6], *orders[6::5]])
    for other in others:
        assert other == first
    return first


CASES: list[tuple[str, Files, dict[str, tuple[str, str]], set[tuple[str, str, str]]]] = [
    (
        "a later version supersedes an older one",
        [Copy("a", [thing("p", T1, "A")]), Copy("b", [thing("p", T2, "B")])],
        {"p": (f"b queue {T2} B", "version")},
        {(f"a queue {T1} A", f"b queue {T2} B", "older-version")},
    ),
    (
        "one object decides nothing of another, nor of another type",
        [
            Copy("a", [thing("p", T2, "A"), thing("q", T1, "Q")]),
            Copy("b", [thing("p", T1, "B"), thing("p", T3, "C", "Practitioner")]),
        ],
        {"p": (f"a queue {T2} A", "version"), "q": (f"a queue {T1} Q", "only")},
        {(f"b queue {T1} B", f"a queue {T2} A", "older-version")},
    ),
    (
        "a sender copy has the version that the queue copy of its message got",
        [
            Copy("a", [thing("p", T1, "Base")], form=SENDER),
            Copy("a", [thing("p", T3, "A")]),
            Copy("b", [thing("p", T2, "B")]),
        ],
        {"p": (f"a queue {T3} A", "form")},
        {
            (f"a sender {T1} Base", f"a queue {T3} A", "copy"),
            (f"b queue {T2} B", f"a queue {T3} A", "older-version"),
        },
    ),
    (
        "a stripped copy has it too; the fuller of the two wins",
        [
            Copy("a", [thing("p", "", full("A"))]),
            Copy("a", [thing("p", T2, "A")]),
            Copy("b", [thing("p", T1, "B")]),
        ],
        {"p": ("a queue  A", "fullness")},
        {
            (f"a queue {T2} A", "a queue  A", "copy"),
            (f"b queue {T1} B", "a queue  A", "older-version"),
        },
    ),
    (
        "of two versions of one message the later is what a stripped copy is taken for",
        [
            Copy("a", [thing("p", T1, "Old")]),
            Copy("a", [thing("p", T3, "New")]),
            Copy("a", [thing("p", "", full("Z"))]),
            Copy("b", [thing("p", T2, "B")]),
        ],
        {"p": ("a queue  Z", "fullness")},
        {
            (f"a queue {T1} Old", "a queue  Z", "older-version"),
            (f"a queue {T3} New", "a queue  Z", "copy"),
            (f"b queue {T2} B", "a queue  Z", "older-version"),
        },
    ),
    (
        "of two numbers the greater: not the one that a text puts last",
        [
            Copy("a", [thing("p", "9", "Nine")]),
            Copy("a", [thing("p", "10", "Ten")]),
            Copy("a", [thing("p", "", full("Z"))]),
        ],
        {"p": ("a queue  Z", "fullness")},
        {
            ("a queue 9 Nine", "a queue  Z", "older-version"),
            ("a queue 10 Ten", "a queue  Z", "copy"),
        },
    ),
    (
        "a version that has a moment goes before a number, and that before any text",
        [
            Copy("a", [thing("p", "99", "Number")], iid=1),
            Copy("a", [thing("p", T1, "Instant")], iid=1),
            Copy("a", [thing("p", "zz", "Text")], iid=1),
            Copy("a", [thing("p", "", full("Z"))], iid=1),
        ],
        {"p": ("a queue  Z", "fullness")},
        {
            ("a queue 99 Number", "a queue  Z", "older-version"),
            (f"a queue {T1} Instant", "a queue  Z", "copy"),
            ("a queue zz Text", "a queue  Z", "older-version"),
        },
    ),
    (
        "the least number goes before any text",
        [
            Copy("a", [thing("p", "1", "One")], iid=1),
            Copy("a", [thing("p", "zz", "Text")], iid=1),
            Copy("a", [thing("p", "", full("Z"))], iid=1),
        ],
        {"p": ("a queue  Z", "fullness")},
        {
            ("a queue 1 One", "a queue  Z", "copy"),
            ("a queue zz Text", "a queue  Z", "older-version"),
        },
    ),
    (
        "of two texts the last",
        [
            Copy("a", [thing("p", "y", "Y")], iid=1),
            Copy("a", [thing("p", "x", "X")], iid=1),
            Copy("a", [thing("p", "", full("Z"))], iid=1),
        ],
        {"p": ("a queue  Z", "fullness")},
        {
            ("a queue x X", "a queue  Z", "older-version"),
            ("a queue y Y", "a queue  Z", "copy"),
        },
    ),
    (
        "an update comes just after its base, the later of two bases",
        [
            Copy("a", [thing("p", T1, "A1")], form=SENDER),
            Copy("a", [thing("p", T3, full("A3"))], form=SENDER),
            Copy("b", [thing("p", T3, "B")]),
            Copy("c", [thing("p", T2, "C")]),
        ],
        {"p": (f"a sender {T3} A3", "fullness")},
        {
            # What its message knows of its base is that of both copies.
            (f"a sender {T1} A1", f"a sender {T3} A3", "copy"),
            (f"b queue {T3} B", f"a sender {T3} A3", "older-version"),
            (f"c queue {T2} C", f"a sender {T3} A3", "older-version"),
        },
    ),
    (
        "the server's answer gives a sender copy its version",
        [
            Copy("a", [thing("p", T1, "A")], form=SENDER),
            Copy("b", [thing("p", T2, "B")]),
            answer("a", ("p", T3), ("q", T4)),
        ],
        {"p": (f"a sender {T1} A", "version")},
        {(f"b queue {T2} B", f"a sender {T1} A", "older-version")},
    ),
    (
        "an answer to another message gives it none",
        [
            Copy("a", [thing("p", T1, "A")], form=SENDER),
            Copy("b", [thing("p", T2, "B")]),
            answer("x", ("p", T3)),
            answer("a", ("q", T3)),
        ],
        {"p": (f"b queue {T2} B", "version")},
        {(f"a sender {T1} A", f"b queue {T2} B", "older-version")},
    ),
    (
        "what is not later than the version that another copy got does not count",
        [
            Copy("a", [thing("p", T1, "A")], form=SENDER),
            Copy("a", [thing("p", T3, "A")]),
            answer("a", ("p", T2)),
            Copy("b", [thing("p", T2, "B")]),
        ],
        {"p": (f"a queue {T3} A", "version")},
        {
            (f"a sender {T1} A", f"a queue {T3} A", "copy"),
            (f"b queue {T2} B", f"a queue {T3} A", "older-version"),
        },
    ),
    (
        "a queue copy's own version stands, whatever another copy of its message has",
        [
            Copy("a", [thing("p", T1, "Old")]),
            Copy("a", [thing("p", T3, "New")]),
            Copy("b", [thing("p", T2, "B")]),
        ],
        {"p": (f"a queue {T3} New", "version")},
        {
            (f"a queue {T1} Old", f"a queue {T3} New", "older-version"),
            (f"b queue {T2} B", f"a queue {T3} New", "older-version"),
        },
    ),
    (
        "what has no version counts by that of its message's focal object",
        [
            Copy("a", [thing("p", "", "A"), thing("f", T2, "F", "CarePlan")], focal="f"),
            Copy("b", [thing("p", "", "B"), thing("g", T1, "G", "CarePlan")], focal="g"),
        ],
        {"p": ("a queue  A", "focal-version")},
        {("b queue  B", "a queue  A", "older-version")},
    ),
    (
        "a focal object that only another copy of the message carries counts as well",
        [
            Copy("a", [thing("p", "", "A")]),
            Copy("a", [thing("f", T3, "F", "CarePlan")], focal="f"),
            Copy("b", [thing("p", T2, "B")]),
        ],
        {"p": ("a queue  A", "focal-version")},
        {(f"b queue {T2} B", "a queue  A", "older-version")},
    ),
    (
        "a focal object's base counts for what it is",
        [
            Copy(
                "a", [thing("p", "", "A"), thing("f", T2, "F", "CarePlan")], focal="f", form=SENDER
            ),
            Copy("b", [thing("p", T2, "B")], iid=7),
        ],
        {"p": ("a sender  A", "focal-version")},
        {(f"b queue {T2} B", "a sender  A", "older-version")},
    ),
    (
        "of two with one focal version the update of it is the later",
        [
            Copy("a", [thing("p", "", "A"), thing("f", T2, "F", "CarePlan")], focal="f"),
            Copy(
                "b", [thing("p", "", "B"), thing("f", T2, "F", "CarePlan")], focal="f", form=SENDER
            ),
        ],
        {"p": ("b sender  B", "focal-version")},
        {("a queue  A", "b sender  B", "older-version")},
    ),
    (
        "the server's counter, of whatever copy has it; the lowest of several",
        [
            Copy("a", [thing("p", "", "A")], form=SENDER),
            Copy("a", iid=5),
            Copy("a", iid=1),
            Copy("b", [thing("p", "", "B")], iid=3),
        ],
        {"p": ("b queue  B", "iid")},
        {("a sender  A", "b queue  B", "older-version")},
    ),
    (
        "the sender's clock, of whatever copy has it; the earliest of several",
        [
            Copy("a", [thing("p", "", "A")], form=SENDER),
            Copy("a", timestamp="2021-01-03"),
            Copy("a", timestamp="2021-01-01"),
            Copy("b", [thing("p", "", "B")], timestamp="2021-01-02"),
        ],
        {"p": ("b queue  B", "timestamp")},
        {("a sender  A", "b queue  B", "older-version")},
    ),
]


@pytest.mark.parametrize(
    ("files", "won", "lost"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_one_copy_knows_its_other_copies_know(
    files: Files, won: dict[str, tuple[str, str]], lost: set[tuple[str, str, str]]
) -> None:
    """In whatever order they are read."""
    assert in_every_order(files)[:2] == (won, lost)
