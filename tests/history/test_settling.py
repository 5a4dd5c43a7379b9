"""What SQL settles is what the careful road, one object after another, would have decided."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from random import Random
from typing import Any

import pytest
from histories import T1, T2, T3, Copy, answer, taken_in, thing
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.history import last_states
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.order import moment, only_latest, sent
from kt_migrate.history.prepare import Prepared
from kt_migrate.kt13.carried import Carried
from kt_migrate.kt13.links import Instant, timestamp_instant, version_instant
from kt_migrate.model import Form

SAME_MOMENT = "2021-01-01T00:00:00:1.1"
"""`T1`, spelled in another way."""

_NO_INSTANT = Instant(0, 0, 0)
VERSIONS = [T1, T1, T2, T2, T3, SAME_MOMENT]
MOMENTS = ["2021-01-01T00:00:01Z", "2021-01-01T02:00:00+01:00", "2021-01-01T01:00:00Z"]
NOTHING_SETTLED = """
CREATE TABLE unsettled AS
SELECT DISTINCT source_type, link FROM sighting WHERE content IS NOT NULL
"""

carried = st.builds(
    thing,
    link=st.sampled_from(["p", "q"]),
    version=st.one_of(st.sampled_from(VERSIONS), st.sampled_from([*VERSIONS, "", "7", "x"])),
    body=st.sampled_from("aab"),
    source_type=st.sampled_from(["Patient", "Patient", "Practitioner"]),
)


def _once_each(things: list[Carried]) -> list[Carried]:
    return list({(one.source_type, one.link): one for one in things}.values())


copies = st.builds(
    Copy,
    identifier=st.sampled_from(["m1", "m2", "m3", "m4"]),
    things=st.lists(carried, max_size=3).map(_once_each),
    form=st.sampled_from([Form.QUEUE, Form.QUEUE, Form.QUEUE, Form.SENDER, Form.SEARCH]),
    iid=st.one_of(st.none(), st.integers(0, 3)),
    timestamp=st.sampled_from(["", "no moment", *MOMENTS]),
    focal=st.sampled_from(["", "p"]),
    broken=st.sampled_from([(), (), [("entry-without-link", "Patient")]]),
)
answers = st.builds(
    lambda request, version: answer(request, ("p", version)),
    st.sampled_from(["m1", "m2"]),
    st.sampled_from(VERSIONS),
)


def _decided(documents: list[Prepared | Copy]) -> list[list[tuple[Any, ...]]]:
    with taken_in(*documents) as history:
        LastStates(history).decide()
        return [
            sorted(history.db.execute(f"SELECT * FROM {table}"))
            for table in ("object", "superseded", "same_version")
        ]


def _settle_nothing(db: sqlite3.Connection) -> None:
    db.execute(NOTHING_SETTLED)


@pytest.mark.property
@given(st.lists(st.one_of(copies, copies, copies, answers), min_size=1, max_size=7))
def test_both_roads_decide_the_same(documents: list[Prepared | Copy]) -> None:
    """The last states, what superseded what and why, and the rivals of one version."""
    settled = _decided(documents)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(last_states, "settle", _settle_nothing)
        assert _decided(documents) == settled


@pytest.mark.property
@given(st.lists(copies, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_moments_rank_sightings_as_the_careful_road_does(
    documents: list[Copy], shuffle: Random
) -> None:
    """Of one object or of several; or they say that they cannot."""
    with taken_in(*documents) as history:
        states = LastStates(history)
        states.decide()
        rows = history.db.execute("SELECT id, moment FROM sighting WHERE content IS NOT NULL")
        found = rows.fetchall()
        shuffle.shuffle(found)
        some = found[: shuffle.randint(0, len(found))]

        place = only_latest([moment for _sighting, moment in some]) if some else None

        assert place in (None, states.rank([number for number, _moment in some]) if some else None)


@pytest.mark.parametrize(
    ("documents", "left"),
    [
        ([Copy("m1", [thing(version="")])], []),
        ([Copy("m1", [thing(version=T1)]), Copy("m2", [thing(version=T2, body="b")])], []),
        ([Copy("m1", [thing(version=T1)]), Copy("m2", [thing(version=T1)])], []),
        ([Copy("m1", [thing(version=T2)]), Copy("m1", [thing()], Form.SENDER)], []),
        ([Copy("m1", [thing(version=T1)]), Copy("m2", [thing(version=T1, body="b")])], ["p"]),
        ([Copy("m1", [thing(version=T1)]), Copy("m2", [thing()])], ["p"]),
        ([Copy("m1", [thing(version="1")]), Copy("m2", [thing(version="2")])], ["p"]),
    ],
    ids=["only", "later", "equal", "copy", "two-contents", "no-version", "counter"],
)
def test_only_what_versions_do_not_decide_is_left(documents: list[Copy], left: list[str]) -> None:
    """Most objects are settled: the careful road is for the others."""
    with taken_in(*documents) as history:
        LastStates(history).decide()

        assert [link for (link,) in history.db.execute("SELECT link FROM unsettled")] == left


@pytest.mark.property
@given(
    *[
        st.tuples(
            st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat()),
            st.integers(0, 999),
            st.integers(0, 9999),
        )
    ]
    * 2
)
def test_moments_are_in_the_order_of_versions(
    one: tuple[str, int, int], other: tuple[str, int, int]
) -> None:
    """As a number that SQLite can hold, a base just after the version itself."""
    first, second = (f"{at}:{thousandth}.{tick}" for at, thousandth, tick in (one, other))
    numbers = [moment(v, assigned=a) for v in (first, second) for a in (True, False)]
    keys = [
        (version_instant(v) or _NO_INSTANT, not a) for v in (first, second) for a in (True, False)
    ]

    assert sorted(range(4), key=lambda place: numbers[place] or 0) == sorted(
        range(4), key=lambda place: keys[place]
    )
    assert all(number is not None and abs(number) < 1 << 63 for number in numbers)


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_timestamps_are_in_the_order_of_their_moments(one: datetime, other: datetime) -> None:
    """Whatever their zones."""
    first, second = (at.isoformat() for at in (one, other))
    numbers = (sent(first) or 0, sent(second) or 0)
    instants = [timestamp_instant(timestamp) or _NO_INSTANT for timestamp in (first, second)]

    assert (numbers[0] < numbers[1]) == (instants[0] < instants[1])
    assert (numbers[0] == numbers[1]) == (instants[0] == instants[1])
    assert all(abs(number) < 1 << 63 for number in numbers)
