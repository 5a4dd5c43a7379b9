"""References that may name another: the first that lives counts, whatever the order of drafting."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.model import Issue, Key, Reference, Resource, Write
from kt_migrate.plan import resolve as room
from kt_migrate.plan.ledger import Ledger, Subject
from kt_migrate.plan.resolve import resolve

NAMES = "abcd"
World = dict[str, tuple[str, bool]]
"""Per practitioner what it cannot do without (or empty), and whether it is sound."""


def key(name: str) -> Key:
    """Return the key of a practitioner."""
    return Key(r4_type="Practitioner", system=f"s:{name}", value=name)


def decide(
    world: World, tasks: Sequence[tuple[str, ...]], *, mandatory: bool = False
) -> tuple[list[Any], list[tuple[str, str, str]]]:
    """Return what each task's requester is (None: it has none; `dead`), and the lines about them."""

    def check(resource: Resource, **_version: str) -> tuple[Issue, ...]:
        return (Issue(code="profile-violation"),) if resource.get("bad") else ()

    ledger = Ledger(sqlite3.connect(":memory:"))
    for name, (needs, sound) in world.items():
        body: Resource = {"bad": not sound, "needs": {"reference": needs}}
        target = Reference(target=key(needs), path=("needs",), rule="n")
        own = Subject(source_type="Practitioner", link=name, event="E")
        references = (target,) if needs else ()
        ledger.draft(own, Write(key=key(name), resource=body, references=references))
    for number, names in enumerate(tasks):
        first, *others = map(key, names)
        reference = Reference(
            target=first,
            path=("requester",),
            remove=() if mandatory else ("requester",),
            rule="r",
            others=tuple(others),
        )
        made: Resource = {
            "n": number,
            "requester": {"reference": first.reference, "type": "Practitioner", "display": "x"},
        }
        write = Write(
            key=Key(r4_type="Task", system="t", value=str(number)),
            resource=made,
            references=(reference,),
        )
        ledger.draft(Subject(source_type="T", link=str(number), event="E"), write)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "check", check)
        patch.setattr(room, "check_shape", lambda _resource: ())
        resolve(ledger)
    return _read(ledger, len(tasks))


def _read(ledger: Ledger, tasks: int) -> tuple[list[Any], list[tuple[str, str, str]]]:
    found: list[Any] = ["dead"] * tasks
    for value, body, target in ledger.db.execute(
        "SELECT d.value, coalesce(final, resource), (SELECT t.value FROM draft_reference r"
        " JOIN draft t ON t.id = r.target WHERE r.draft = d.id AND NOT r.dropped) FROM draft d"
        " JOIN made ON made.draft = d.id JOIN sound ON sound.draft = d.id"
        " WHERE alive AND r4_type = 'Task'"
    ):
        named = orjson.loads(body).get("requester")
        found[int(value)] = None if named is None else named["reference"].rpartition("|")[2]
        assert found[int(value)] == target  # what it waits for is what it names
        assert named is None or named["display"] == "x"
    lines = [
        (link, code, detail)
        for source_type, _event, link, code, _path, _rule, detail in ledger.problems()
        if source_type == "T"
    ]
    return found, lines


worlds = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from(["", "", *NAMES]), st.sampled_from([True, True, False])),
)
names = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)


def living(world: World) -> set[str]:
    """Return who lives: sound, and so is what it cannot do without; in a ring nobody does."""
    alive: set[str] = set()
    while True:
        more = {n for n, (needs, sound) in world.items() if sound and (not needs or needs in alive)}
        if more == alive:
            return alive
        alive = more


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(worlds, st.lists(names, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_reference_names_the_first_that_lives(
    world: World,
    tasks: list[tuple[str, ...]],
    chance: Any,  # noqa: ANN401 (hypothesis' own)
) -> None:
    """Or nothing when none does; each who was passed over has a line, in any order of drafting."""
    found, lines = decide(world, tasks)

    alive = living(world)
    expected: list[tuple[str, str, str]] = []
    for number, candidates in enumerate(tasks):
        first = next((name for name in candidates if name in alive), None)
        assert found[number] == first
        passed = len(candidates) - 1 if first is None else candidates.index(first)
        expected += [(str(number), "requester-passed-over", str(n + 1)) for n in range(passed)]
        if first is None:
            expected.append((str(number), "reference-dropped", "Practitioner"))
    assert sorted(lines) == sorted(expected)
    shuffled = list(world.items())
    chance.shuffle(shuffled)
    assert decide(dict(shuffled), tasks) == (found, lines)


def test_a_mandatory_reference_takes_the_next_before_it_rejects() -> None:
    """Whoever of them lives keeps the task alive."""
    world = {"a": ("b", True), "b": ("", False), "c": ("", True)}

    assert decide(world, [("a", "b", "c"), ("a", "b")], mandatory=True)[0] == ["c", "dead"]
