"""Any mix of copies of a history's messages tells the same end, and inspecting it says the same.

The server's clock gives versions, the senders' clocks are about right (kt13.md §1.7b, §1.8): then
whichever copies were kept of each message, in whatever order and how often, the last state of an
object is what its last message said (kt13.md §5.3 to §5.5; MIG-KT-002).
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, patient, status, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kt_migrate.history.census import Census
from kt_migrate.history.inspection import look
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History

pytestmark = pytest.mark.property
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Carried = Mapping[str, dict[str, Any]]

NAMES, CODES = ["Jansen", "Pieters", "Bakker"], ["Available", "InProgress", "Completed"]
KINDS = ["queue", "recipient", "sender", "answered"]
"""A delivered copy, that of another receiver, the posted one, and that with its answer."""


@st.composite
def contents(draw: st.DrawFn) -> Carried:
    """Return what one message carries: at least one object."""
    number = draw(st.integers(1, 2))
    name, code = draw(st.sampled_from(NAMES)), draw(st.sampled_from(CODES))
    every: Carried = {
        f"{HOST}/Patient/{number}": patient(name),
        f"{HOST}/CarePlan/{number}": careplan(activity(f"a-{number}", code), of=str(number)),
        f"{HOST}/Status/{number}": status(f"a-{number}", code),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(every)), min_size=1, unique=True))
    return {link: every[link] for link in chosen}


def lived(carried: Sequence[Carried], skews: Sequence[int]) -> list[Sent]:
    """Return messages a minute apart: received after 30 seconds, sent by a clock that is off."""
    known: dict[str, tuple[str, str]] = {}
    made = []
    for place, contents_ in enumerate(carried, start=1):
        base = {link: known[link][0] for link in contents_ if link in known}
        for link, content in contents_.items():
            text = json.dumps(content, sort_keys=True)
            if link not in known or known[link][1] != text:
                known[link] = (f"2021-01-01T00:{place:02}:30:{place:03}.{place}", text)
        made.append(
            Sent(
                identifier=f"m-{place:03}",
                carried=contents_,
                assigned={link: known[link][0] for link in contents_},
                base=base,
                iid=place,
                timestamp=f"2021-01-01T00:{place:02}:{20 + skews[place - 1]:02}Z",
            )
        )
    return made


lives = st.lists(contents(), min_size=1, max_size=6).flatmap(
    lambda carried: st.lists(st.integers(-9, 9), min_size=len(carried), max_size=len(carried)).map(
        lambda skews: lived(carried, skews)
    )
)


def copies(sent: Sent, kind: str) -> list[bytes]:
    """Return the documents of one kind of copy of a message."""
    match kind:
        case "queue":
            return [sent.queue()]
        case "recipient":
            return [sent.queue(iid=sent.iid + 1_000)]
        case "answered":
            return [sent.sender(), sent.answer(sent.assigned)]
        case _:
            return [sent.sender()]


@st.composite
def archives(draw: st.DrawFn, life: Sequence[Sent]) -> list[bytes]:
    """Return some copies of every message, any of them doubled, in any order."""
    kinds = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3)
    files = [file for sent in life for kind in draw(kinds) for file in copies(sent, kind)]
    files += draw(st.lists(st.sampled_from(files), max_size=2))
    return draw(st.permutations(files))


def read(files: Iterable[bytes]) -> tuple[dict[str, object], dict[str, Any]]:
    """Return the content of every object's last state, and what inspecting says."""
    with tempfile.TemporaryDirectory() as name:
        history = History(Path(name))
        read_archive([write(Path(name) / "archive", files)], history, Census(history.db))
        found = {s.link: s.body for t in history.types() for s in history.last_states(t)}
        said = look(history).as_json()
        history.close()
    return dict(found), said


@few
@given(st.data())
def test_the_last_state_is_what_the_last_message_said(data: st.DataObject) -> None:
    """Whichever copies there are, in whatever order, and how often."""
    life = data.draw(lives)
    last: dict[str, Any] = {}
    for sent in life:
        last.update(sent.carried)
    # Read alone, and only here: one queue copy in which every object has its last content.
    truth, _said = read([Sent("truth", last).queue()])

    found, said = read(data.draw(archives(life)))

    assert found == truth
    assert said["messages"]["total"] == len(life)


@few
@given(st.data())
def test_what_inspecting_says_does_not_depend_on_the_order(data: st.DataObject) -> None:
    """Which key decided, per type, as little as any count."""
    files = data.draw(lives.flatmap(archives))
    other = list(files)
    data.draw(st.randoms(use_true_random=False)).shuffle(other)

    assert read(files) == read(other)


@few
@given(st.data())
def test_a_file_that_is_there_twice_is_a_copy_and_nothing_else(data: st.DataObject) -> None:
    """All other counts stay; what was seen once is seen twice, and a version decides."""
    files = data.draw(lives.flatmap(archives))
    again = random.Random(len(files)).choice(files)  # noqa: S311 (any file)
    states, one = read(files)
    same, two = read([*files, again])

    assert same == states
    assert two["duplicates"]["equal_files"] == one["duplicates"]["equal_files"] + 1
    for part in ("activities", "dossiers", "completeness", "control_list", "odd"):
        assert two[part] == one[part]
    for source_type, row in one["objects"].items():
        seen = {"sightings": 0, "decided_by": sum(row["decided_by"].values())}
        more = two["objects"][source_type]
        assert {**more, **seen, "decided_by": sum(more["decided_by"].values())} == {**row, **seen}
