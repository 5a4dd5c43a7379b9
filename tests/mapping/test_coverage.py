"""What no rule reads is counted, whatever it is: an algorithm is an allow-list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, split_call
from kt_migrate.mapping import coverage
from kt_migrate.mapping.coverage import leaves, losses
from kt_migrate.model import Body, Loss, Node
from mapping.own import NS, algorithm, ignored, rule, rules

pytestmark = pytest.mark.property


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"a": ["x", "y"]}, ["a", "a"]),
        ({"a": [{"b": ["x"], "c": [{"d": ["y"]}]}]}, ["a.b", "a.c.d"]),
        ({"a": [{"value": ["x"], "id": ["1"]}]}, ["a.value"]),
        ({"id": ["1"], "url": ["u"], "a": []}, []),
        (
            {"extension": [{"url": [NS + "P#Age"], "valueInteger": ["3"]}]},
            ["extension[P#Age].valueInteger"],
        ),
        (
            {"extension": [{"url": [NS + "Profile/P#Age"], "valueInteger": ["3"]}]},
            ["extension[P#Age].valueInteger"],
        ),
        (
            {"a": [{"extension": [{"url": ["http://x.example/y/Own.Thing"], "valueCode": ["3"]}]}]},
            ["a.extension[Own-Thing].valueCode"],
        ),
        ({"extension": [{"valueCode": ["3"]}]}, ["extension[].valueCode"]),
        (
            {
                "extension": [
                    {"url": [NS + "A#B"], "extension": [{"url": [NS + "A#C"], "v": ["1"]}]}
                ]
            },
            ["extension[A#B].extension[A#C].v"],
        ),
        ({"extension": ["x"]}, ["extension"]),
        # What cannot be a name is not shown as one.
        ({"Jan Jansen": ["x"], "a\x1b": [{"b": ["y"]}]}, ["Unknown", "Unknown.b"]),
        ({"extension": [{"url": ["urn:x/Jan Jansen"], "v": ["3"]}]}, ["extension[Unknown].v"]),
        ({"a" * 65: ["x"]}, ["Unknown"]),
    ],
)
def test_every_leaf_has_a_path_without_indices(body: Body, paths: list[str]) -> None:
    """An anchor and a url are no content; an extension is named by the end of its url."""
    assert list(leaves(body)) == paths


MADE = algorithm(
    {
        "Thing": rules(
            rule("name", using="human_names", **{"from": "name"}),
            rule("text", **{"from": "deep.text"}),
            rule("title", **{"from": "deep"}),
            rule("status", value="x"),
            rule("made", using="launch_address"),
            leaves=(ignored("no-photo", "photo"), ignored("no-nickname", "name.nick")),
        )
    }
)


def lost(body: Body) -> list[tuple[str, str]]:
    """Return path and rule of what is lost."""
    return [(loss.path, loss.rule) for loss in losses(body, "Thing", MADE)]


def test_what_is_read_is_no_loss() -> None:
    """A function that names what it reads, reads that alone; any other reads all below."""
    assert lost({"name": [{"use": ["a"], "family": ["b"], "given": ["c"], "prefix": ["d"]}]}) == []
    assert lost({"deep": [{"text": ["a"], "other": [{"x": ["b"]}]}]}) == []
    assert lost({"name": [{"given": [{"value": ["x"], "id": ["1"]}]}]}) == []


def test_an_extension_may_have_a_bare_value() -> None:
    """Of no type at all; found by fuzzing, where it never ended."""
    for name in ("value", "valuestring", "values"):
        body: Body = {"extension": [{"url": [NS + "P#Age"], name: ["3"]}]}
        assert lost(body) == [(f"extension[P#Age].{name}", "")]


def test_what_is_not_read_is_told_from_what_is_left_behind_on_purpose() -> None:
    """Each path once, sorted; a whole element by the rule that leaves it."""
    body: Body = {
        "zeta": ["1", "2"],
        "photo": [{"url": ["u"], "data": [{"x": ["1"]}], "more": ["1"]}],
        "name": [{"suffix": ["a"], "nick": ["b"]}, {"suffix": ["c"]}],
        "names": ["x"],
        "photographs": ["x"],
    }

    assert lost(body) == [
        ("name.nick", "no-nickname"),
        ("name.suffix", ""),
        ("names", ""),
        ("photo.data.x", "no-photo"),
        ("photo.more", "no-photo"),
        ("photographs", ""),
        ("zeta", ""),
    ]


def test_one_algorithm_does_not_answer_for_another() -> None:
    """What is remembered is remembered per algorithm and per type."""
    reads, ignores = (
        rules(rule("a", **{"from": "a"})),
        rules(rule("b"), leaves=(ignored("i", "a"),)),
    )
    one = algorithm({"X": reads, "Y": ignores})
    other = algorithm({"X": ignores})
    body: Body = {"a": ["1"]}

    assert losses(body, "X", one) == ()
    assert losses(body, "Y", one) == losses(body, "X", other) == (Loss(path="a", rule="i"),)
    assert losses(body, "X", one) == ()


def test_what_is_remembered_of_paths_is_bounded_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hostile archive has as many paths as it likes; what is forgotten is found again."""
    monkeypatch.setattr(coverage, "_REMEMBERED", 3)
    paths = [f"x{number}" for number in range(7)]

    for path in [*paths, *paths]:
        body: Body = {path: ["1"], "deep": ["1"], "photo": ["1"]}
        assert lost(body) == [("photo", "no-photo"), (path, "")]
        assert len(coverage._known(MADE, "Thing")._remembered) <= 3


BESIDES = {
    "CarePlanActivity": [
        *[
            f"activity.extension[CarePlan#{name}]"
            for name in (
                "ActivityDefinition", "Started", "Finished", "Cancelled", "StartDate", "EndDate",
                "ActivityIdentifier", "ActivityStatus", "SubActivity", "Participant",
            )
        ],
        "careplan.patient", "careplan.participant", "careplan.status", "current", "subactivity",
    ],
    "ActivityDefinition": [
        "extension[ActivityDefinition#IsActive]", "extension[ActivityDefinition#IsArchived]",
    ],
    "Application": ["name"],
    "RelatedPerson": ["gender"],
}  # fmt: skip
BESIDES["CarePlanSubActivity"] = [*BESIDES["CarePlanActivity"], "activity"]


def body_of(path: str) -> Body:
    """Return a body with one leaf, at this path."""
    node: Node = "x"
    for step in reversed(path.split(".")):
        name, _, wanted = step.partition("[")
        if wanted:
            assert isinstance(node, dict) or node == "x"
            inner: Body = node if isinstance(node, dict) else {"valueString": [node]}
            node = {name: [{"url": [NS + wanted[:-1]], **inner}]}
        else:
            node = {name: [node]}
    assert isinstance(node, dict)
    return node


@pytest.mark.parametrize("source_type", sorted(BESIDES))
def test_what_a_types_functions_read_besides_their_rule_is_no_loss(source_type: str) -> None:
    """Each of those elements, of that type alone."""
    made = algorithm({source_type: rules(rule("a")), "Other": rules(rule("a"))})
    for path in BESIDES[source_type]:
        body = body_of(path)
        assert losses(body, source_type, made) == (), path
        assert len(losses(body, "Other", made)) == 1


_NODES = st.recursive(
    st.just("x"),
    lambda below: st.dictionaries(
        st.sampled_from(["name", "given", "photo", "deep", "id", "other"]),
        st.lists(below, max_size=2),
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "photo", "deep", "other"]), st.lists(_NODES, max_size=2)
    )
)
def test_every_leaf_is_read_left_behind_or_unread_never_forgotten(body: Body) -> None:
    """Whatever is in it: what is not lost stands below an element that some rule reads."""
    found = set(leaves(body))
    gone = {path for path, _rule in lost(body)}
    read = ("name.use", "name.family", "name.given", "name.prefix", "deep")

    assert gone <= found
    for path in found - gone:
        assert any(path == known or path.startswith(f"{known}.") for known in read), path
    for path in gone:
        assert path.startswith("photo") or not any(
            path == known or path.startswith(f"{known}.") for known in read
        )


def test_a_function_reads_below_its_element_what_it_says() -> None:
    """Of the standard algorithm: each element that a rule names is read by it."""
    standard = load_algorithm("standard")
    for source_type, found in standard.types.items():
        for one in found.rules:
            reads = FUNCTIONS[split_call(one.using)[0]].reads
            names = [f"{one.source}.{sub}".rstrip(".") for sub in reads]
            for named in names or [one.source]:
                path = named.replace("value[x]", "valueCoding")
                if one.source:
                    assert losses(body_of(path), source_type, standard) == (), (source_type, path)
