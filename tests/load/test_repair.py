"""What a verification found gone or other: what is ours comes back, the rest is listed and left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.search import Found
from kt_migrate.load.decision import Choice, Policy
from kt_migrate.load.journal import Entry, State
from kt_migrate.load.repair import Action, Item, Repair
from kt_migrate.load.run import LoadResult
from kt_migrate.load.start import Wishes
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key, Resource
from kt_migrate.plan.findings import Findings, read_findings, write_findings
from kt_migrate.plan.store import Plan
from load.starting import Start, start_in
from load.wire import Reply, Request
from load.world import journal_in, key_of, patients, plan_with, planted

TASK = key_of("task-a", "Task")


@pytest.fixture
def done(start: Start) -> Start:
    """Return a start whose plan is on the server: patients 1 to 5, and a task of each."""
    start.server.guards = True
    assert start().on_server == 10
    start.server.requests.clear()
    return start


def there(start: Start, value: str = "a") -> Resource:
    """Return a patient of the server."""
    (found,) = start.server.with_key(key_of(value))
    return found


def remove(start: Start, resource: Resource) -> None:
    """Delete a resource, as somebody else would."""
    del start.server.objects[str(resource["resourceType"]), str(resource["id"])]


def change(start: Start, value: str = "a", version: str = "2", **elements: str) -> None:
    """Change a patient, as somebody else would."""
    there(start, value).update({"meta": {"versionId": version}, **elements})


def repaired(
    start: Start, *, existing: Choice | None = None, **found: tuple[int, ...]
) -> LoadResult:
    """Repair what was found."""
    write_findings(start.folder, Findings(**found))
    return start(wishes=Wishes(repair=True, existing=existing))


def actions(result: LoadResult) -> dict[int, Action]:
    """Return what became of each finding."""
    return {item.seq: item.action for item in result.repaired}


def entry_of(start: Start, seq: int) -> Entry:
    """Return what the journal says."""
    with journal_in(start.folder) as journal:
        entry = journal.entry(seq)
    assert entry is not None
    return entry


def events(start: Start, seq: int) -> list[tuple[str, str]]:
    """Return the history of one write: states and ids."""
    with journal_in(start.folder) as journal:
        query = "SELECT state, server_id FROM event WHERE seq = ? ORDER BY id"
        return journal._read.execute(query, (seq,)).fetchall()


def test_what_is_gone_comes_back_and_its_old_id_stays_in_the_history(done: Start) -> None:
    """One POST; what refers to it follows, for it refers to an id that is gone."""
    gone = there(done)
    remove(done, gone)
    result = repaired(done, missing=(1,), different=(6,))

    new = there(done)["id"]
    assert new != gone["id"]
    assert actions(result) == {1: Action.REWRITE, 6: Action.BRING_BACK}
    assert result.states == {State.CREATED: 9, State.UPDATED: 1}
    assert entry_of(done, 1).server_id == new
    (task,) = done.server.with_key(TASK)
    assert task["for_"] == {"reference": f"Patient/{new}"}
    assert events(done, 1) == [
        ("intent", ""),
        ("created", gone["id"]),
        ("repair", gone["id"]),
        ("intent", ""),
        ("created", new),
    ]
    assert read_findings(done.folder) == Findings()


def test_nothing_is_written_before_the_list_is_shown(done: Start) -> None:
    """Whoever is shown it could still stop it."""
    remove(done, there(done))
    write_findings(done.folder, Findings(missing=(1,)))
    shown: list[Sequence[Item]] = []

    def listed(items: Sequence[Item]) -> None:
        assert done.server.sent("POST") == []
        assert entry_of(done, 1).state is State.CREATED
        shown.append(items)

    done(wishes=Wishes(repair=True, listed=listed))
    assert shown == [[Item(1, Action.REWRITE)]]
    assert len(done.server.sent("POST")) == 1


def test_without_being_asked_nothing_is_repaired(done: Start) -> None:
    """The findings stay for who asks."""
    remove(done, there(done))
    write_findings(done.folder, Findings(missing=(1,)))
    result = done()
    assert result.repaired == ()
    assert done.server.sent("POST") == []
    assert read_findings(done.folder) == Findings(missing=(1,))


def test_what_nobody_changed_is_brought_back(done: Start) -> None:
    """The server stored something else under our version: written over, with that version."""
    change(done, version="1", language="x-other")
    result = repaired(done, different=(1,))
    assert actions(result) == {1: Action.BRING_BACK}
    (put,) = done.server.sent("PUT")
    assert put.headers["if-match"] == 'W/"1"'
    assert there(done)["language"] == "x-0"
    assert entry_of(done, 1).notice == ""


@pytest.mark.parametrize("existing", [None, Choice.UPDATE])
def test_what_somebody_else_changed_is_left(done: Start, existing: Choice | None) -> None:
    """Its version is newer than ours; the finding stays."""
    change(done, language="x-other")
    result = repaired(done, existing=existing, different=(1,))
    assert actions(result) == {1: Action.LEFT_CHANGED}
    assert done.server.sent("PUT") == done.server.sent("POST") == []
    assert read_findings(done.folder) == Findings(different=(1,))
    assert entry_of(done, 1).state is State.CREATED


def test_what_lost_our_identifier_is_not_made_again(done: Start) -> None:
    """It is still there under its id."""
    there(done)["identifier"] = [{"system": "x", "value": "y"}]
    result = repaired(done, missing=(1,))
    assert actions(result) == {1: Action.LEFT_CHANGED}
    assert done.server.sent("POST") == []


def test_what_nobody_can_tell_to_be_gone_is_not_written_again(done: Start) -> None:
    """A way to a portal instead of the resource: the repair stops, and the finding stays."""
    remove(done, there(done))

    async def portal(request: Request) -> Reply:
        asked = request.method == "GET" and not request.query and "/Patient/" in request.path
        return Reply(302, headers={"location": "/portal"}) if asked else done.server.effect(request)

    done.server.script = portal
    with pytest.raises(CouldNotLookError):
        repaired(done, missing=(1,))
    assert done.server.sent("POST") == []
    assert read_findings(done.folder) == Findings(missing=(1,))
    assert entry_of(done, 1).state is State.CREATED


def test_what_is_right_by_now_needs_nothing(done: Start) -> None:
    """The verification was of yesterday."""
    result = repaired(done, missing=(1,), different=(2,))
    assert actions(result) == {1: Action.RIGHT, 2: Action.RIGHT}
    assert read_findings(done.folder) == Findings()
    assert done.server.sent("POST") == []


def test_what_came_back_under_another_id_is_looked_at_anew(done: Start) -> None:
    """Somebody put it back: the journal learns its id, and nothing is written."""
    remove(done, there(done))
    back = done.server.put(patients("a")[0], version="3")
    result = repaired(done, different=(1,))
    assert actions(result) == {1: Action.AGAIN}
    entry = entry_of(done, 1)
    assert (entry.state, entry.server_id, entry.version) == (State.UNCHANGED, back["id"], "3")


def test_what_is_double_is_looked_at_again_when_one_is_left(done: Start) -> None:
    """As long as there are two, it is left, and said."""
    second = done.server.put(patients("a")[0])
    with journal_in(done.folder) as journal:
        planted(journal, Entry(seq=1, state=State.DUPLICATE, code="duplicate-on-server"))
    assert actions(repaired(done, duplicate=(1,))) == {1: Action.LEFT_DOUBLE}
    assert entry_of(done, 1).state is State.DUPLICATE

    remove(done, second)
    assert actions(repaired(done, duplicate=(1,))) == {1: Action.AGAIN}
    assert entry_of(done, 1).state is State.UNCHANGED


@pytest.mark.parametrize(
    ("state", "gone", "existing", "action"),
    [
        (State.UNCHANGED, True, None, Action.LEFT_NOT_OURS),
        (State.ADOPTED, True, None, Action.LEFT_NOT_OURS),
        (State.ADOPTED, False, None, Action.LEFT_ADOPTED),
        (State.ADOPTED, False, Choice.ADOPT, Action.LEFT_ADOPTED),
        (State.ADOPTED, False, Choice.UPDATE, Action.BRING_BACK),
        (State.UNCHANGED, False, None, Action.LEFT_NOT_OURS),
    ],
)
def test_what_we_never_wrote_is_left(
    state: State,
    gone: bool,  # noqa: FBT001 (a case)
    existing: Choice | None,
    action: Action,
    done: Start,
) -> None:
    """Unless its owner chose to write over what was there before."""
    one = there(done)
    with journal_in(done.folder) as journal:
        planted(journal, Entry(seq=1, state=state, server_id=str(one["id"]), version="1"))
    if gone:
        remove(done, one)
    else:
        change(done, version="1", language="x-other")
    kind = {"missing": (1,)} if gone else {"different": (1,)}
    result = repaired(done, existing=existing, **kind)
    assert actions(result) == {1: action}
    updated = action is Action.BRING_BACK
    assert len(done.server.sent("PUT")) == updated
    assert entry_of(done, 1).notice == ("existing-updated" if updated else "")


def test_what_another_run_of_ours_wrote_is_ours(done: Start) -> None:
    """This run only saw it; the one before it made it."""
    one = there(done)
    other = done.folder.parent / "000"
    other.mkdir()
    plan_with(other, patients("a")).close()
    with journal_in(other) as journal:
        journal.bind({"environment": "local"})
        planted(journal, Entry(seq=1, state=State.CREATED, server_id=str(one["id"]), version="1"))
    with journal_in(done.folder) as journal:
        planted(journal, Entry(seq=1, state=State.UNCHANGED, server_id=str(one["id"]), version="1"))
    remove(done, one)
    assert actions(repaired(done, missing=(1,))) == {1: Action.REWRITE}
    assert there(done)["id"] != one["id"]


def test_what_was_never_done_is_no_repair(tmp_path: Path) -> None:
    """It is missing since it was refused: it goes as ever."""
    start = start_in(tmp_path, "a")

    async def refuse(request: Request) -> Reply:
        return Reply(422) if request.method == "POST" else start.server.effect(request)

    start.server.script = refuse
    start()
    assert actions(repaired(start, missing=(1, 2, 99))) == {}
    assert entry_of(start, 1).attempts == 2


def test_a_repair_that_was_killed_goes_on_unasked(done: Start) -> None:
    """What goes is in the journal before anything is sent."""
    remove(done, there(done))
    write_findings(done.folder, Findings(missing=(1,)))

    async def down(request: Request) -> Reply:
        return Reply(422) if request.method == "POST" else done.server.effect(request)

    done.server.script = down
    done(wishes=Wishes(repair=True))
    done.server.script = done.server.answer
    result = done()
    assert result.states == {State.CREATED: 10}
    assert there(done)


def test_a_repair_that_died_right_after_its_marks_is_no_finding_any_more(done: Start) -> None:
    """It died before it could take them off the list; the next start goes on, and ends well."""
    remove(done, there(done))
    write_findings(done.folder, Findings(missing=(1,), different=(2,)))
    with (
        patch("kt_migrate.load.start.left_of", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        done(wishes=Wishes(repair=True))
    assert entry_of(done, 1).state is State.REPAIR

    result = done()

    assert result.states == {State.CREATED: 10}
    assert there(done)
    assert read_findings(done.folder) == Findings(different=(2,))


@pytest.mark.parametrize("base", ["", "https://kt2.example/fhir/"])
def test_a_reference_to_what_is_gone_stays_as_it_is(tmp_path: Path, base: str) -> None:
    """However the server writes it; one to what is there becomes the planned one."""
    nobody: Any = None
    with plan_with(tmp_path, patients("a", "b")) as plan, journal_in(tmp_path) as journal:
        planted(
            journal,
            *(
                Entry(seq=seq, state=State.CREATED, server_id=f"p{seq}", version="1")
                for seq in (1, 2)
            ),
        )
        repair = Repair(plan, journal, Writers(nobody, plan), Policy())
        repair._gone.add("p1")

        assert repair._conditional(f"{base}Patient/p1") == f"{base}Patient/p1"
        assert repair._conditional(f"{base}Patient/p2") == key_of("b").reference


class Sight:
    """A client of ours, and whether it sees that a resource is there."""

    def __init__(self, *, gone: bool, there: bool = False) -> None:
        self.gone = gone
        self.there = there

    async def find(self, _keys: object) -> dict[Key, tuple[Found, ...]]:
        """Find it, or nothing: somebody took our identifier off it, or it is gone."""
        (resource,) = patients("a")
        found = Found(id="p1", version="1", resource=resource)
        return {key_of("a"): (found,)} if self.there else {}

    async def is_gone(self, _r4_type: str, _logical_id: str) -> bool:
        """Whether it is not there, as far as this client sees."""
        return self.gone


def marked(tmp_path: Path, own: Sight, portal: Sight) -> tuple[list[Item], list[str]]:
    """Repair what the portal wrote; return the list, and what is on disk right after the marks."""
    clients: dict[str, Any] = {"portal": portal}
    nobody: Any = own
    with (
        plan_with(tmp_path, patients("a")) as plan,
        journal_in(tmp_path) as journal,
        patch.object(Plan, "client", lambda _self, _seq: "portal"),
    ):
        was = Entry(seq=1, state=State.CREATED, server_id="p1", version="1", attempts=3)
        planted(journal, was)
        repair = Repair(plan, journal, Writers(nobody, plan, clients), Policy())

        async def work() -> tuple[list[Item], list[str]]:
            items = await repair.draw_up(Findings(missing=(1,)))
            await repair.mark(items)
            with closing(sqlite3.connect(journal.path)) as db:
                rows = db.execute("SELECT state || ' ' || attempts FROM entry").fetchall()
            await journal.stop()
            return items, [str(row[0]) for row in rows]

        return asyncio.run(work())


@pytest.mark.parametrize("gone", [True, False])
def test_what_another_client_does_not_see_is_not_written_again(
    tmp_path: Path, *, gone: bool
) -> None:
    """Only who wrote it can say that it is gone; the marks are on disk, and no id is given twice."""
    items, on_disk = marked(tmp_path, own=Sight(gone=True), portal=Sight(gone=gone))

    action = Action.REWRITE if gone else Action.LEFT_CHANGED
    assert items == [Item(1, action)]
    assert on_disk == ["repair 3" if gone else "created 3"]


def test_each_is_looked_for_as_the_client_that_wrote_it(tmp_path: Path) -> None:
    """It is there, as planned, and another client does not see it."""
    sees = Sight(gone=False, there=True)
    items, _on_disk = marked(tmp_path, own=Sight(gone=True), portal=sees)

    assert items == [Item(1, Action.RIGHT)]


def test_what_was_double_and_is_not_any_more_is_looked_at_anew(done: Start) -> None:
    """A person took the other one away: what is left counts as there again."""
    one = there(done)
    with journal_in(done.folder) as journal:
        was = Entry(seq=1, state=State.DUPLICATE, server_id=str(one["id"]), version="1")
        planted(journal, was)

    assert actions(repaired(done, duplicate=(1,))) == {1: Action.AGAIN}
    assert entry_of(done, 1).state is State.UNCHANGED
    assert done.server.sent("PUT") == []
