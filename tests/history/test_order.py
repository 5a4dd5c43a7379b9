"""Which of two states is the later one (kt13.md §5.4, §5.5)."""

from __future__ import annotations

import pytest

from kt_migrate.history.order import Candidate, last
from kt_migrate.model import Form


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


EARLY, LATE = "2021-01-01T00:00:00Z", "2021-01-02T00:00:00Z"
UPDATE = {"version": V1, "assigned": False}


@pytest.mark.parametrize(
    ("early", "late", "by"),
    [
        # Versions: an update comes just after its base, by its own version or the focal one's.
        ({"version": V2, "assigned": False}, {"version": V1}, "version"),
        ({"version": "9", "assigned": False}, {"version": "10"}, "version"),
        ({"version": "9"}, {"version": "9", "assigned": False}, "version"),
        ({"focal_version": V2}, {"focal_version": V1}, "focal-version"),
        (
            {"focal_version": V1},
            {"focal_version": V1, "focal_assigned": False, "assigned": True},
            "focal-version",
        ),
        (
            {"version": V1, "focal_version": V1, "focal_assigned": False},
            {"focal_version": V1, "focal_assigned": False, "content": "0"},
            "focal-version",
        ),
        (
            {"version": V2, "focal_version": "2030-01-01T00:00:00", "content": "z"},
            {"focal_version": V1, "content": "a"},
            "focal-version",
        ),
        # A focal version that is a number, or no version, does not count.
        ({"focal_version": "2", "iid": 1}, {"focal_version": "1", "iid": 2}, "iid"),
        ({"focal_version": "x", "iid": 1}, {"focal_version": V1, "iid": 2}, "iid"),
        ({"version": "x", "iid": 1}, {"version": "a", "iid": 2}, "iid"),
        # A number and an instant are not compared, and zero is a counter like any other.
        ({"version": "999999", "iid": 0}, {"version": V1, "iid": 1}, "iid"),
        # The sender's clock: against versions as well; what has no moment ends it.
        ({"version": V1}, {"timestamp": "2021-01-01T00:00:00.001001Z"}, "timestamp"),
        ({"timestamp": "2021-01-01T00:00:00.001000Z"}, {"version": V1}, "timestamp"),
        ({"focal_version": V1, "timestamp": LATE}, {"timestamp": EARLY[:-1] + ".1Z"}, "timestamp"),
        ({"timestamp": LATE, "content": "z"}, {"timestamp": "x", "content": "aa"}, "fullness"),
        # Nothing that all have: as copies of one version.
        ({"version": "1", "form": Form.SENDER, "content": "z"}, {"content": "a"}, "form"),
        ({"version": "1", "content": "z"}, {"content": "aa"}, "fullness"),
    ],
)
def test_what_is_compared_when_versions_are_not_all_there(
    early: dict[str, object], late: dict[str, object], by: str
) -> None:
    """The first key that all have, and the moment before who says more."""
    test_the_first_key_that_all_have_decides(early, late, by)


@pytest.mark.parametrize(
    ("less", "more", "by"),
    [
        ({"form": Form.SENDER}, {"form": Form.SEARCH}, "form"),
        ({"form": Form.SEARCH}, {"form": Form.QUEUE}, "form"),
        ({"form": Form.SENDER, "content": "long"}, {"form": Form.QUEUE}, "form"),
        ({"timestamp": LATE, "iid": 9}, {"content": "long", "timestamp": EARLY}, "fullness"),
        ({"timestamp": EARLY, "iid": 9}, {"timestamp": LATE, "iid": 1}, "timestamp"),
        ({"timestamp": ""}, {"timestamp": "0001-01-01T00:00:00Z"}, "timestamp"),
        ({"timestamp": "x", "iid": 9}, {"timestamp": LATE}, "timestamp"),
        ({"iid": None}, {"iid": 1}, "iid"),
        ({"iid": 1}, {"iid": 2}, "iid"),
        ({"iid": 9}, {"iid": 10}, "iid"),
        ({"content": "a"}, {"content": "c"}, "content"),
    ],
)
def test_of_two_contents_of_one_version_the_best_copy_wins(
    less: dict[str, object], more: dict[str, object], by: str
) -> None:
    """By form, then fullness, then the sender's clock, then the counter; last by the content."""
    given = {"version": V1, "content": "b"}
    low, high = candidate(**{**given, "content": "z", **less}), candidate(**{**given, **more})
    if by == "content":
        low = candidate(**{**given, **less})

    found, again = last([low, high], fullness), last([high, low], fullness)
    assert (found.index, found.decided_by, found.same_version) == (1, by, (0,))
    assert (again.index, again.decided_by, again.same_version) == (0, by, (1,))


@pytest.mark.parametrize(
    ("key", "before"),
    [
        (UPDATE, {"version": V2}),
        ({"focal_version": V1, "focal_assigned": False}, {"focal_version": V2}),
        ({"timestamp": EARLY}, {"timestamp": "2020-01-01"}),
    ],
)
@pytest.mark.parametrize(
    ("less", "more", "by"),
    [
        ({"iid": None, "content": "zz"}, {"iid": 1, "form": Form.SENDER}, "iid"),
        ({"iid": 9, "content": "zz"}, {"iid": 10}, "iid"),
        ({"form": Form.SENDER, "content": "zz"}, {"form": Form.QUEUE}, "form"),
        ({"content": "z"}, {"content": "aa"}, "fullness"),
        ({"content": "a"}, {"content": "b"}, "content"),
    ],
)
def test_of_two_updates_the_later_wins_before_the_better_copy(
    key: dict[str, object],
    before: dict[str, object],
    less: dict[str, object],
    more: dict[str, object],
    by: str,
) -> None:
    """Two updates of one base are two states; so are two that a clock alone tells apart."""
    first = candidate(**{"content": "0", **before})
    low, high = candidate(**{**key, **less}), candidate(**{**key, **more})

    for group in ([first, low, high], [high, first, low], [low, high, first]):
        found = last(group, fullness)
        assert group[found.index] is high
        assert found.decided_by == by
        assert found.same_version == ()


def test_of_two_updates_the_clock_goes_before_the_counter() -> None:
    """The sender's order counts; the counter is that of the delivery."""
    low = candidate(**UPDATE, timestamp=EARLY, iid=9, form=Form.QUEUE, content="zz")
    high = candidate(**UPDATE, timestamp=LATE, iid=1, form=Form.SENDER, content="a")

    assert last([low, high], fullness).decided_by == "timestamp"
    assert last([low, high], fullness).index == 1
    assert last([high, low], fullness).index == 0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"form": Form.SENDER, "timestamp": LATE}, {"form": Form.SEARCH}),
        ({"form": Form.SEARCH, "timestamp": LATE}, {"form": Form.QUEUE}),
        ({"timestamp": EARLY, "iid": 9}, {"timestamp": LATE, "iid": 1}),
        ({"timestamp": ""}, {"timestamp": "0001-01-01T00:00:00Z"}),
        ({"iid": None}, {"iid": 1}),
        ({"iid": 9}, {"iid": 10}),
    ],
)
def test_what_says_the_same_is_told_apart_by_what_carried_it(
    less: dict[str, object], more: dict[str, object]
) -> None:
    """The winner is the best copy; it did not have to decide anything."""
    low, high = candidate(version=V1, **less), candidate(version=V1, **more)

    found, again = last([low, high], fullness), last([high, low], fullness)
    assert (found.index, found.decided_by, found.same_version) == (1, "version", (0,))
    assert (again.index, again.decided_by, again.same_version) == (0, "version", (1,))


def test_the_last_measure_that_told_contents_apart_is_named() -> None:
    """Not a later one that they were equal in, nor an earlier one that left several."""
    group = [
        candidate(version=V1, content="zzz", form=Form.SENDER),
        candidate(version=V1, content="aa"),
        candidate(version=V1, content="a"),
    ]

    assert last(group, fullness).decided_by == "fullness"
    assert last(group[:2], fullness).decided_by == "form"
    same = [*group[:1], *group[1:2] * 2]
    assert last(same, fullness).decided_by == "form"
    apart = [candidate(version=V1, content=c, iid=i) for c, i in (("a", 1), ("b", 2), ("c", 2))]
    assert last(apart, fullness).decided_by == "content"
    assert last(apart, fullness).index == 2


def test_every_other_place_with_the_version_that_won_is_named() -> None:
    """Wherever the winner stands, equal contents too; by a counter as by an instant."""
    for version in (V1, "7"):
        group = [candidate(version=version, content=c) for c in "abaca"]
        assert last(group, fullness).index == 3
        assert last(group, fullness).same_version == (0, 1, 2, 4)
    focal = [candidate(focal_version=V1, content=c) for c in "ab"]
    assert last(focal, fullness).same_version == ()
    nothing = [candidate() for _ in "ab"]
    assert last(nothing, fullness).same_version == ()
    assert last(nothing, fullness).decided_by == "content"


def test_fullness_is_asked_only_when_equal_versions_differ() -> None:
    """It costs a look into the content."""

    def never(_candidate: Candidate) -> int:
        raise AssertionError

    assert last([candidate(version=V1), candidate(version=V2, content="b")], never).index == 0
    assert last([candidate(version=V1), candidate(version=V1)], never).decided_by == "version"
    forms = [candidate(version=V1, content="b", form=Form.SENDER), candidate(version=V1)]
    assert last(forms, never).index == 1
