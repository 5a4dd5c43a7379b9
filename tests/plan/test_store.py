"""plan.sqlite: what is put in comes out, and it appears under its name whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import orjson
import pytest

from kt_migrate.books import HashTotal, digest
from kt_migrate.errors import ExitCode, JournalError
from kt_migrate.model import Key, Outcome
from kt_migrate.plan.rows import ElementRow, IssueRow, ObjectRow, PlannedWrite, SightingRow
from kt_migrate.plan.schema import SCHEMA
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan

CONTENT = PlanContent(
    meta=[("domain", "D"), ("leeg", "")],
    writes=[
        (1, "Patient", "s:p", "p1", 0, "Patient", "http://p/1", "d1", b'{"n":1}'),
        (2, "Endpoint", "s:e", "e1", 0, "Application", "App", "d2", b'{"n":2}'),
        (3, "Task", "s:t", "a#1", 1, "CarePlanActivity", "a", "d3", b'{"n":3}'),
        (4, "Task", "s:t", "a#2", 1, "CarePlanActivity", "a", "d4", b'{"n":4}'),
        (5, "Task", "s:u", "u", 2, "CarePlanSubActivity", "u", "d5", b'{"n":"\xc3\xa9"}'),
    ],
    references=[
        (3, 1, '["for"]'),
        (3, 1, '["owner"]'),
        (4, 1, '["for"]'),
        (4, 2, '["x"]'),
        (5, 3, '["p"]'),
    ],
    sightings=[
        (1, "Patient", "E", "http://p/1", "v1", "m1", 2, "older-version"),
        (2, "Patient", "E", "http://p/1", "v2", "m2", None, ""),
        (3, "Patient", "F", "x#entry-1", "", "m2", None, ""),
        (4, "Status", "F", "s1", "", "m2", None, ""),
        (5, "Task", "F", "gone", "v9", "m3", None, ""),
    ],
    objects=[
        ("Patient", "http://p/1", 2, "E", "migrated", "", 1),
        ("Patient", "x#entry-1", 3, "F", "rejected", "object-without-link", None),
        ("Status", "s1", 4, "F", "migrated", "", 1),
        ("Task", "gone", 5, "F", "out_of_scope", "scope-types", None),
    ],
    sighting_counts=[
        ("Patient", "E", 2),
        ("Patient", "F", 1),
        ("Status", "F", 1),
        ("Task", "F", 1),
    ],
    census=[("Patient", 1), ("", 2)],
    issues=[
        ("Patient", "E", "http://p/1", "code-1", "path", "rule", "detail"),
        ("Patient", "E", "http://p/1", "code-1", "path", "rule", "detail"),
        ("A", "F", "l", "code-0", "", "", ""),
    ],
    elements=[
        ("Patient", "a", "read", "r s", "", 1),
        ("Patient", "b", "unread", "", "", 5),
        ("Patient", "c", "ignored", "q", "No place.", 5),
        ("A", "z", "read", "", "", 2),
    ],
    documents=[("queue-message", 3), ("no-message .txt", 1)],
    hash_totals=[("Patient", 1, "f" * 64), ("Task", 3, "0" * 63 + "a")],
)
FIRST = next(iter(CONTENT.writes))


@pytest.fixture
def plan(tmp_path: Path) -> Iterator[Plan]:
    """Return a plan with that content."""
    write_plan(tmp_path / "plan.sqlite", CONTENT)
    with Plan(tmp_path / "plan.sqlite") as made:
        yield made


def written(place: int) -> PlannedWrite:
    """Return a write of the content as the load gets it."""
    seq, r4_type, system, value, stage, source_type, link, hex_digest, body = [*CONTENT.writes][
        place
    ]
    return PlannedWrite(
        seq=seq,
        key=Key(r4_type=r4_type, system=system, value=value),
        stage=stage,
        source_type=source_type,
        link=link,
        digest=hex_digest,
        resource=orjson.loads(body),
    )


def test_of_a_plan_of_last_states_no_write_has_earlier_versions(plan: Plan) -> None:
    """Mode `latest`: each object is one write."""
    assert [plan.count_versions(write.seq) for write in plan.writes()] == [0] * plan.count()


def test_the_writes_come_out_in_order_as_they_were_put_in(plan: Plan) -> None:
    """All of them, or those of one stage."""
    assert list(plan.writes()) == [written(place) for place in range(5)]
    assert [w.seq for w in plan.writes(0)] == [1, 2]
    assert list(plan.writes(1)) == [written(2), written(3)]
    assert list(plan.writes(3)) == []
    assert (plan.count(), plan.stages()) == (5, 3)


def test_a_write_is_found_by_its_whole_key_and_a_key_by_its_number(plan: Plan) -> None:
    """Each part of the key counts."""
    key = Key(r4_type="Task", system="s:t", value="a#2")

    assert plan.write(key) == written(3)
    assert plan.key(4) == key
    for other in (
        replace(key, r4_type="Patient"),
        replace(key, system="s:u"),
        replace(key, value="x"),
    ):
        assert plan.write(other) is None
    assert plan.key(6) is None


def test_what_a_write_refers_to_is_said_once_each(plan: Plan) -> None:
    """By their numbers, sorted."""
    assert [plan.targets(seq) for seq in range(1, 7)] == [(), (), (1,), (1, 2), (3,), ()]


def test_the_contents_of_a_type_come_out(plan: Plan) -> None:
    """Of that type, and no other; a plan of last states has one of each."""
    assert [body["n"] for body in plan.bodies("Task")] == [3, 4, "é"]
    assert [body["n"] for body in plan.bodies("Patient")] == [1]
    assert list(plan.bodies("CareTeam")) == []


def test_types_and_systems_are_those_that_occur(plan: Plan) -> None:
    """Systems in the order of writing, types sorted."""
    assert plan.systems() == (
        ("Patient", "s:p"),
        ("Endpoint", "s:e"),
        ("Task", "s:t"),
        ("Task", "s:u"),
    )
    assert list(plan.kinds()) == [
        (1, "Patient", "s:p"),
        (2, "Endpoint", "s:e"),
        (3, "Task", "s:t"),
        (4, "Task", "s:t"),
        (5, "Task", "s:u"),
    ]
    assert plan.sources() == (
        ("Application", "Endpoint"),
        ("CarePlanActivity", "Task"),
        ("CarePlanSubActivity", "Task"),
        ("Patient", "Patient"),
    )


def test_objects_are_found_with_the_write_that_migrates_them(plan: Plan) -> None:
    """Their own, or that of what they follow."""
    assert plan.objects_of([1]) == {("Patient", "E"): 1, ("Status", "F"): 1}
    assert plan.objects_of([2]) == plan.objects_of([]) == {}
    assert plan.objects_of([1, 2, 3]) == plan.objects_of([4, 1])
    assert list(plan.origins())[2:4] == [(n, "CarePlanActivity", "a") for n in (3, 4)]
    assert plan.without_link() == {"Patient": 1}
    assert list(plan.objects()) == [
        ObjectRow(source_type=t, link=k, event=e, outcome=Outcome(outcome), reason=r)
        for t, k, _sighting, e, outcome, r, _seq in CONTENT.objects
    ]


def test_sightings_issues_elements_and_documents_come_out_whole(plan: Plan) -> None:
    """Issues in the order in which they were put in; elements the most frequent first."""
    assert list(plan.sightings()) == [
        SightingRow(id=n, source_type=t, link=k, version=v, message=m, superseded_by=p, reason=r)
        for n, t, _event, k, v, m, p, r in CONTENT.sightings
    ]
    assert list(plan.issues()) == [
        IssueRow(source_type=t, event=e, link=k, code=c, path=p, rule=r, detail=d)
        for t, e, k, c, p, r, d in CONTENT.issues
    ]
    elements = [
        ("A", "z", "read", (), "", 2),
        ("Patient", "b", "unread", (), "", 5),
        ("Patient", "c", "ignored", ("q",), "No place.", 5),
        ("Patient", "a", "read", ("r", "s"), "", 1),
    ]
    assert plan.elements() == tuple(
        ElementRow(source_type=t, path=p, status=s, rules=r, because=b, count=n)
        for t, p, s, r, b, n in elements
    )
    assert plan.documents() == {"queue-message": 3, "no-message .txt": 1}
    assert list(plan.documents()) == ["no-message .txt", "queue-message"]
    assert plan.census() == {"": 2, "Patient": 1}
    assert plan.hash_totals() == {"Patient": HashTotal(1, 2**256 - 1), "Task": HashTotal(3, 10)}


def test_the_books_are_added_up_from_what_came_in_what_was_superseded_and_the_fates(
    plan: Plan,
) -> None:
    """Each from its own table, per type and event."""
    books = plan.books()
    row = dict.fromkeys(("read", "superseded", "objects", *Outcome), 0)

    assert books.unbalanced() == ()
    assert books.as_json_per_event() == {
        "Patient": {
            "E": {**row, "read": 2, "superseded": 1, "objects": 1, "migrated": 1},
            "F": {**row, "read": 1, "objects": 1, "rejected": 1},
        },
        "Status": {"F": {**row, "read": 1, "objects": 1, "migrated": 1}},
        "Task": {"F": {**row, "read": 1, "objects": 1, "out_of_scope": 1}},
    }


@pytest.mark.parametrize(
    "content",
    [
        replace(CONTENT, sighting_counts=[("Patient", "E", 3)]),
        replace(CONTENT, objects=[*CONTENT.objects][1:]),
        replace(CONTENT, sightings=[*CONTENT.sightings][1:]),
    ],
)
def test_books_that_lost_a_row_do_not_balance(tmp_path: Path, content: PlanContent) -> None:
    """Whoever reads the plan sees it, whatever the one who made it thought."""
    write_plan(tmp_path / "plan.sqlite", content)
    with Plan(tmp_path / "plan.sqlite") as plan:
        assert plan.books().unbalanced() != ()


def test_a_plan_says_what_it_was_made_with_and_what_it_is(plan: Plan) -> None:
    """Its meta, and the digest of its bytes."""
    assert (plan.meta("domain"), plan.meta("schema")) == ("D", SCHEMA)
    assert plan.meta("leeg") == plan.meta("nergens") == ""
    assert plan.sha256() == digest(plan.path.read_bytes())


def test_a_plan_may_lie_under_any_name(tmp_path: Path) -> None:
    """SQLite's own signs in a path are no signs there."""
    path = tmp_path / "a #1?mode=memory%41 &x" / "plan.sqlite"
    path.parent.mkdir()
    write_plan(path, CONTENT)
    with Plan(path) as plan:
        assert plan.count() == 5
    assert [p.name for p in tmp_path.iterdir()] == [path.parent.name]


def test_an_empty_plan_is_a_plan(tmp_path: Path) -> None:
    """With nothing in it, and no stages."""
    write_plan(
        tmp_path / "plan.sqlite", PlanContent(meta=[], writes=[], references=[], hash_totals=[])
    )
    with Plan(tmp_path / "plan.sqlite") as plan:
        assert (plan.count(), plan.stages()) == (0, 0)
        assert plan.books().as_json() == {}
        for rows in (plan.writes(), plan.issues(), plan.objects(), plan.sightings()):
            assert list(rows) == []


@pytest.mark.parametrize("schema", ["kt-migrate-plan/3", "kt-migrate-plan/6", ""])
def test_a_plan_of_another_version_is_refused(tmp_path: Path, schema: str) -> None:
    """It is never read as if it were our own."""
    path = tmp_path / "plan.sqlite"
    write_plan(path, CONTENT)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (schema,))
        db.commit()
    with pytest.raises(JournalError, match="not a plan of this version"):
        Plan(path)


def test_a_plan_is_only_read(plan: Plan) -> None:
    """Nothing can change it by accident; and it is closed at the end."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        plan._db.execute("DELETE FROM write")
    plan.close()
    with pytest.raises(sqlite3.ProgrammingError):
        plan.count()


def other_schema(path: Path) -> None:
    """Write a plan of another version."""
    write_plan(path, CONTENT)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = 'kt-migrate-plan/1' WHERE name = 'schema'")
    db.close()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda _path: None, "has no plan"),
        (lambda path: path.mkdir(), "has no plan"),
        (lambda path: path.write_bytes(b""), "not a plan"),
        (lambda path: path.write_bytes(b"x" * 4096), "not a plan"),
        (other_schema, "not a plan"),
    ],
    ids=count(),
)
def test_what_is_no_plan_of_this_version_is_refused(
    tmp_path: Path, make: object, what: str
) -> None:
    """Absent, empty, something else, or of another version: with its path."""
    path = tmp_path / "plan.sqlite"
    assert callable(make)
    make(path)

    with pytest.raises(JournalError) as caught:
        Plan(path)

    assert what in caught.value.what
    assert caught.value.where == str(path)
    assert caught.value.exit_code is ExitCode.JOURNAL


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever lay there, and whatever a process that was killed left."""
    first, second = tmp_path / "one" / "plan.sqlite", tmp_path / "two" / "plan.sqlite"
    for path in (first, second):
        path.parent.mkdir()
    second.write_bytes(b"an older plan")
    (second.parent / f"plan.{os.getpid()}.unfinished.sqlite").write_bytes(b"half a plan")
    for path in (first, second):
        write_plan(path, CONTENT)

    assert first.read_bytes() == second.read_bytes()
    assert [p.name for p in second.parent.iterdir()] == ["plan.sqlite"]


def test_a_plan_is_for_its_owner_only_from_the_start(tmp_path: Path) -> None:
    """It holds patients' data: 0600 while it is written, whatever the umask."""
    modes: list[tuple[str, int]] = []

    def meta() -> Iterator[tuple[str, str]]:
        modes.extend((p.name, p.stat().st_mode & 0o777) for p in tmp_path.iterdir())
        yield "domain", "D"

    before = os.umask(0)
    try:
        write_plan(tmp_path / "plan.sqlite", replace(CONTENT, meta=meta()))
    finally:
        os.umask(before)

    assert modes == [(f"plan.{os.getpid()}.unfinished.sqlite", 0o600)]
    assert (tmp_path / "plan.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [None, b"an older plan"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_plan_that_fails_halfway_leaves_what_was_there(
    tmp_path: Path, before: bytes | None, error: type[BaseException]
) -> None:
    """And nothing of its own: half a plan holds patients' data too."""
    path = tmp_path / "plan.sqlite"
    if before is not None:
        path.write_bytes(before)

    def fails() -> Iterator[tuple[str, int]]:
        yield "Patient", 1
        raise error

    with pytest.raises(error):
        write_plan(path, replace(CONTENT, census=fails()))

    assert [p.name for p in tmp_path.iterdir()] == ["plan.sqlite"] * (before is not None)
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        replace(CONTENT, writes=[FIRST, (2, *FIRST[1:])]),
        replace(CONTENT, objects=[("Patient", "p", 2, "E", "migrated", "", None)]),
        replace(CONTENT, sightings=[(1, "Patient", "E", "p", "v", "m", 2, "")]),
        replace(CONTENT, meta=[("schema", "other")]),
    ],
    ids=[
        "two writes of one key",
        "migrated by nothing",
        "superseded without reason",
        "two schemas",
    ],
)
def test_a_plan_that_contradicts_itself_is_not_written(
    tmp_path: Path, content: PlanContent
) -> None:
    """The database refuses it."""
    with pytest.raises(sqlite3.IntegrityError):
        write_plan(tmp_path / "plan.sqlite", content)

    assert list(tmp_path.iterdir()) == []


def test_requests_are_counted_by_type_and_status(example_plan: Plan) -> None:
    """What fires a subscription; of a type without a status it is empty."""
    bodies = (write.resource for write in example_plan.writes())
    counted = Counter((str(b["resourceType"]), str(b.get("status", ""))) for b in bodies)

    assert example_plan.requests() == dict(sorted(counted.items()))
    assert {status for r4_type, status in counted if r4_type == "Patient"} == {""}
    assert len({status for r4_type, status in counted if r4_type == "Task"}) > 1
