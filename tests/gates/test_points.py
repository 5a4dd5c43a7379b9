"""The table of points is whole, of the draaiboek, and as the documents have it."""

from __future__ import annotations

from collections import Counter

from gates.table import PAGE, renewed
from kt_migrate.gates.people import FIRST, Role
from kt_migrate.gates.points import GATED, REHEARSAL, decision, needed
from kt_migrate.gates.records import Gate, Kind
from kt_migrate.gates.tables import POINTS

EVERY = [point for gate in Gate for point in POINTS[gate]]


def test_every_step_of_the_gates_has_a_point() -> None:
    """O.1 to O.10, Q.1 to Q.11, and the nine demands of Bijlage B, which has no eighth."""
    before, after = ({point.id for point in POINTS[gate]} for gate in Gate)
    assert {f"O.{n}" for n in range(1, 11)} <= before
    assert {f"B.{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 10)} <= before
    assert "B.8" not in before
    assert {f"Q.{n}" for n in range(1, 12)} <= after


def test_a_point_is_named_once_and_said_in_two_languages() -> None:
    """Short enough for its column."""
    assert Counter(point.id for point in EVERY).most_common(1)[0][1] == 1
    for point in EVERY:
        assert point.sentence != point.text
        assert max(len(point.few), len(point.short)) <= 26
        assert (point.kind is Kind.MEASURED) or point.roles
        assert point.envs <= GATED
        assert not point.follows or any(p.id == point.follows and p.after for p in EVERY)


def test_each_gate_has_one_decision_and_the_care_provider_takes_it() -> None:
    """All that comes after it is said by people, but for our own subscriptions: that is measured."""
    for gate in Gate:
        assert [p.id for p in POINTS[gate] if p.kind is Kind.DECIDED] == [decision(POINTS[gate]).id]
        assert decision(POINTS[gate]).roles == FIRST == {Role.PROVIDER}
        measured = [p.id for p in POINTS[gate] if p.after and p.kind is not Kind.ATTESTED]
        assert measured == ([] if gate is Gate.PRE else ["Q.9.1"])


def test_every_gated_environment_needs_every_point_and_has_its_rehearsal() -> None:
    """Production's is mgr2; the sandbox is its own."""
    assert REHEARSAL == {"prd2": "mgr2", "local": "local"}
    for env in GATED:
        for gate in Gate:
            assert needed(POINTS[gate], env) == POINTS[gate]


def test_the_page_has_the_tables_of_the_code() -> None:
    """`python tests/gates/table.py` renews it."""
    text = PAGE.read_text("utf-8")
    assert renewed(text) == text
    assert all(f"| {point.id} | {point.step} |" in text for point in EVERY)
