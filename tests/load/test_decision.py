"""What is there with another content: whose it is decides, and where it is nobody's of ours the owner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kt_migrate.kt2.login import Credentials
from kt_migrate.load.decision import DEFAULT, Choice, Earlier, Policy
from kt_migrate.load.earlier import earlier_runs
from kt_migrate.load.journal import Entry, Operation, State
from kt_migrate.model import Key
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import Kind, UndoState
from load.one import One, with_one
from load.world import journal_in, key_of, patients, plan_with, planted

KEY = key_of("a")


class Wrote(Earlier):
    """Other runs of this working folder, which wrote one version of one object."""

    def __init__(self, version: str) -> None:
        self._version = version

    def wrote(self, key: Key, logical_id: str, version: str = "") -> bool:
        """Whether it is that."""
        assert key == KEY
        assert logical_id
        return version in ("", self._version)


def test_nothing_is_written_over_unless_it_is_chosen(
    tmp_path: Path, credentials: Credentials
) -> None:
    """The standard: a refusal in the error list, and one request."""

    async def story(one: One) -> None:
        one.stored(version="1", language="x-old")
        entry = await one.send()
        assert entry == one.outcome(State.REJECTED, code="existing-refused", status=200)
        assert one.wire == "POST"

    assert DEFAULT is Choice.REFUSE
    with_one(tmp_path, credentials, story, policy=Policy())


def test_what_is_adopted_is_left_and_counted_as_it_is(
    tmp_path: Path, credentials: Credentials
) -> None:
    """On the server, with a notice; the digest is that of what is there, not of the plan."""

    async def story(one: One) -> None:
        there = one.stored(version="7", language="x-old")
        entry = await one.send()
        assert (entry.state, entry.server_id, entry.version) == (State.ADOPTED, there["id"], "7")
        assert entry.notice == "existing-adopted"
        assert entry.digest not in ("", one.digest)
        assert one.wire == "POST"

    with_one(tmp_path, credentials, story, policy=Policy(choice=Choice.ADOPT))


@pytest.mark.parametrize("choice", Choice)
def test_what_we_wrote_and_nobody_changed_is_written_over_whatever_was_chosen(
    choice: Choice, tmp_path: Path, credentials: Credentials
) -> None:
    """Over the version that our write got; without a notice, for it is no news."""

    async def story(one: One) -> None:
        one.stored(version="3", language="x-old")
        entry = await one.send()
        assert (entry.state, entry.version, entry.notice) == (State.UPDATED, "4", "")
        (put,) = one.server.sent("PUT")
        assert put.headers["if-match"] == 'W/"3"'

    with_one(tmp_path, credentials, story, policy=Policy(choice=choice, earlier=Wrote("3")))


def test_what_somebody_changed_since_is_not_ours_any_more(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Version 4 where our write got 3."""

    async def story(one: One) -> None:
        one.stored(version="4", language="x-old")
        assert (await one.send()).code == "existing-refused"
        assert one.wire == "POST"

    with_one(tmp_path, credentials, story, policy=Policy(earlier=Wrote("3")))


@pytest.mark.parametrize("notice", ["", "existing-updated"])
def test_an_update_that_was_under_way_goes_on_unless_it_rested_on_a_choice(
    notice: str, tmp_path: Path, credentials: Credentials
) -> None:
    """Its intent names the version that it was based on; a choice may be another by now."""

    async def story(one: One) -> None:
        there = one.stored(version="3", language="x-old")
        known = Entry(
            seq=1,
            state=State.INTENT,
            operation=Operation.UPDATE,
            server_id=str(there["id"]),
            version="3",
            attempts=1,
            notice=notice,
        )
        entry = await one.found(there, known=known)
        assert entry is not None
        assert entry.state is (State.REJECTED if notice else State.UPDATED)

    with_one(tmp_path, credentials, story, policy=Policy())


def test_our_own_effect_is_never_of_before(tmp_path: Path, credentials: Credentials) -> None:
    """The answer to a create was lost: what is found has its content, and is ours."""

    async def story(one: One) -> None:
        there = one.stored()
        known = Entry(seq=1, state=State.INTENT, operation=Operation.CREATE, attempts=1)
        entry = await one.found(there, known=known)
        assert entry is not None
        assert (entry.state, entry.code) == (State.CREATED, "")

    with_one(tmp_path, credentials, story, policy=Policy())


@pytest.mark.parametrize(
    ("operation", "theirs", "state"),
    [
        (Operation.CREATE, "1", State.UNCHANGED),
        (Operation.CREATE, "2", State.CREATED),
        (Operation.UPDATE, "1", State.UNCHANGED),
        (Operation.UPDATE, "2", State.UPDATED),
    ],
)
def test_a_lost_answer_claims_nothing_of_another_run(
    tmp_path: Path, credentials: Credentials, operation: Operation, theirs: str, state: State
) -> None:
    """As planned, in its first version, but another run's journal has it: that run undoes it."""

    async def story(one: One) -> None:
        there = one.stored()
        known = Entry(seq=1, state=State.INTENT, operation=operation, attempts=1)
        entry = await one.found(there, known=known)
        assert entry is not None
        assert (entry.state, entry.server_id) == (state, there["id"])

    with_one(tmp_path, credentials, story, policy=Policy(earlier=Wrote(theirs)))


def test_a_server_without_versions_is_asked_for_no_other_run(
    tmp_path: Path, credentials: Credentials
) -> None:
    """That a run wrote it some time says nothing of what is there."""

    async def story(one: One) -> None:
        there = one.stored(version="")
        known = Entry(seq=1, state=State.INTENT, operation=Operation.UPDATE, attempts=1)
        entry = await one.found(there, known=known)
        assert entry is not None
        assert entry.state is State.UPDATED

    with_one(tmp_path, credentials, story, policy=Policy(earlier=Wrote("1")))


@pytest.mark.parametrize("notice", ["", "existing-updated", "history-not-replayed"])
def test_what_was_written_over_by_choice_is_said_though_the_answer_was_lost(
    tmp_path: Path, credentials: Credentials, notice: str
) -> None:
    """The next start finds it as planned; why a person must know of it has not changed."""

    async def story(one: One) -> None:
        there = one.stored(version="4")
        known = Entry(
            seq=1,
            state=State.INTENT,
            operation=Operation.UPDATE,
            server_id=str(there["id"]),
            version="3",
            attempts=1,
            notice=notice,
        )
        entry = await one.found(there, known=known)
        assert entry is not None
        assert (entry.state, entry.notice) == (State.UPDATED, notice)

    with_one(tmp_path, credentials, story, policy=Policy())


def run_folder(root: Path, name: str, environment: str, *entries: Entry) -> Path:
    """Make the folder of a run that has ended."""
    folder = root / name
    folder.mkdir()
    plan_with(folder, patients("a", "b")).close()
    with journal_in(folder) as journal:
        journal.bind({"environment": environment})
        planted(journal, *entries)
    return folder


def entry(state: State, logical_id: str, version: str, seq: int = 1) -> Entry:
    """Return an entry of what is on the server."""
    return Entry(seq=seq, state=state, server_id=logical_id, version=version)


def test_only_what_a_run_wrote_itself_is_its_own(tmp_path: Path) -> None:
    """Created or updated, under this identifier, at that version; not what it merely saw."""
    folders = [
        run_folder(
            tmp_path,
            "001",
            "mgr2",
            entry(State.CREATED, "x", "1"),
            entry(State.CREATED, "y", "1", 2),
        ),
        run_folder(tmp_path, "002", "mgr2", entry(State.UPDATED, "x", "2")),
        run_folder(tmp_path, "003", "mgr2", entry(State.UNCHANGED, "z", "5")),
        run_folder(tmp_path, "004", "mgr2", entry(State.ADOPTED, "w", "6")),
    ]
    with earlier_runs(folders, "mgr2") as earlier:
        assert earlier.wrote(KEY, "x", "1")
        assert earlier.wrote(KEY, "x", "2")
        assert earlier.wrote(KEY, "x")
        assert not earlier.wrote(KEY, "x", "3")
        assert not earlier.wrote(KEY, "y", "1")
        assert earlier.wrote(key_of("b"), "y", "1")
        assert not earlier.wrote(KEY, "z", "5")
        assert not earlier.wrote(KEY, "w")
        assert not earlier.wrote(KEY, "")


def test_a_run_that_cannot_be_read_or_is_of_another_environment_knows_nothing(
    tmp_path: Path,
) -> None:
    """What it wrote then counts as there before: it is not written over. The others still know."""
    damaged = run_folder(tmp_path, "001", "mgr2", entry(State.CREATED, "x", "1"))
    (damaged / "journal.sqlite").write_bytes(b"no database at all" * 100)
    elsewhere = run_folder(tmp_path, "002", "acc21", entry(State.CREATED, "x", "1"))
    planless = run_folder(tmp_path, "003", "mgr2", entry(State.CREATED, "x", "1"))
    (planless / "plan.sqlite").unlink()
    empty = tmp_path / "004"
    empty.mkdir()
    with earlier_runs([damaged, elsewhere, planless, empty], "mgr2") as earlier:
        assert not earlier.wrote(KEY, "x", "1")
    good = run_folder(tmp_path, "005", "mgr2", entry(State.CREATED, "x", "1"))
    before = (good / "journal.sqlite").read_bytes()
    with earlier_runs([damaged, good, elsewhere], "mgr2") as earlier:
        assert earlier.wrote(KEY, "x", "1")
    assert (good / "journal.sqlite").read_bytes() == before


def undone(folder: Path, *deeds: tuple[UndoState, str, str, str]) -> None:
    """Put a record of undoing in a run's folder: (state, version, before, after) of `x`."""
    made = [
        Deed(
            id=number,
            seq=1,
            stage=0,
            r4_type=KEY.r4_type,
            system=KEY.system,
            value=KEY.value,
            link="",
            kind=Kind.CHANGED if before else Kind.MADE,
            server_id="x",
            version=version,
            before=before,
            planned="",
            state=state,
            after=after,
        )
        for number, (state, version, before, after) in enumerate(deeds, 1)
    ]
    with Record(folder) as record:
        record.list_all(made)


def test_what_undoing_put_there_is_whose_content_it_is(tmp_path: Path) -> None:
    """Brought back of ours: ours; of somebody else: theirs; the end of life of ours: ours."""
    folders = [
        run_folder(tmp_path, "001", "mgr2", entry(State.CREATED, "x", "1")),
        run_folder(tmp_path, "002", "mgr2", entry(State.UPDATED, "x", "2")),
        run_folder(tmp_path, "003", "mgr2", entry(State.UPDATED, "x", "6")),
        run_folder(tmp_path, "004", "mgr2", entry(State.UPDATED, "x", "9")),
        run_folder(tmp_path, "005", "mgr2", entry(State.CREATED, "y", "1")),
    ]
    undone(folders[1], (UndoState.RESTORED, "2", "1", "3"))
    undone(folders[2], (UndoState.RESTORED, "6", "5", "7"))
    undone(folders[3], (UndoState.RESTORED, "9", "", "10"), (UndoState.KEPT, "9", "1", "12"))
    undone(folders[0], (UndoState.RETIRED, "1", "", "8"))

    with earlier_runs(folders, "mgr2") as earlier:
        ours = {version for version in map(str, range(1, 14)) if earlier.wrote(KEY, "x", version)}

    assert ours == {"1", "2", "3", "6", "8", "9"}


AT = Entry(seq=1, state=State.INTENT, server_id="p1", version="3")
OURS = [
    (AT, "p1", "3", Earlier(), True),
    (replace(AT, state=State.REPAIR), "p1", "3", Earlier(), True),
    (replace(AT, notice="existing-updated"), "p1", "3", Earlier(), False),
    (replace(AT, notice="existing-updated"), "p1", "3", Wrote("3"), True),
    (replace(AT, notice="existing-adopted"), "p1", "3", Earlier(), True),
    (replace(AT, state=State.CREATED), "p1", "3", Earlier(), False),
    (AT, "p2", "3", Earlier(), False),
    (AT, "p1", "4", Earlier(), False),
    (AT, "p1", "", Wrote(""), False),
    (None, "p1", "3", Earlier(), False),
    (None, "p1", "3", Wrote("3"), True),
    (None, "p1", "3", Wrote("4"), False),
]


@pytest.mark.parametrize("number", range(len(OURS)))
def test_only_what_this_working_folder_wrote_at_that_version_is_ours(number: int) -> None:
    """By this run's journal, unless it rests on a choice; or by another run's."""
    known, logical_id, version, earlier, ours = OURS[number]

    assert Policy(earlier=earlier).ours(KEY, known, logical_id, version) is ours
