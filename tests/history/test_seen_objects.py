"""What an archive says of its objects: counts, versions, days, what decided, duplicates, oddities."""

from __future__ import annotations

import pytest
from histories import T1, T2, Copy, answer, document, extension, file_of, taken_in, thing
from looking import looked

from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.inspection import look
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.seen_objects import Duplicates
from kt_migrate.model import Body, Form, Issue

EARLY, LATE = "2021-01-01T00:00:00Z", "2021-03-01T00:00:00Z"


def test_objects_are_counted_with_their_sightings_and_versions() -> None:
    """Headers and documents are none; a part of a care plan has no version of its own."""
    plan: Body = {"activity": [{"id": ["1"]}], "goal": [{"id": ["g"]}]}
    found = looked(
        Copy("a", [thing("p", T1, "A"), thing("c", T1, plan, "CarePlan")]),
        Copy("b", [thing("p", T1, "A"), thing("q", "", "Q")], event="Other"),
        Copy("c", [thing("p", T2, "B"), thing("q", T1, "Q")], event="Other"),
        document(kind="", issues=[Issue(code="file-unreadable")]),
    ).objects

    assert list(found) == ["CarePlan", "CarePlanActivity", "CarePlanGoal", "Patient"]
    counts = {t: (row.objects, row.sightings, row.versions) for t, row in found.items()}
    assert counts == {
        "CarePlan": (1, 1, 1),
        "CarePlanActivity": (1, 1, None),
        "CarePlanGoal": (1, 1, None),
        "Patient": (2, 5, 3),
    }


@pytest.mark.parametrize(
    ("copies", "by"),
    [
        ([Copy("a", [thing("p", T1)])], "only"),
        ([Copy("a", [thing("p", T1, "A")]), Copy("b", [thing("p", T2, "B")])], "version"),
        (
            [
                Copy("a", [thing("p", "", "A"), thing("c", T1, "", "CarePlan")], focal="c"),
                Copy("b", [thing("p", "", "B"), thing("c", T2, "", "CarePlan")], focal="c"),
            ],
            "focal-version",
        ),
        ([Copy("a", [thing("p", "", "A")], iid=1), Copy("b", [thing("p", "", "B")], iid=2)], "iid"),
        (
            [
                Copy("a", [thing("p", "", "A")], timestamp=EARLY, form=Form.SENDER),
                Copy("b", [thing("p", "", "B")], timestamp=LATE, form=Form.SENDER),
            ],
            "timestamp",
        ),
        (
            [
                Copy("a", [thing("p", T1, "A")]),
                Copy("b", [thing("p", T1, "B")], form=Form.SEARCH),
            ],
            "form",
        ),
        (
            [
                Copy("a", [thing("p", T1, {"name": ["A"], "x": ["y"]})]),
                Copy("b", [thing("p", T1, "B")]),
            ],
            "fullness",
        ),
        ([Copy("a", [thing("p", T1, "A")]), Copy("b", [thing("p", T1, "B")])], "content"),
    ],
)
def test_which_key_decided_is_counted_per_type(copies: list[Copy], by: str) -> None:
    """kt13.md §5.5: whatever the order of reading; another type is counted apart."""
    other = Copy("z", [thing("o", T1, "O", "Organization")])
    for some in (copies, copies[::-1]):
        found = looked(*some, other).objects

        assert found["Patient"].decided_by == {by: 1}
        assert found["Organization"].decided_by == {"only": 1}


def test_several_objects_of_one_type_add_up_per_key() -> None:
    """Objects, and not sightings."""
    found = looked(
        Copy("a", [thing("p", T1, "A"), thing("q", T1, "A"), thing("r", T1, "A")]),
        Copy("b", [thing("p", T2, "B"), thing("q", T2, "B")]),
        Copy("c", [thing("s", T1, "A")], form=Form.SENDER),
    ).objects["Patient"]
    assert found.decided_by == {"only": 2, "version": 2}
    assert found.objects == 4


@pytest.mark.parametrize(
    ("version", "timestamp", "day"),
    [
        ("2021-02-03T00:00:00:001.1", LATE, "2021-02-03"),
        ("", LATE, "2021-03-01"),
        ("812909", LATE, "2021-03-01"),
        ("", "", ""),
        ("Jansen", "Pieters", ""),
    ],
)
def test_the_newest_day_is_that_of_the_version_else_of_the_message(
    version: str, timestamp: str, day: str
) -> None:
    """The newest of the last states; what is no day is not shown."""
    found = looked(Copy("a", [thing("p", version)], timestamp=timestamp)).objects["Patient"]
    assert found.latest == day

    more = Copy("b", [thing("q", "2020-01-01T00:00:00:001.1")], timestamp="")
    both = looked(Copy("a", [thing("p", version)], timestamp=timestamp), more).objects["Patient"]
    assert both.latest == (day or "2020-01-01")


def test_objects_that_only_a_sender_s_copy_has_are_counted() -> None:
    """Not those that a queue copy, a search or an answer has too, whichever is the last."""
    sender = Form.SENDER
    found = looked(
        Copy("a", [thing("only", T1, "A")], form=sender),
        Copy("b", [thing("only", T2, "B")], form=sender),
        Copy("c", [thing("both", T1, "A")], form=sender),
        Copy("c", [thing("both", T1, "A")]),
        Copy("d", [thing("update", T1, "A")]),
        Copy("e", [thing("update", T1, "B")], form=sender),
        Copy("s", [thing("search", T1, "A")], form=Form.SEARCH),
        Copy("t", [thing("search", T1, "B")], form=sender),
        Copy("f", [thing("answered", "", "A")], form=sender),
        answer("f", ("answered", T1)),
    ).objects["Patient"]
    assert found.sender_only == 1


def test_what_is_there_twice_is_counted() -> None:
    """Copies beyond a message's first; files of equal bytes; contents of one version."""
    with taken_in() as history:
        for place, copy in enumerate(
            [
                Copy("a", [thing("p", T1, "A")]),
                Copy("a", [thing("p", T1, "A")]),
                Copy("a", [thing("p", T1, "less")], form=Form.SENDER),
                Copy("b", [thing("q", T1, "Q")]),
                Copy("c", [thing("q", T1, "other")]),
                Copy("d", [thing("q", T1, "another")]),
            ]
        ):
            history.add_document(file_of("same" if place < 2 else f"{place}"), document(copy))
        history.write()
        states = LastStates(history)
        states.decide()
        CarePlans(history, states).take_apart()
        found = look(history)
    assert found.duplicates == Duplicates(
        message_copies=2, equal_files=1, same_message=1, same_version=1
    )


def test_what_is_odd_is_counted_per_code() -> None:
    """Refusals that no other copy makes up for; the others are duplicates and no oddities."""
    broken = [("object-without-link", "Patient")]
    found = looked(
        Copy("a", broken=broken),
        Copy("b", broken=broken),
        Copy("b", broken=broken),
        Copy("b", [thing()], broken=[]),
        document(kind="", issues=[Issue(code="file-unreadable")]),
        document(kind="", issues=[Issue(code="file-doctype")]),
    )
    assert found.odd == {"file-doctype": 1, "file-unreadable": 1, "object-without-link": 1}
    assert list(found.odd) == sorted(found.odd)
    assert looked(Copy("a"), Copy("b")).odd == {}


def test_what_the_error_list_will_say_of_the_reading_is_counted_too() -> None:
    """Characters taken out, links that are spelled alike, activities that are there twice."""
    own = extension("CarePlan#ActivityIdentifier", valueString="a-1")
    plan: Body = {"activity": [{"extension": [own]}]}
    found = looked(
        Copy("a", [thing("http://x.example/1")._replace(removed=2), thing("https://X.example/1")]),
        Copy("b", [thing("c", T1, plan, "CarePlan"), thing("d", T1, plan, "CarePlan")]),
    )
    assert found.odd == {"activity-duplicate": 1, "characters-removed": 1, "links-alike": 2}
