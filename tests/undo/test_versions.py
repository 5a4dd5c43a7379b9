"""What a run did to an object of which it writes every version: made it, whatever came after."""

from __future__ import annotations

import pytest

from kt_migrate.load.states import State
from kt_migrate.load.story import Step
from kt_migrate.undo.inventory import Done, done_by
from kt_migrate.undo.states import Kind


def step(state: State, operation: str = "", server_id: str = "", version: str = "") -> Step:
    """Return a step of one write."""
    return Step(seq=1, state=state, operation=operation, server_id=server_id, version=version)


MADE = step(State.EARLIER, "create", "x", "1")
OVER = step(State.INTENT, "update", "x", "1")


@pytest.mark.parametrize(
    ("story", "version"),
    [
        ([MADE], "1"),
        ([MADE, OVER, step(State.EARLIER, "update", "x", "2")], "2"),
        ([MADE, OVER, step(State.UPDATED, "update", "x", "2")], "2"),
        # A last state that was not taken leaves the version before.
        ([MADE, OVER, step(State.REJECTED, "update", "x", "1")], "1"),
    ],
)
def test_a_row_of_versions_is_one_resource_that_was_made(story: list[Step], version: str) -> None:
    """At the version of the last that was taken."""
    assert done_by(story) == [Done(kind=Kind.MADE, server_id="x", version=version)]


def test_a_row_that_found_something_of_before_did_not_make_it() -> None:
    """Written over it is changed, and left as it was it is no deed."""
    first = step(State.INTENT, "create")
    over = step(State.INTENT, "update", "theirs", "7")
    changed = step(State.UPDATED, "update", "theirs", "8")

    assert done_by([first, over, changed]) == [
        Done(kind=Kind.CHANGED, server_id="theirs", version="8", before="7")
    ]
    assert done_by([first, step(State.ADOPTED, "create", "theirs", "7")]) == []


def test_what_was_changed_more_than_once_goes_back_to_before_the_first() -> None:
    """A repair wrote it again; nobody wants our own first content back. Each resource has its own."""
    story = [
        step(State.INTENT, "update", "x", "7"),
        step(State.INTENT, "update", "x", "8"),
        step(State.UPDATED, "update", "x", "9"),
        step(State.REPAIR, "", "x", "9"),
        step(State.INTENT, "update", "x", "9"),
        step(State.UPDATED, "update", "x", "10"),
        step(State.INTENT, "update", "y", "2"),
        step(State.UPDATED, "update", "y", "3"),
    ]

    assert done_by(story) == [
        Done(kind=Kind.CHANGED, server_id="x", version="10", before="8"),
        Done(kind=Kind.CHANGED, server_id="y", version="3", before="2"),
    ]
