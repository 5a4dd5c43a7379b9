"""References: conditional in the plan, literal on the wire, conditional again in the digest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.load.journal import ON_SERVER, Entry, State
from kt_migrate.load.references import KEPT, References, parse_reference
from kt_migrate.model import Json, Key, Resource
from load.world import journal_in, key_of, patients, plan_with, planted

A, B = key_of("a").reference, key_of("b").reference


@contextmanager
def references(folder: Path, **states: State) -> Iterator[References]:
    """Return what knows patients a, b and c, with ids `id-a` …; their states are given."""
    with plan_with(folder, patients(*"abc")) as plan, journal_in(folder) as journal:
        for seq, name in enumerate("abc", 1):
            if name in states:
                planted(journal, Entry(seq=seq, state=states[name], server_id=f"id-{name}"))
        yield References(plan, journal)


def test_every_conditional_reference_becomes_the_id_that_the_server_gave(tmp_path: Path) -> None:
    """At any depth; literal ones, other texts and other types of value stay as they are."""
    resource: Resource = {
        "resourceType": "Task",
        "for": {"reference": A, "display": B},
        "note": [{"reference": B}, "reference", [{"deep": {"reference": A}}]],
        "owner": {"reference": "Practitioner/7"},
        "odd": {"reference": {"reference": B}},
        "ref": A,
        "count": 3,
        "flag": None,
    }
    before = str(resource)
    with references(tmp_path, a=State.CREATED, b=State.UPDATED) as known:
        assert known.literal(resource) == {
            "resourceType": "Task",
            "for": {"reference": "Patient/id-a", "display": B},
            "note": [
                {"reference": "Patient/id-b"},
                "reference",
                [{"deep": {"reference": "Patient/id-a"}}],
            ],
            "owner": {"reference": "Practitioner/7"},
            "odd": {"reference": {"reference": "Patient/id-b"}},
            "ref": A,
            "count": 3,
            "flag": None,
        }
    assert str(resource) == before


@pytest.mark.parametrize("state", State)
def test_only_what_is_on_the_server_has_an_id(state: State, tmp_path: Path) -> None:
    """Anything else is an error of ours: the order of the plan is wrong."""
    with references(tmp_path, a=state) as known:
        if state in ON_SERVER:
            assert known.literal({"for": {"reference": A}}) == {
                "for": {"reference": "Patient/id-a"}
            }
            return
        with pytest.raises(JournalError, match="not on the server") as refused:
            known.literal({"for": {"reference": A}})
        assert refused.value.where == "Patient"


@pytest.mark.parametrize(
    "reference", [B, key_of("z").reference, key_of("a", "Practitioner").reference]
)
def test_what_was_never_sent_or_planned_has_no_id(reference: str, tmp_path: Path) -> None:
    """Never in the journal, never in the plan, another type with the same value."""
    with (
        references(tmp_path, a=State.CREATED) as known,
        pytest.raises(JournalError, match="not on the server"),
    ):
        known.literal({"for": {"reference": reference}})


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("Patient/id-a", A),
        ("id-a", A),
        ("https://server.example/fhir/Patient/id-b", B),
        ("Patient/id-z", "Patient/id-z"),
        (B, B),
        ("", ""),
    ],
)
def test_a_literal_reference_is_turned_back_when_its_id_is_ours(
    text: str, back: str, tmp_path: Path
) -> None:
    """Any other text stays as it is."""
    with references(tmp_path, a=State.CREATED, b=State.CREATED) as known:
        assert known.conditional(text) == back


def test_what_was_found_once_is_not_looked_up_again(tmp_path: Path) -> None:
    """In both directions: an object costs the same whatever refers to it."""
    with references(tmp_path, a=State.CREATED) as known:
        steps = known._journal._read, known.plan._db
        first = known.literal({"reference": A}), known.conditional("Patient/id-a")
        texts: list[str] = []
        for db in steps:
            db.set_trace_callback(texts.append)
        assert (known.literal({"reference": A}), known.conditional("Patient/id-a")) == first
        assert texts == []


def test_no_more_is_remembered_than_fits(tmp_path: Path) -> None:
    """Memory does not grow with the plan, in either direction."""
    with references(tmp_path) as known:
        for remembered in (known._id_of, known.conditional):
            assert remembered.cache_info().maxsize == KEPT


PART = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SYSTEM = PART.filter(lambda text: "|" not in text and "?identifier=" not in text)


@pytest.mark.property
@given(
    r4_type=st.sampled_from(["Patient", "Task", "CareTeam"]),
    system=SYSTEM,
    value=PART | st.just("a|b?identifier=c|d"),
)
def test_a_reference_names_its_key_whatever_the_value_holds(
    r4_type: str, system: str, value: str
) -> None:
    """Reading a conditional reference gives the key that it was made of."""
    key = Key(r4_type=r4_type, system=system, value=value)
    assert parse_reference(key.reference) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Patient/1", ("Patient/1", "", "")),
        ("Patient?identifier=s", ("Patient", "s", "")),
        ("Patient?identifier=|v", ("Patient", "", "v")),
        ("", ("", "", "")),
    ],
)
def test_a_text_that_names_no_whole_key_names_what_it_can(
    text: str, key: tuple[str, str, str]
) -> None:
    """It finds nothing in a plan, and breaks nothing."""
    found = parse_reference(text)
    assert (found.r4_type, found.system, found.value) == key


LEAF = st.none() | st.booleans() | st.integers() | PART
TREE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reference", "a", "b"]), inner | st.sampled_from([A, B]), max_size=3
        )
    ),
    max_leaves=10,
)


@pytest.mark.property
def test_a_reference_is_the_same_there_and_back(tmp_path: Path) -> None:
    """Literal, then conditional again, at every place: the resource of the plan."""
    with references(tmp_path, a=State.CREATED, b=State.CREATED) as known:

        def back(value: Json) -> Json:
            if isinstance(value, list):
                return [back(item) for item in value]
            if isinstance(value, dict):
                return {
                    name: known.conditional(item)
                    if name == "reference" and isinstance(item, str)
                    else back(item)
                    for name, item in value.items()
                }
            return value

        @settings(max_examples=50, deadline=None)
        @given(tree=TREE)
        def law(tree: Json) -> None:
            resource: Resource = {"resourceType": "Task", "x": tree}
            assert back(known.literal(resource)) == resource

        law()
