"""What no rule reads is counted, whatever it is: an algorithm is an allow-list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, split_call
from kt_migrate.mapping.coverage import Fate, Status, fate_of
from kt_migrate.model import Body, Node
from mapping.counting import account, left
from mapping.own import NS, algorithm, ignored, rule, rules

pytestmark = pytest.mark.property


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
    return left(body, "Thing", MADE)


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
    """Nor one type for another."""
    reads, ignores = (
        rules(rule("a", **{"from": "a"})),
        rules(rule("b"), leaves=(ignored("i", "a"),)),
    )
    one = algorithm({"X": reads, "Y": ignores})
    other = algorithm({"X": ignores})

    assert fate_of("X", "a", one).status is Status.READ
    assert fate_of("Y", "a", one) == fate_of("X", "a", other)
    assert fate_of("Y", "a", one).rules == ("i",)
    assert fate_of("Z", "a", one) == Fate(status=Status.UNREAD)


def test_every_rule_that_reads_an_element_is_named() -> None:
    """Also one that takes a whole of which it is a part; each once, the nearest first."""
    made = algorithm(
        {
            "Thing": rules(
                rule("whole", **{"from": "deep"}),
                rule("part", **{"from": "deep.text"}),
                rule("other", **{"from": "deep.text.more"}),
            )
        }
    )

    assert fate_of("Thing", "deep.text", made).rules == ("rule-part", "rule-whole")
    assert fate_of("Thing", "deep.text.x", made).rules == ("rule-part", "rule-whole")
    assert fate_of("Thing", "deep", made).rules == ("rule-whole",)


def test_the_longest_path_decides() -> None:
    """A part that is read of a whole that is left behind, and the other way round."""
    made = algorithm(
        {
            "Thing": rules(
                rule("part", **{"from": "photo.title"}),
                rule("whole", **{"from": "name"}),
                leaves=(ignored("no-photo", "photo"), ignored("no-nick", "name.nick")),
            )
        }
    )

    assert fate_of("Thing", "photo.title", made).status is Status.READ
    assert fate_of("Thing", "photo.data", made).rules == ("no-photo",)
    assert fate_of("Thing", "name.nick", made).rules == ("no-nick",)


def test_of_what_is_ignored_the_reason_is_told() -> None:
    """That of its entry; of a type that is not migrated, that of its rule."""
    standard = load_algorithm("standard")
    photo = fate_of("Patient", "photo.data", standard)
    message = fate_of("UserMessage", "whatever", standard)

    assert (photo.status, photo.rules) == (Status.IGNORED, ("patient-photo",))
    assert photo.because == "KT2_Patient photo 0..0."
    assert (message.status, message.rules) == (Status.IGNORED, ("user-message",))
    assert message.because.startswith("MIG-KT-001 maps to CommunicationRequest")


def test_a_care_plan_is_read_for_its_activities() -> None:
    """What their rules read of it; the rest ends with the care plan."""
    standard = load_algorithm("standard")

    assert fate_of("CarePlan", "patient.reference", standard).rules == ("task-for", "task-owner")
    assert fate_of("CarePlan", "participant.role.text", standard).rules == ("task-requester",)
    assert fate_of("CarePlan", "modified", standard).rules == ("careplan-container",)


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


USING = {
    "ActivityDefinition": ["definition_status"],
    "RelatedPerson": ["relationship(none, none, none)"],
    "CarePlanActivity": ["task_instantiates", "task_period", "task_requester", "task_owner"],
    "CarePlanSubActivity": ["task_description", "task_period", "task_requester", "task_owner"],
    "Application": [],
}


@pytest.mark.parametrize("source_type", sorted(BESIDES))
def test_what_a_types_functions_read_besides_their_rule_is_no_loss(source_type: str) -> None:
    """Each of those elements, of that type alone, by the rules that use such a function."""
    used = [rule(f"r{n}", using=name) for n, name in enumerate(USING[source_type])]
    made = algorithm({source_type: rules(rule("a"), *used), "Other": rules(rule("a"), *used)})
    for path in BESIDES[source_type]:
        body = body_of(path)
        assert left(body, source_type, made) == [], path
        assert len(left(body, "Other", made)) == 1


def test_what_a_function_reads_is_unread_where_no_rule_uses_it() -> None:
    """An algorithm without the requester's rule reads no participants."""
    none = algorithm({"CarePlanActivity": rules(rule("a"))})

    assert fate_of("CarePlanActivity", "careplan.participant.member", none).status is Status.UNREAD
    assert fate_of("CarePlanActivity", "current.status", none).status is Status.READ


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
    found = set(account(body))
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
    policies = standard.policies.model_copy(update={"sub_activities": "tasks"})
    standard = replace(standard, policies=policies)
    for source_type, found in standard.types.items():
        for one in found.rules:
            reads = FUNCTIONS[split_call(one.using)[0]].reads
            names = [f"{one.source}.{sub}".rstrip(".") for sub in reads]
            for named in names or [one.source]:
                path = named.replace("value[x]", "valueCoding")
                if one.source:
                    assert left(body_of(path), source_type, standard) == [], (source_type, path)
