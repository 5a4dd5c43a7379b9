"""Laws of the history, over generated archives: nothing vanishes, and no copy adds or hides."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, life, patient, status, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_migrate.history import careplans, intake, last_states, prepare
from kt_migrate.history.activities import Parts
from kt_migrate.history.census import Census
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History
from kt_migrate.kt13.sealed import Seals
from support import plan_of

pytestmark = pytest.mark.property
few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES, IDENTIFIERS = ["Jansen", "Pieters", "Bakker"], ["a-1", "a-2", "a-3"]
STATUSES = ["Available", "InProgress", "Completed"]
subs = st.lists(st.sampled_from("xy"), max_size=2, unique=True)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """Return what one message carries: a patient, a care plan, a status."""
    carried: dict[str, Any] = {}
    number = draw(st.integers(1, 2))
    if draw(st.booleans()):
        carried[f"{HOST}/Patient/{number}"] = patient(draw(st.sampled_from(NAMES)))
    if draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(IDENTIFIERS), max_size=3, unique=True))
        made = [activity(i, draw(st.sampled_from(STATUSES)), draw(subs)) for i in chosen]
        plan = careplan(*made, goals=draw(st.integers(0, 2)))
        carried[f"{HOST}/CarePlan/{number}"] = plan
    if not carried or draw(st.booleans()):
        target, code = draw(st.sampled_from(IDENTIFIERS)), draw(st.sampled_from(STATUSES))
        carried[f"{HOST}/Status/{draw(st.integers(1, 3))}"] = status(target, code)
    return carried


lives = st.lists(contents(), min_size=1, max_size=6).map(life)
KINDS = ["queue", "recipient", "sender", "header_only", "stripped", "broken"]


def copy_of(sent: Sent, kind: str) -> bytes:
    """Return one kind of copy of a message."""
    if kind == "recipient":
        return sent.queue(iid=sent.iid + 1_000)
    if kind == "broken":
        return sent.broken(next(iter(sent.carried)))
    made: bytes = getattr(sent, kind)()
    return made


@st.composite
def archives(draw: st.DrawFn) -> list[bytes]:
    """Return any subset of any copies of the messages of a life, in any order."""
    files = [
        copy_of(sent, kind)
        for sent in draw(lives)
        for kind in draw(st.lists(st.sampled_from(KINDS), max_size=4))
    ]
    return draw(st.permutations(files))


def said(files: Iterable[bytes]) -> tuple[dict[tuple[str, str], object], set[tuple[str, str]]]:
    """Return the last state of every object, and what the census found."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "archive", [*files, b"{}"])
        history = History(folder)
        census = Census(history.db)
        read_archive([folder / "archive"], history, census)
        states: dict[tuple[str, str], object] = {
            (source_type, state.link): state.body
            for source_type in history.types()
            for state in history.last_states(source_type)
        }
        parts = Parts(history)
        for part in chain(parts.activities(), parts.goals()):
            states[part.source_type, part.link] = part.source and part.source.body
        found = {(t, k) for t, k in history.db.execute("SELECT source_type, link FROM census")}
        history.close()
    return states, found


@few
@given(archives())
def test_how_many_rows_wait_to_be_written_changes_nothing(files: list[bytes]) -> None:
    """Nor how little a process remembers of what it read."""
    with pytest.MonkeyPatch.context() as changed:
        for room in (intake, last_states, careplans):
            changed.setattr(room, "_WAITING", 0)
        changed.setattr(prepare, "Seals", lambda: Seals(1))
        one_by_one = said(files)
    assert one_by_one == said(files)


@few
@given(archives())
def test_each_object_that_a_document_carries_has_one_last_state(files: list[bytes]) -> None:
    """The history has exactly what the census has; that leaves out the parts of parts."""
    states, found = said(files)

    apart = ("CarePlanSubActivity", "CarePlanGoal")
    assert {(t, link) for t, link in states if t not in apart} == found


@few
@given(archives(), st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_nothing(files: list[bytes], shuffle: random.Random) -> None:
    """Nor do the names of the files."""
    other = list(files)
    shuffle.shuffle(other)

    assert said(files) == said(other)


@few
@given(lives, st.data())
def test_a_copy_without_news_changes_nothing(sent: list[Sent], data: st.DataObject) -> None:
    """Whatever kind of copy is added to a queue copy of the same message."""
    files = [message.queue() for message in sent]
    more = [
        copy_of(data.draw(st.sampled_from(sent)), data.draw(st.sampled_from(KINDS)))
        for _copy in range(data.draw(st.integers(1, 3)))
    ]

    assert said([*files, *more]) == said(files)


@few
@given(archives(), st.data())
def test_removing_one_of_two_equal_copies_changes_nothing(
    files: list[bytes], data: st.DataObject
) -> None:
    """Any file may be there twice, or once."""
    doubled = [
        *files,
        *data.draw(st.lists(st.sampled_from(files), max_size=3) if files else st.just([])),
    ]

    assert said(doubled) == said(files)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(archives(), st.randoms(use_true_random=False))
def test_every_object_has_one_fate_and_the_books_balance(
    files: list[bytes], shuffle: random.Random
) -> None:
    """In a whole plan, whose bytes do not depend on the order of reading."""
    other = list(files)
    shuffle.shuffle(other)
    with tempfile.TemporaryDirectory() as name:
        plans = []
        for place, some in enumerate((files, other)):
            folder = Path(name) / str(place)
            folder.mkdir()
            archive = write(folder / "archive", [*some, b'{"resourceType": "OperationOutcome"}'])
            with plan_of([archive], folder / "plan.sqlite") as plan:
                plans.append(plan.path.read_bytes())
                fates = {(o.source_type, o.link) for o in plan.objects()}
                sightings = [s for s in plan.sightings() if s.superseded_by is None]
                assert plan.books().unbalanced() == ()
                assert {(s.source_type, s.link) for s in sightings} == fates

    assert plans[0] == plans[1]
