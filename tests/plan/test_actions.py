"""The detailed actions: every write in one of them, in an order that works, with an honest time."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from archives import HOST, patient
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.books import HashTotal
from kt_migrate.config import ENVIRONMENTS
from kt_migrate.model import Mode
from kt_migrate.plan.actions import GATES, Action, Writer, actions_of
from kt_migrate.plan.estimate import ENOUGH_WRITES, Basis, Measured, estimate_of
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from plan.small import plan_files, queue

P1, P2 = f"{HOST}/Patient/1", f"{HOST}/Patient/2"
TYPES = ("CareTeam", "Patient", "Task")
WRITER = Writer(environment="mgr2", client="client-1")
UNKNOWN = estimate_of(0, 16)


def actions(plan: Plan, per_second: float = 10, **there: tuple[str, ...]) -> tuple[Action, ...]:
    """Return a plan's actions at a rate."""
    return actions_of(plan, WRITER, estimate_of(per_second, 16), there)


def test_the_actions_of_the_example_are_what_a_person_counts(example_plan: Plan) -> None:
    """Counted by hand in the table of writes; each action is one stage, type and source."""
    found = actions(example_plan)
    rows = [(w.stage, w.key.r4_type, w.source_type) for w in example_plan.writes()]

    assert [(a.stage, a.r4_type, a.source_types) for a in found] == [
        (stage, r4_type, (source,)) for stage, r4_type, source in dict.fromkeys(rows)
    ]
    assert [a.count for a in found] == [rows.count(row) for row in dict.fromkeys(rows)]
    assert [a.number for a in found] == list(range(1, len(found) + 1))
    assert {a.client for a in found} == {"client-1"}
    assert {a.credentials for a in found} == {"configs/mgr2.yaml"}
    assert {a.gates for a in found} == {("M.1",)}
    assert all(a.scope == f"system/{a.r4_type}.crus" for a in found)


def test_before_an_action_stands_what_its_writes_refer_to(example_plan: Plan) -> None:
    """Exactly that: no action too many, and none too few."""
    found = actions(example_plan)
    number = {seq: a.number for a in found for seq in range(a.first, a.last + 1)}
    expected: dict[int, set[int]] = {a.number: set() for a in found}
    for write in example_plan.writes():
        for target in example_plan.targets(write.seq):
            expected[number[write.seq]].add(number[target])

    assert {a.number: set(a.after) for a in found} == expected
    assert any(len(a.after) > 1 for a in found)
    assert all(list(a.after) == sorted(a.after) for a in found)


def test_what_verify_must_find_stands_where_a_type_is_complete(example_plan: Plan) -> None:
    """Once per type, with the whole type's count and hash total."""
    found = actions(example_plan)

    assert {a.r4_type: a.total for a in found if a.completes} == example_plan.hash_totals()
    assert [a.r4_type for a in found if a.completes] == list(
        dict.fromkeys(a.r4_type for a in reversed(found))
    )[::-1]


def test_the_same_plan_gives_the_same_actions(example_plan: Plan) -> None:
    """No clock, nothing random; as JSON too."""
    once, again = actions(example_plan), actions(example_plan)

    assert once == again
    assert [a.as_json() for a in once] == [a.as_json() for a in again]


def test_what_must_be_on_the_server_already_is_said_of_the_type_that_needs_it(
    example_plan: Plan,
) -> None:
    """An Endpoint that kt-migrate.yaml refers to."""
    found = actions(example_plan, ActivityDefinition=("Endpoint/7",))

    assert {a.r4_type for a in found if a.endpoints} == {"ActivityDefinition"}
    assert found[0].as_json()["before"] == {
        "actions": [],
        "steps": ["M.1"],
        "token": True,
        "scope": f"system/{found[0].r4_type}.crus",
        "on_server": [],
    }


def test_every_environment_has_its_gates() -> None:
    """Production waits for GO and for the order to migrate."""
    assert GATES.keys() == set(ENVIRONMENTS)
    assert GATES["prd2"] == ("O.10", "P.7")


_SHAPES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(TYPES)), max_size=12).map(sorted)


@pytest.mark.property
@given(_SHAPES, st.data())
def test_actions_hold_every_write_once_and_wait_only_for_what_is_before(
    shape: list[tuple[int, str]], data: st.DataObject
) -> None:
    """Whatever the plan: ranges that follow each other, and references to lower stages."""
    lower = {
        seq: [other for other, (s, _t) in enumerate(shape, 1) if s < stage]
        for seq, (stage, _r4_type) in enumerate(shape, 1)
    }
    references = [
        (seq, data.draw(st.sampled_from(targets)), "[]")
        for seq, targets in lower.items()
        if targets
    ]
    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / "plan.sqlite"
        write_plan(
            path,
            PlanContent(
                meta=[],
                writes=[
                    (n, t, f"urn:{t}", str(n), s, t, str(n), "0" * 64, b"{}")
                    for n, (s, t) in enumerate(shape, 1)
                ],
                references=references,
                hash_totals=[],
            ),
        )
        with Plan(path) as plan:
            found = actions(plan)

    assert [n for a in found for n in range(a.first, a.last + 1)] == list(range(1, len(shape) + 1))
    assert all(a.count == a.last - a.first + 1 for a in found)
    assert all(other < a.number for a in found for other in a.after)
    for before, behind in pairwise(found):
        assert (before.stage, before.r4_type) < (behind.stage, behind.r4_type)
    assert all(a.total == HashTotal() for a in found)


def test_no_speed_is_invented() -> None:
    """Without a limit and without a trial nobody knows how long it takes."""
    assert UNKNOWN.basis is Basis.UNKNOWN
    assert UNKNOWN.per_second is None
    assert UNKNOWN.seconds(1_000) is None
    assert UNKNOWN.as_json(1_000) == {
        "basis": "unknown",
        "per_second": None,
        "seconds": None,
        "limit": None,
        "max_in_flight": 16,
        "measured": None,
    }


def test_the_limit_is_all_that_is_known_before_a_trial() -> None:
    """It takes that long at least."""
    found = estimate_of(60, 16)

    assert (found.basis, found.per_second, found.seconds(90)) == (Basis.CONFIGURED, 60, 1.5)


@pytest.mark.parametrize(
    ("limit", "writes", "seconds", "per_second"),
    [
        (0, 400, 20, 20.0),  # as fast as it was
        (60, 400, 20, 20.0),
        (10, 400, 20, 10),  # never faster than the limit
        (60, ENOUGH_WRITES, 1, 20.0),
        (60, ENOUGH_WRITES - 1, 1, 60),  # too few to say anything
        (60, 400, 0, 60),
    ],
)
def test_a_trial_says_how_fast_it_goes(
    limit: float, writes: int, seconds: float, per_second: float
) -> None:
    """What an earlier run sent in how long, bounded by the limit."""
    found = estimate_of(
        limit, 16, [Measured(env="mgr2", run="001", writes=writes, seconds=seconds)]
    )

    assert found.per_second == per_second
    counts = writes >= ENOUGH_WRITES and seconds > 0
    assert (found.measured is not None) == counts
    assert found.basis is (Basis.MEASURED if counts else Basis.CONFIGURED)


def test_the_first_trial_that_counts_is_taken() -> None:
    """A small one before it is passed over."""
    small, first, second = (
        Measured(env="mgr2", run=run, writes=writes, seconds=10)
        for run, writes in (("003", 3), ("002", 50), ("001", 500))
    )

    found = estimate_of(0, 16, [small, first, second])

    assert found.measured == first
    assert found.as_json(10) == {
        "basis": "measured",
        "per_second": 5.0,
        "seconds": 2.0,
        "limit": None,
        "max_in_flight": 16,
        "measured": {"env": "mgr2", "run": "002", "writes": 50, "seconds": 10},
    }


def test_earlier_versions_take_their_time(tmp_path: Path) -> None:
    """In mode every-version they are requests too; the estimate has them."""
    one, two, three = (patient(name) for name in ("A", "B", "C"))
    files = queue({P1: one}, {P1: two}, {P1: three, P2: one})
    with (
        plan_files(tmp_path / "every", files, mode=Mode.EVERY_VERSION) as every,
        plan_files(tmp_path / "latest", files) as latest,
    ):
        (found,), (last,) = actions(every), actions(latest)

    assert (found.count, found.versions, found.seconds) == (2, 2, 0.4)
    assert (last.count, last.versions, last.seconds) == (2, 0, 0.2)
