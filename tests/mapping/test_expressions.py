"""Rules with a condition, and with a `from` that is more than a path."""

from __future__ import annotations

import pytest

from kt_migrate.mapping import map_object
from kt_migrate.model import Body, Rejected
from mapping.counting import left
from mapping.own import algorithm as algorithm_of
from mapping.own import issues, mapped, one, rule, thing
from mapping.own import rules as rules_of
from ruling import Known

GROWN: Body = {"age": ["41"], "label": ["x"], "kind": ["b", "a"]}


def element(body: Body, *found: object) -> object:
    """Return `name` of what an object becomes."""
    (write,) = mapped(map_object(thing(body), one(*found), Known())).writes
    return write.resource.get("name")


def test_a_rule_counts_only_when_its_condition_is_true() -> None:
    """Also one that is required: of another object it is not asked."""
    conditional = rule("name", when="kind = 'z'", required=True, **{"from": "label"})

    assert element({"kind": ["z"], "label": ["x"]}, conditional) == "x"
    assert element({"kind": ["a"], "label": ["x"]}, conditional) is None
    assert element({"label": ["x"]}, conditional) is None


def test_what_is_required_under_a_condition_rejects_when_it_is_true() -> None:
    """As any rule does."""
    conditional = rule("name", when="kind = 'z'", required=True, **{"from": "label"})

    (issue,) = issues(map_object(thing({"kind": ["z"]}), one(conditional), Known()))
    assert (issue.code, issue.rule) == ("value-missing", "rule-name")


def test_of_two_rules_with_conditions_the_one_that_is_true_counts() -> None:
    """So that one element can come from two places."""
    first = rule("name", when="kind = 'a'", value="A")
    second = rule("name", when="kind = 'b'", value="B").model_copy(update={"id": "second"})

    assert element({"kind": ["a"]}, first, second) == "A"
    assert element({"kind": ["b"]}, first, second) == "B"


def test_a_from_in_fhirpath_gives_its_nodes_to_the_function() -> None:
    """As a path does."""
    assert element(GROWN, rule("name", **{"from": "kind.where($this = 'a')"})) == "a"
    assert element(GROWN, rule("name", **{"from": "label.upper()"})) == "X"
    assert element(GROWN, rule("name", **{"from": "kind.where($this = 'q')"})) is None


@pytest.mark.parametrize("field", ["when", "from"])
@pytest.mark.parametrize("text", ["kind > 1", "kind.upper()", "label.take('x')"])
def test_what_cannot_be_worked_out_rejects_the_object(field: str, text: str) -> None:
    """Never a crash, and never a guess."""
    found = map_object(thing(GROWN), one(rule("name", **{field: text})), Known())

    assert isinstance(found, Rejected)
    (issue,) = found.issues
    assert (issue.code, issue.detail, issue.rule) == ("expression-failed", field, "rule-name")


def test_a_condition_that_is_neither_true_nor_false_rejects_the_object() -> None:
    """A text is no answer."""
    (issue,) = issues(map_object(thing(GROWN), one(rule("name", when="label", value="x")), Known()))

    assert issue.code == "expression-failed"


def test_what_an_expression_reads_is_not_lost_and_what_a_condition_looks_at_is() -> None:
    """An algorithm is an allow-list."""
    own = rule("name", when="age.exists()", **{"from": "kind.where($this = 'a')"})

    found = left(GROWN, "Thing", algorithm_of({"Thing": rules_of(own)}))

    assert found == [("age", ""), ("label", "")]
