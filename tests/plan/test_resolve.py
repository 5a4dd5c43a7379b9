"""References between drafts: what can be written, in which order, and what cannot. Laws first."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.books import canonical, digest
from kt_migrate.model import Issue, Json, Key, Reference, Resource, Write
from kt_migrate.plan import resolve as room
from kt_migrate.plan.ledger import Ledger, Subject
from kt_migrate.plan.resolve import resolve

VALUES = "abcdef"
BAD, MISSHAPEN = Issue(code="profile-violation", path="x"), Issue(code="shape", path="y")


@dataclass(frozen=True)
class Draft:
    """One resource that may be written.

    Attributes:
        value: of its key; its type is Q for a vowel, else R.
        refers: (value of another, whether it is mandatory); not all of them are there.
        least: with fewer references than this it breaks a limit.
        shape: whether its shape is right.
    """

    value: str
    refers: tuple[tuple[str, bool], ...] = ()
    least: int = 0
    shape: bool = True

    @property
    def key(self) -> Key:
        """Return its key."""
        return key(self.value)


def key(value: str) -> Key:
    """Return the key of a value."""
    return Key(r4_type="Q" if value in "ae" else "R", system=f"s:{value}", value=value)


@dataclass
class Decided:
    """What was decided, read from the ledger by key.

    Attributes:
        stages: per living value.
        order: the living, as they are numbered.
        final: what is written.
        dropped: per value, the values that it refers to no more.
        fates: (outcome, reason) per object.
        lines: (object, code, path, rule, detail) of the error list.
    """

    stages: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    final: dict[str, Any] = field(default_factory=dict)
    dropped: dict[str, set[str]] = field(default_factory=dict)
    fates: dict[str, tuple[str, str]] = field(default_factory=dict)
    lines: list[tuple[str, ...]] = field(default_factory=list)


def write_of(draft: Draft) -> Write:
    """Return a draft as the mapping makes it."""
    resource: Resource = {"resourceType": draft.key.r4_type, "least": draft.least}
    if not draft.shape:
        resource["misshapen"] = True
    if draft.refers:
        resource["refs"] = [{"reference": key(value).reference} for value, _m in draft.refers]
    references = tuple(
        Reference(
            target=key(value),
            path=("refs", place, "reference"),
            remove=() if mandatory else ("refs", place),
            rule=f"rule-{place}",
        )
        for place, (value, mandatory) in enumerate(draft.refers)
    )
    return Write(key=draft.key, resource=resource, references=references)


def references(resource: Any) -> list[Json]:  # noqa: ANN401 (JSON)
    """Return the references of a resource."""
    return [one["reference"] for one in resource.get("refs", [])]


def decide(objects: Sequence[Sequence[Draft]]) -> Decided:
    """Resolve the drafts of some objects; an object is called after its first draft."""

    def check(resource: Resource, **_version: str) -> tuple[Issue, ...]:
        least = resource["least"]
        return (BAD,) if isinstance(least, int) and len(references(resource)) < least else ()

    def check_shape(resource: Resource) -> tuple[Issue, ...]:
        return (MISSHAPEN,) if resource.get("misshapen") else ()

    ledger = Ledger(sqlite3.connect(":memory:"))
    for drafts in objects:
        for draft in drafts:
            name = drafts[0].value
            subject = Subject(source_type=f"T{name}", link=name, event=f"E{name}")
            ledger.draft(subject, write_of(draft))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "check", check)
        patch.setattr(room, "check_shape", check_shape)
        resolve(ledger)
    return read(ledger)


def read(ledger: Ledger) -> Decided:
    """Read what was decided."""
    db, found = ledger.db, Decided()
    for value, stage, body in db.execute(
        "SELECT value, stage, coalesce(final, resource) FROM draft JOIN made ON made.draft = id"
        " JOIN sound ON sound.draft = id WHERE alive ORDER BY seq"
    ):
        found.order.append(value)
        found.stages[value], found.final[value] = stage, orjson.loads(body)
    assert [seq for (seq,) in db.execute("SELECT seq FROM draft WHERE alive ORDER BY 1")] == list(
        range(1, len(found.order) + 1)
    )
    for value, target in db.execute(
        "SELECT d.value, r.value FROM draft_reference r JOIN draft d ON d.id = r.draft WHERE dropped"
    ):
        found.dropped.setdefault(value, set()).add(target)
    for source_type, link, outcome, reason in db.execute("SELECT * FROM fate"):
        assert source_type == f"T{link}"
        found.fates[link] = outcome, reason
    for source_type, event, link, *line in ledger.problems():
        assert (source_type, event) == (f"T{link}", f"E{link}")
        found.lines.append((link, *line))
    return found


REFERS = st.lists(
    st.tuples(st.sampled_from([*VALUES, "gone"]), st.sampled_from([True, False, False])),
    max_size=3,
    unique_by=lambda one: one[0],
).map(tuple)


@st.composite
def worlds(draw: st.DrawFn) -> list[list[Draft]]:
    """Return objects of one or two drafts that refer to each other, to themselves, to nothing."""
    objects: list[list[Draft]] = []
    for value in draw(st.permutations(VALUES)):
        refers = draw(REFERS)
        draft = Draft(
            value,
            refers,
            least=draw(st.sampled_from([0, 0, len(refers), len(refers) + 1]))
            if draw(st.booleans())
            else 0,
            shape=draw(st.sampled_from([True] * 7 + [False])),
        )
        joined: bool = draw(st.booleans())
        if joined and objects and len(objects[-1]) == 1:
            objects[-1].append(draft)
        elif draw(st.sampled_from([True] * 5 + [False])):
            objects.append([draft])
    return objects


def reaches(start: str, drafts: dict[str, Draft], *, mandatory: bool) -> bool:
    """Whether a draft refers, by any road, to itself."""
    todo, seen = [start], set()
    while todo:
        for value, is_mandatory in drafts[todo.pop()].refers:
            if value in drafts and value not in seen and (is_mandatory or not mandatory):
                seen.add(value)
                todo.append(value)
    return start in seen


laws = settings(max_examples=60, deadline=None)


@pytest.mark.property
@laws
@given(worlds())
def test_what_lives_can_be_written_in_its_order(objects: list[list[Draft]]) -> None:
    """All that it refers to lives and has a lower stage; it breaks no limit; none waits in vain."""
    drafts = {draft.value: draft for drafts in objects for draft in drafts}
    found = decide(objects)

    for value, stage in found.stages.items():
        draft, dropped = drafts[value], found.dropped.get(value, set())
        kept = [target for target, _mandatory in draft.refers if target not in dropped]
        assert stage == max((found.stages[target] + 1 for target in kept), default=0)
        assert not dropped & {target for target, mandatory in draft.refers if mandatory}
        body: dict[str, Any] = {**write_of(draft).resource}
        if kept:
            body["refs"] = [{"reference": key(target).reference} for target in kept]
        else:
            body.pop("refs", None)
        assert found.final[value] == body
        assert draft.shape
        assert len(kept) >= draft.least
        for target in dropped & set(found.stages):  # a ring had to be opened
            assert reaches(value, drafts, mandatory=False), (value, target)
    rank = [(found.stages[v], key(v).r4_type, key(v).system, v) for v in found.order]
    assert rank == sorted(rank)


@pytest.mark.property
@laws
@given(worlds())
def test_an_object_lives_or_dies_whole_and_dies_for_a_reason_that_holds(
    objects: list[list[Draft]],
) -> None:
    """A mandatory reference to what is not there, a limit, or a ring without a way out."""
    drafts = {draft.value: draft for drafts in objects for draft in drafts}
    found = decide(objects)

    def wrong(draft: Draft) -> bool:
        kept = len(draft.refers) - len(found.dropped.get(draft.value, ()))
        return (
            any(mandatory and target not in found.stages for target, mandatory in draft.refers)
            or kept < draft.least
            or not draft.shape
            or reaches(draft.value, drafts, mandatory=True)
        )

    assert set(found.fates) == {own[0].value for own in objects}
    for own in objects:
        name = own[0].value
        outcome, reason = found.fates[name]
        codes = [code for link, code, *_line in found.lines if link == name]
        living = {draft.value for draft in own} & set(found.stages)
        assert living == ({draft.value for draft in own} if outcome == "migrated" else set())
        if outcome == "migrated":
            assert reason == ""
            assert set(codes) <= {"reference-dropped"}
        else:
            assert outcome == "rejected"
            assert reason in set(codes) - {"reference-dropped"}
            assert any(wrong(draft) for draft in own)


@pytest.mark.property
@laws
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_objects_are_drafted_changes_nothing(
    objects: list[list[Draft]],
    chance: Any,  # noqa: ANN401 (hypothesis' own)
) -> None:
    """Stages, numbers, contents, fates and the error list are of content alone."""
    other = list(objects)
    chance.shuffle(other)

    assert decide(other) == decide(objects)


@pytest.mark.property
@laws
@given(worlds())
def test_every_reference_that_was_left_out_has_its_line(objects: list[list[Draft]]) -> None:
    """With where it stood, the rule that made it, and the type that it was to."""
    found = decide(objects)
    expected = sorted(
        (
            own[0].value,
            "reference-dropped",
            f"{draft.key.r4_type}.refs.reference",
            f"rule-{place}",
            key(value).r4_type,
        )
        for own in objects
        for draft in own
        for place, (value, _mandatory) in enumerate(draft.refers)
        if value in found.dropped.get(draft.value, ())
    )

    assert sorted(line for line in found.lines if line[1] == "reference-dropped") == expected


def missing(link: str, place: int = 0, own: str = "R", to: str = "R") -> tuple[str, ...]:
    """Return the line of a mandatory reference to nothing."""
    return (link, "reference-missing", f"{own}.refs.reference", f"rule-{place}", to)


def dropped(link: str, place: int = 0, own: str = "R", to: str = "R") -> tuple[str, ...]:
    """Return the line of a reference that was left out."""
    return (link, "reference-dropped", f"{own}.refs.reference", f"rule-{place}", to)


MUST, MAY = True, False
BROKEN = ("profile-violation", "x", "", "")


@pytest.mark.parametrize(
    ("objects", "stages", "lines"),
    [
        pytest.param([], {}, [], id="nothing"),
        pytest.param([[Draft("b", (("gone", MUST),))]], {}, [missing("b")], id="mandatory"),
        pytest.param([[Draft("b", (("gone", MAY),))]], {"b": 0}, [dropped("b")], id="optional"),
        pytest.param(
            [[Draft("b", (("c", MUST),))], [Draft("c", (("d", MUST),))], [Draft("d", least=1)]],
            {},
            [missing("b"), missing("c"), ("d", *BROKEN)],
            id="a reject rejects others in turn",
        ),
        pytest.param(
            [[Draft("b", (("d", MAY), ("gone", MAY), ("c", MUST)))], [Draft("c")]],
            {"b": 1, "c": 0},
            [dropped("b"), dropped("b", 1)],
            id="two of three are left out",
        ),
        pytest.param(
            [[Draft("b", (("gone", MAY),), least=1)]],
            {},
            [("b", *BROKEN), dropped("b")],
            id="a limit is looked at without what was left out",
        ),
        pytest.param(
            [[Draft("b", (("c", MAY),), least=1)], [Draft("c", least=1)]],
            {},
            [("b", *BROKEN), dropped("b"), ("c", *BROKEN)],
            id="and looked at again when more was left out",
        ),
        pytest.param(
            [[Draft("b"), Draft("c", least=1)], [Draft("d", (("b", MUST),))]],
            {},
            [("b", *BROKEN), missing("d")],
            id="all resources of an object die together",
        ),
        pytest.param(
            [[Draft("b", least=1), Draft("c", least=1)]],
            {},
            [("b", *BROKEN)],
            id="of two that break a limit the first is named",
        ),
        pytest.param(
            [[Draft("b", (("gone", MUST), ("f", MUST))), Draft("a", (("gone", MUST),))]],
            {},
            [missing("b", own="Q"), missing("b"), missing("b", 1)],
            id="every reference that is missing is named",
        ),
        pytest.param(
            [[Draft("b", shape=False)], [Draft("c", shape=False, least=1)]],
            {},
            [("b", "shape", "y", "", ""), ("c", *BROKEN)],
            id="the shape is looked at when no limit is broken",
        ),
        pytest.param(
            [[Draft("b", (("b", MAY),))]], {"b": 0}, [dropped("b")], id="to itself, optional"
        ),
        pytest.param([[Draft("b", (("b", MUST),))]], {}, [missing("b")], id="to itself"),
        pytest.param(
            [[Draft("b", (("c", MAY),))], [Draft("c", (("d", MAY),))], [Draft("d", (("c", MAY),))]],
            {"b": 1, "c": 0, "d": 1},
            [dropped("c")],
            id="what merely refers to a ring keeps its reference",
        ),
        pytest.param(
            [
                [Draft("b", (("c", MUST),))],
                [Draft("c", (("d", MAY),))],
                [Draft("d", (("c", MUST),))],
            ],
            {"b": 1, "c": 0, "d": 1},
            [dropped("c")],
            id="nor is it rejected",
        ),
        pytest.param(
            [[Draft("b", (("c", MUST),))], [Draft("c", (("b", MAY),))]],
            {"b": 1, "c": 0},
            [dropped("c")],
            id="a ring is opened where it can be",
        ),
        pytest.param(
            [[Draft("b", (("c", MUST),))], [Draft("c", (("b", MUST),))]],
            {},
            [missing("b"), missing("c")],
            id="a ring without a way out dies",
        ),
        pytest.param(
            [
                [Draft("b", (("c", MUST), ("gone", MAY)))],
                [Draft("c", (("b", MUST), ("d", MAY)))],
                [Draft("d", (("c", MAY),))],
            ],
            {"d": 0},
            [missing("b"), dropped("b", 1), missing("c"), dropped("c", 1), dropped("d")],
            id="of two rings in one the optional way is tried first",
        ),
        pytest.param(
            [[Draft("b", (("c", MAY),), least=1)], [Draft("c", (("b", MAY),))]],
            {"c": 0},
            [("b", *BROKEN), dropped("b"), dropped("c")],
            id="what lost its reference in a ring is looked at again",
        ),
        pytest.param(
            [
                [Draft("b", (("c", MAY), ("d", MAY)))],
                [Draft("c", (("b", MAY),))],
                [Draft("d", (("e", MAY),))],
                [Draft("e", (("d", MAY),))],
            ],
            {"e": 0, "b": 2, "d": 1, "c": 3},
            [dropped("b"), dropped("e", own="Q")],
            id="two rings are opened one by one; a reference from one to the other stays",
        ),
        pytest.param(
            [
                [Draft("b", (("b", MUST),)), Draft("d", (("d", MUST),))],
                [Draft("c", (("d", MUST),))],
            ],
            {},
            [missing("b"), missing("c")],
            id="one object in two rings dies once",
        ),
    ],
)
def test_a_case(
    objects: list[list[Draft]], stages: dict[str, int], lines: list[tuple[str, ...]]
) -> None:
    """Named by its id."""
    found = decide(objects)

    assert found.stages == stages
    assert sorted(found.lines) == sorted(lines)


def test_a_definition_that_is_not_there_has_a_code_of_its_own() -> None:
    """A Task without its definition is worth another look than one without a team."""
    ledger = Ledger(sqlite3.connect(":memory:"))
    subject = Subject(source_type="CarePlanActivity", link="a", event="E")
    target = Key(r4_type="ActivityDefinition", system="s", value="d")
    reference = Reference(target=target, path=("x", 3, "y"), remove=("x",), rule="r")
    task = Key(r4_type="Task", system="s", value="a")
    ledger.draft(subject, Write(key=task, resource={"x": [1]}, references=(reference,)))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("check", "check_shape"):
            patch.setattr(room, name, lambda _resource, **_more: ())
        resolve(ledger)

    assert list(ledger.problems()) == [
        (
            "CarePlanActivity",
            "E",
            "a",
            "definition-unresolved",
            "Task.x.y",
            "r",
            "ActivityDefinition",
        )
    ]


WHOLE: dict[str, Any] = {"k": 1, "a": {"x": {"y": 1}}, "b": [{"c": 1}, {"c": 2, "d": 3}, 4]}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([["a"]], {"k": 1, "b": [{"c": 1}, {"c": 2, "d": 3}, 4]}),
        ([["b", 0]], {"k": 1, "a": {"x": {"y": 1}}, "b": [{"c": 2, "d": 3}, 4]}),
        ([["b", 0], ["b", 1]], {"k": 1, "a": {"x": {"y": 1}}, "b": [4]}),
        ([["b", 0], ["b", 2]], {"k": 1, "a": {"x": {"y": 1}}, "b": [{"c": 2, "d": 3}]}),
        ([["b", 0], ["b", 1], ["b", 2]], {"k": 1, "a": {"x": {"y": 1}}}),
        ([["b", 0, "c"]], {"k": 1, "a": {"x": {"y": 1}}, "b": [{"c": 2, "d": 3}, 4]}),
        ([["b", 0, "c"], ["b", 1, "c"]], {"k": 1, "a": {"x": {"y": 1}}, "b": [{"d": 3}, 4]}),
        ([["a", "x", "y"]], {"k": 1, "b": [{"c": 1}, {"c": 2, "d": 3}, 4]}),
        ([["a", "x"], ["a", "x", "y"]], {"k": 1, "b": [{"c": 1}, {"c": 2, "d": 3}, 4]}),
        ([["b", 3], ["b", 3, "c"], ["z"], ["z", 0], ["k", "x"], ["a", 0], ["b", "c"]], WHOLE),
        ([["b", 2], ["b", 2]], {"k": 1, "a": {"x": {"y": 1}}, "b": [{"c": 1}, {"c": 2, "d": 3}]}),
    ],
    ids=count(),
)
def test_what_is_left_out_goes_with_what_is_empty_without_it(
    paths: list[list[str | int]], expected: dict[str, Any]
) -> None:
    """From the back, so that places stay right; other elements of a list move up."""
    ledger = Ledger(sqlite3.connect(":memory:"))
    resource: Resource = {**WHOLE}
    gone = Key(r4_type="Patient", system="s", value="gone")
    references = tuple(
        Reference(target=gone, path=tuple(path), remove=tuple(path), rule="r") for path in paths
    )
    key = Key(r4_type="Task", system="s", value="a")
    subject = Subject(source_type="T", link="a", event="E")
    ledger.draft(subject, Write(key=key, resource=resource, references=references))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("check", "check_shape"):
            patch.setattr(room, name, lambda _resource, **_more: ())
        resolve(ledger)

    ((final, found),) = ledger.db.execute("SELECT final, digest FROM sound")
    assert final == orjson.dumps(expected, option=orjson.OPT_SORT_KEYS)
    assert found == digest(canonical(expected))


def test_more_than_are_looked_at_at_once_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is written that nobody looked at, and none is left out."""
    few = room._UNCHECKED.replace(f"LIMIT {room._BATCH}", "LIMIT 2")
    assert few != room._UNCHECKED
    monkeypatch.setattr(room, "_UNCHECKED", few)

    found = decide([[Draft(value, shape=value != "f")] for value in VALUES])

    assert sorted(found.order) == list("abcde")
    assert found.fates["f"] == ("rejected", "shape")


def test_the_limits_of_koppeltaal_2_are_those_that_are_looked_at() -> None:
    """The room's own checks are conformance's: here nothing stands in their place."""
    ledger = Ledger(sqlite3.connect(":memory:"))
    for value, resource in (
        ("1", {"resourceType": "Onbekend"}),
        ("2", {"resourceType": "Patient", "active": "ja"}),
    ):
        subject = Subject(source_type="T", link=value, event="E")
        made: Resource = {**resource}
        own = Key(r4_type="Patient", system="s", value=value)
        ledger.draft(subject, Write(key=own, resource=made, references=()))
    resolve(ledger)

    codes = {(link, code) for _type, _event, link, code, *_line in ledger.problems()}
    assert codes == {("1", "profile-violation"), ("2", "profile-violation")}


def test_which_of_two_rings_is_opened_first_is_of_content_alone() -> None:
    """Two rings through one object: its line is the same, whichever was drafted first."""
    both = [Draft(value="a", refers=(("a", True),)), Draft(value="b", refers=(("d", True),))]
    other = [Draft(value="c", refers=()), Draft(value="d", refers=(("b", True),))]

    assert decide([both, other]) == decide([other, both])
