"""Deciding between copies: what is one content, one header, one broken entry."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from histories import (
    T1,
    T2,
    T3,
    Copy,
    answer,
    decided,
    document,
    losers,
    rivals,
    thing,
    winners,
)

from kt_migrate.history.prepare import Prepared
from kt_migrate.model import Body, Form, Issue

SENDER, SEARCH, QUEUE = Form.SENDER, Form.SEARCH, Form.QUEUE
FULL: Body = {"name": ["Z"], "more": ["1"]}


def sighting(name: str, link: str = "p", source_type: str = "Patient") -> str:
    """Return the SQL that finds one sighting by its message."""
    return (
        "SELECT s.id FROM sighting s JOIN copy c ON c.id = s.copy"
        f" WHERE c.identifier = '{name}' AND s.link = '{link}' AND s.source_type = '{source_type}'"
        " ORDER BY s.id"
    )


def test_each_other_content_of_the_very_version_is_a_rival_once() -> None:
    """Not what says the same, nor what is older; of several copies the first by message."""
    files = [
        Copy("a", [thing("p", T2, FULL)]),
        Copy("b", [thing("p", T2, FULL)]),
        Copy("d", [thing("p", T2, "B")]),
        Copy("c", [thing("p", T2, "B")]),
        Copy("e", [thing("p", T2, "C")]),
        Copy("f", [thing("p", T1, "Old")]),
        Copy("g", [thing("p", T2, "Base")], form=SENDER, timestamp="2021"),
    ]
    for order in (files[:6], files[5::-1]):
        with decided(*order) as (history, _states):
            ((winner, _by),) = winners(history).values()
            assert rivals(history) == {(winner, f"c queue {T2} B"), (winner, f"e queue {T2} C")}
            assert {(who[0], why) for who, _by, why in losers(history)} == {
                *((name, "copy") for name in {*"abcde"} - {winner[0]}),
                ("f", "older-version"),
            }
    with decided(*files) as (history, _states):
        assert rivals(history) == set()
        assert {why for _who, _by, why in losers(history)} == {"older-version"}


def test_what_never_competed_with_the_winner_has_no_rivals() -> None:
    """Two contents of an older version are history."""
    files = [
        Copy("a", [thing("p", T1, "A")]),
        Copy("b", [thing("p", T1, "B")]),
        Copy("c", [thing("p", T2, "C")]),
    ]
    with decided(*files) as (history, _states):
        assert rivals(history) == set()
        assert len(losers(history)) == 2


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ([Copy("a", [thing("p", T1, "A")]), Copy("b", [thing("p", T2, "B")])], 1),
        ([Copy("a", [thing("p", T2, "A")]), Copy("b", [thing("p", T1, "B")])], 0),
        # What another copy of its message, or the server's answer, knows of it counts.
        (
            [
                Copy("a", [thing("p", "", "A")]),
                Copy("b", [thing("p", T2, "B")]),
                Copy("a", [thing("p", T3, "A")]),
            ],
            0,
        ),
        (
            [
                Copy("a", [thing("p", "", "A")]),
                Copy("b", [thing("p", T2, "B")]),
                Copy("a", [thing("q", T3, "A")]),
                Copy("a", [thing("p", T3, "A", "Practitioner")]),
            ],
            None,
        ),
        (
            [
                Copy("a", [thing("p", T1, "A")], form=SENDER),
                Copy("b", [thing("p", T2, "B")]),
                answer("a", ("p", T3)),
            ],
            0,
        ),
        # Without a version of its own, that of the focal object.
        (
            [
                Copy("a", [thing("p", "", "A"), thing("f", T3, "F", "CarePlan")], focal="f"),
                Copy("b", [thing("p", T2, "B"), thing("g", T1, "G", "CarePlan")], focal="g"),
            ],
            0,
        ),
        ([Copy("a", [thing("p", "", "A")], iid=2), Copy("b", [thing("p", "", "B")], iid=1)], 0),
        ([Copy("a", [thing("p", T1, "A")]), Copy("b", [thing("p", T1, FULL)])], 1),
    ],
)
def test_the_last_of_some_sightings_is_found_as_that_of_an_object(
    files: Sequence[Prepared | Copy], first: int | None
) -> None:
    """Whatever order they are given in; None: nothing of what is known sets them apart."""
    with decided(*files) as (history, states):
        one, two = (history.db.execute(sighting(name)).fetchone()[0] for name in "ab")
        ranks = states.rank([one, two]), states.rank([two, one])
        assert ranks[0] + ranks[1] == 1
        assert first in (None, ranks[0])
        assert states.rank([one]) == 0


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ([Copy("a", [thing("p", T1, "A"), thing("p", T1, "A", "Organization")])], (1, 0)),
        ([Copy("a", [thing("q", T1, "A"), thing("p", T1, "A")])], (1, 0)),
        ([Copy("b", [thing("p", T1, "A")]), Copy("a", [thing("p", T1, "A")])], (1, 0)),
        (
            [
                Copy("a", [thing("p", "2021-01-01T00:00:00:000.00", "A")]),
                Copy("a", [thing("p", "2021-01-01T00:00:00:000.0", "A")]),
            ],
            (1, 0),
        ),
        ([Copy("a", [thing("p", T1, "A")], event=e) for e in ("Y", "X")], (1, 0)),
    ],
)
def test_what_is_equal_in_all_that_counts_is_ranked_by_what_it_is(
    files: Sequence[Copy], places: tuple[int, int]
) -> None:
    """By type, link, message, version, event: never by the order of reading."""
    with decided(*files) as (history, states):
        found = [
            row
            for (row,) in history.db.execute(
                "SELECT id FROM sighting WHERE content IS NOT NULL ORDER BY id"
            )
        ]
        assert (states.rank(found), states.rank(found[::-1])) == places


def test_the_focal_object_and_the_content_are_looked_up_only_when_needed() -> None:
    """A million sightings have versions of their own; of what was looked up little is kept."""
    versions = [
        Copy("a", [thing("p", T1, "A"), thing("f", T1, "F", "CarePlan")], focal="f"),
        Copy("b", [thing("p", T2, "B"), thing("n", "1", "N"), thing("only", "x", "O")], focal="f"),
        Copy("c", [thing("n", "2", "M")]),
    ]
    with decided(*versions) as (_history, states):
        assert states._focal_of.cache_info().misses == 0
        assert states.fullness.cache_info().misses == 0
        assert states._focal_of.cache_info().maxsize == 4_096
        assert states.fullness.cache_info().maxsize == 4_096
    mixed = [*versions, Copy("d", [thing("n", "", "D")], focal="f")]
    with decided(*mixed) as (_history, states):
        assert states._focal_of.cache_info().misses == 3


@pytest.mark.parametrize(
    ("copies", "won"),
    [
        # A queue copy first, even when a sender copy has more.
        ([Copy("m", [thing()], form=SENDER), Copy("m", iid=1, event="Y")], ("queue", 1, "Y")),
        # Then the one that has most.
        (
            [Copy("m", iid=1), Copy("m", [thing()], iid=3, event="Z"), Copy("m", iid=2)],
            ("queue", 3, "Z"),
        ),
        ([Copy("m", event="Y", iid=1), Copy("m", event="X", iid=2)], ("queue", 2, "X")),
        ([Copy("m", iid=2), Copy("m", iid=1)], ("queue", 1, "Event")),
    ],
)
def test_there_is_one_header_per_message(
    copies: Sequence[Copy], won: tuple[str, int | None, str]
) -> None:
    """The others are copies of it, whatever the order of reading."""
    for order in (copies, copies[::-1]):
        with decided(*order) as (history, _states):
            (found,) = history.db.execute(
                "SELECT c.form, c.iid, c.event, o.decided_by, o.removed FROM object o"
                " JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy"
                " WHERE o.source_type = 'MessageHeader' AND o.link = 'm'"
            )
            lost = losers(history, "MessageHeader")
        assert found == (*won, "only", 0)
        assert {why for _who, _by, why in lost} == {"copy"}


NO_LINK = "object-without-link"


@pytest.mark.parametrize(
    ("broken", "whole", "superseded"),
    [
        # The n-th broken entry of a type is the n-th link of that type which its copy lacks.
        (
            Copy("m", [thing("b")], broken=[(NO_LINK, "Patient"), (NO_LINK, "Patient")]),
            [Copy("m", [thing(link) for link in "abc"])],
            {"m#entry-1": "a", "m#entry-2": "c"},
        ),
        # Types do not mix; an entry of no known type may be any.
        (
            Copy("m", broken=[(NO_LINK, "Patient"), (NO_LINK, "CarePlan")]),
            [Copy("m", [thing("a", source_type="CarePlan"), thing("b")])],
            {"m#entry-1": "b", "m#entry-1 ": "a"},
        ),
        (
            Copy("m", [thing("b")], broken=[(NO_LINK, "Unknown")]),
            [Copy("m", [thing("a", source_type="Z"), thing("b")])],
            {"m#entry-1": "a"},
        ),
        # More broken entries than missing links: what is left is an object.
        (
            Copy("m", broken=[(NO_LINK, "Patient"), (NO_LINK, "Patient")]),
            [Copy("m", [thing("a")])],
            {"m#entry-1": "a", "m#entry-2": ""},
        ),
        # Another message says nothing of it, nor a copy that is broken as well.
        (Copy("m", broken=[(NO_LINK, "Patient")]), [Copy("n", [thing("a")])], {"m#entry-1": ""}),
        (
            Copy("m", broken=[(NO_LINK, "Patient")]),
            [Copy("m", [thing("a", source_type="CarePlan")])],
            {"m#entry-1": ""},
        ),
        # One that several copies have is one.
        (
            Copy("m", broken=[(NO_LINK, "Patient"), (NO_LINK, "Patient")]),
            [Copy("m", [thing("a")]), Copy("m", [thing("b"), thing("a")])],
            {"m#entry-1": "a", "m#entry-2": "b"},
        ),
    ],
)
def test_a_broken_entry_is_what_another_copy_of_its_message_has(
    broken: Copy, whole: Sequence[Copy], superseded: dict[str, str]
) -> None:
    """Superseded as a copy by that object's last state, or an object of its own."""
    for order in ([broken, *whole], [*whole, broken]):
        with decided(*order) as (history, _states):
            found = history.db.execute(
                "SELECT b.link, coalesce(o.link, ''), coalesce(p.reason, ''), n.sighting IS NULL"
                " FROM refusal r JOIN sighting b ON b.id = r.sighting"
                " LEFT JOIN superseded p ON p.sighting = b.id"
                " LEFT JOIN object o ON o.sighting = p.successor"
                " LEFT JOIN object n ON n.sighting = b.id"
            ).fetchall()
        assert sorted((link, by) for link, by, _why, _is in found) == sorted(
            (link.strip(), by) for link, by in superseded.items()
        )
        assert all((why, gone) == (("copy", 1) if by else ("", 0)) for _l, by, why, gone in found)


@pytest.mark.parametrize(
    ("copies", "won"),
    [
        ([{"form": SENDER}, {"form": QUEUE, "event": "Z"}], ("queue", "Z")),
        ([{"event": "Y"}, {"event": "X"}], ("queue", "X")),
        ([{"form": SENDER, "event": "Y"}, {"form": SENDER, "event": "X"}], ("sender", "X")),
    ],
)
def test_an_entry_that_is_broken_in_every_copy_is_one_object(
    copies: Sequence[dict[str, object]], won: tuple[str, str]
) -> None:
    """The first by form and event, whatever the order of reading."""
    made = [Copy("m", broken=[(NO_LINK, "Patient")], **c) for c in copies]  # type: ignore[arg-type]
    for order in (made, made[::-1]):
        with decided(*order) as (history, _states):
            (found,) = history.refusals()
            ((winner, by),) = winners(history).values()
            ((_who, _by, why),) = losers(history)
        assert found == ("Patient", "m#entry-1", won[1], Issue(code=NO_LINK, path="Patient"))
        assert (winner, by, why) == (f"m {won[0]}  -", "only", "copy")


def test_a_document_that_cannot_be_read_is_nobodys_copy() -> None:
    """Also when a message has its name, and carries what it might have been."""
    issue = Issue(code="file-unreadable", detail="json")
    files: list[Prepared | Copy] = [
        document(kind="", issues=[issue]),
        Copy("0.json", [thing("a", source_type="Document"), thing("b")]),
    ]
    with decided(*files) as (history, _states):
        found = list(history.refusals())

    assert found == [("Document", "0.json", "", issue)]
