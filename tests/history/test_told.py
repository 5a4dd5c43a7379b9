"""What the history tells of one object: its last state, its states, and which sighting is later."""

from __future__ import annotations

import itertools

import pytest
from histories import T1, T2, T3, T4, Copy, decided, thing

from kt_migrate.history.definitions import Definitions
from kt_migrate.history.order import moment, only_latest, sent
from kt_migrate.history.store import History
from kt_migrate.model import Body, Form

COPIES = (
    Copy("a", [thing("p", T2, "B"), thing("q", T1, "Q")]),
    Copy("b", [thing("p", T1, "A")]),
    Copy("c", [thing("p", T3, "B"), thing("p", T4, "D", "Practitioner")]),
    Copy("d", [thing("p", T4, "C")]),
    Copy("d", [thing("p", T4, "C")]),
)


def contents(history: History, sightings: list[int]) -> list[str]:
    """Return the text of each sighting."""
    return [str(history.body(sighting)["name"][0]) for sighting in sightings]


def sightings_of(history: History, link: str) -> list[int]:
    """Return the sightings of a patient, in the order of reading."""
    rows = history.db.execute(
        "SELECT id FROM sighting WHERE source_type = 'Patient' AND link = ?", (link,)
    )
    return [number for (number,) in rows]


def test_one_last_state_is_found_by_type_and_link() -> None:
    """What has no content has no state to give; nor has what is not there."""
    broken = Copy("e", broken=[("file-broken", "Patient")])
    with decided(*COPIES, broken) as (history, _states):
        found = history.last_state("Patient", "p")
        other = history.last_state("Practitioner", "p")

        assert found is not None
        assert (found.link, found.version, found.body) == ("p", T4, {"name": ["C"]})
        assert other is not None
        assert (other.source_type, other.body) == ("Practitioner", {"name": ["D"]})
        assert history.last_state("Patient", "nowhere") is None
        assert history.last_state("MessageHeader", "a") is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::13])
def test_states_and_sightings_come_oldest_first_whatever_was_read_first(
    order: tuple[int, ...],
) -> None:
    """Each version is a state; two copies of one version are one."""
    with decided(*(COPIES[place] for place in order)) as (history, states):
        assert contents(history, states.states("Patient", "p")) == ["A", "B", "B", "C"]
        assert contents(history, states.states("Patient", "q")) == ["Q"]
        assert contents(history, states.states("Practitioner", "p")) == ["D"]
        found = states.in_order(sightings_of(history, "p")[::-1])
        assert contents(history, found) == ["A", "B", "B", "C", "C"]


def test_of_equal_versions_the_fuller_content_is_the_later() -> None:
    """As the last state is chosen: the states end with it."""
    fuller: Body = {"name": ["F"], "more": ["1"]}
    for copies in itertools.permutations(
        [Copy("a", [thing("p", T1, fuller)]), Copy("a", [thing("p", T1, "E")])]
    ):
        with decided(*copies) as (history, states):
            last = history.last_state("Patient", "p")
            assert last is not None
            assert last.body == fuller
            assert contents(history, states.states("Patient", "p"))[-1] == "F"
            assert contents(history, states.in_order(sightings_of(history, "p")))[-1] == "F"


def test_what_is_equal_in_all_that_counts_stands_in_one_order() -> None:
    """Two messages without version, counter or time: not the order of reading."""
    found = set()
    for names in itertools.permutations("xyz"):
        copies = [Copy(name, [thing("p", "", name)], Form.SENDER) for name in names]
        with decided(*copies) as (history, states):
            found.add(tuple(contents(history, states.in_order(sightings_of(history, "p")))))

    assert len(found) == 1


def test_a_native_identifier_is_indexed_only_when_it_counts() -> None:
    """Policy definition_identifier: extension-only."""
    native = thing("d", "", {"identifier": [{"value": ["OUD"]}]}, "ActivityDefinition")
    for counts, link in ((True, "d"), (False, None)):
        with decided(Copy("m", [native])) as (history, _states):
            definitions = Definitions(history, native=counts)
            definitions.index()
            assert definitions.link("OUD") == link


def test_a_moment_is_later_by_its_seconds_then_thousandths_then_ticks() -> None:
    """At the edges, where one of the three starts again."""
    rising = [
        f"2021-01-01T00:00:{second}:{thousandth:03}.{tick}"
        for second, thousandth, tick in (
            ("00", 0, 1), ("00", 0, 2), ("00", 0, 9999), ("00", 1, 1), ("00", 999, 9999),
            ("01", 0, 1), ("01", 1, 0),
        )
    ]  # fmt: skip
    found = [moment(version, assigned=True) or 0 for version in rising]

    assert found == sorted(set(found))


def test_a_senders_time_is_later_by_its_seconds() -> None:
    """What is no time has no place."""
    rising = [sent(f"2021-01-01T00:00:{second}Z") or 0 for second in ("00", "01", "59")]

    assert rising == sorted(set(rising))
    assert sent("soon") is None


@pytest.mark.parametrize(
    ("moments", "place"),
    [([2, 8, 4], 1), ([9], 0), ([0, 1], 1), ([2, 8, 8], None), ([2, None], None)],
)
def test_moments_alone_tell_which_is_latest_when_one_is(
    moments: list[int | None], place: int | None
) -> None:
    """Else the careful road decides."""
    assert only_latest(moments) == place
