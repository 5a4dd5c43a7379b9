"""Which of two states is the later one (kt13.md §5.4, §5.5)."""

from __future__ import annotations

import pytest

from kt_migrate.history.order import Candidate, last, says_no_more
from kt_migrate.model import Body, Form


def fullness(candidate: Candidate) -> int:
    """Say how much a test's content says."""
    return len(candidate.content)


def candidate(**changes: object) -> Candidate:
    """Return a candidate with nothing but its content."""
    known: dict[str, object] = {
        "version": None,
        "form": Form.QUEUE,
        "assigned": True,
        "focal_version": None,
        "focal_assigned": True,
        "iid": None,
        "timestamp": "",
        "content": "a",
    }
    return Candidate(**{**known, **changes})  # type: ignore[arg-type]  # a test's table


V1, V2 = "2021-01-01T00:00:00:001.10", "2021-01-01T00:00:00:001.9"


@pytest.mark.parametrize(
    ("early", "late", "by"),
    [
        ({"version": V2}, {"version": V1}, "version"),
        ({"version": "9"}, {"version": "10"}, "version"),
        ({"version": V1}, {"version": V1, "assigned": False, "form": Form.SENDER}, "version"),
        ({"version": V2}, {"focal_version": V1}, "focal-version"),
        ({"iid": 5, "timestamp": "2022-01-01"}, {"iid": 6, "timestamp": "2021-01-01"}, "iid"),
        ({"timestamp": "2021-01-01T00:00:00Z"}, {"version": V1, "timestamp": "x"}, "timestamp"),
        ({"content": "a"}, {"content": "b"}, "content"),
        ({"version": V1, "content": "a"}, {"version": V1, "content": "b"}, "content"),
        (
            {"version": V1, "form": Form.SENDER, "content": "fuller"},
            {"version": V1, "form": Form.QUEUE, "content": "a"},
            "form",
        ),
        (
            {"version": V1, "form": Form.SEARCH, "content": "fuller"},
            {"version": V1, "form": Form.QUEUE, "content": "a"},
            "form",
        ),
        (
            {"version": V1, "form": Form.SENDER, "content": "fuller"},
            {"version": V1, "form": Form.SEARCH, "content": "a"},
            "form",
        ),
        (
            {"version": V1, "content": "z", "timestamp": "2022-01-01T00:00:00Z"},
            {"version": V1, "content": "fuller", "timestamp": "2021-01-01T00:00:00Z"},
            "fullness",
        ),
        (
            {
                "version": V1,
                "assigned": False,
                "form": Form.SENDER,
                "content": "fuller",
                "timestamp": "2021-01-01T00:00:00Z",
            },
            {
                "version": V1,
                "assigned": False,
                "form": Form.SENDER,
                "content": "a",
                "timestamp": "2022-01-01T00:00:00Z",
            },
            "timestamp",
        ),
    ],
)
def test_the_first_key_that_all_have_decides(
    early: dict[str, object], late: dict[str, object], by: str
) -> None:
    """kt13.md §5.5; the order in which they come in does not matter."""
    first, second = candidate(**early), candidate(**late)

    found, again = last([first, second], fullness), last([second, first], fullness)
    assert (found.index, found.decided_by) == (1, by)
    assert (again.index, again.decided_by) == (0, by)
    assert last([first], fullness).decided_by == "only"


def test_only_what_has_the_very_version_that_won_is_a_rival() -> None:
    """An older version is none, nor is an update of it, nor what won without a version."""
    same, other = candidate(version=V1, content="b"), candidate(version=V1, content="a")
    older = candidate(version=V2)

    assert last([older, same, other], fullness).same_version == (2,)
    updates = [candidate(version=V1, assigned=False, content=c) for c in "ab"]
    assert last(updates, fullness).same_version == ()
    assert last([candidate(iid=1), candidate(iid=1, content="b")], fullness).same_version == ()


def test_what_a_copy_was_stripped_of_is_all_that_it_lacks() -> None:
    """A subset says no more; another value does, wherever it stands."""
    whole: Body = {"name": [{"family": ["A"], "given": ["B", "B"]}]}

    assert says_no_more({"name": [{"given": ["B"]}]}, than=whole)
    assert not says_no_more({"name": [{"given": ["B", "B", "B"]}]}, than=whole)
    assert not says_no_more({"name": [{"family": ["B"]}]}, than=whole)
