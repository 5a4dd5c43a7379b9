"""Mode `every-version`: each version of an object once, in order, whatever breaks on the way.

The server keeps every effect in a list, and refuses an update of another version than its last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.decision import Choice, Policy
from kt_migrate.load.journal import Entry, Journal, NotTaken, Operation, State
from kt_migrate.load.run import LoadResult
from kt_migrate.model import Resource
from load.wire import CUT, Reply, Request, Server
from load.world import Clock, World, journal_in, key_of, plan_with, resource_of, tasks

KEY = key_of("a")
A, B, C = (resource_of(KEY, language=name) for name in "ABC")
BEHIND = tasks("a")
"""What refers to the patient: it goes when the last state is there."""

Fault = Callable[["Replaying", Request], Reply | None]


@dataclass
class Replaying:
    """A world whose server has the story of one patient.

    Attributes:
        effects: languages of the patient, as the server took them, in order.
        faults: asked for each write before the server does it; a reply stands for its answer.
        after: the same, once the server has done it.
    """

    world: World
    effects: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    after: list[Fault] = field(default_factory=list)

    async def answer(self, request: Request) -> Reply:
        """Be a server that takes an update of its last version, and no other."""
        if request.method not in ("POST", "PUT"):
            return self.world.server.effect(request)
        for fault in self.faults:
            if (reply := fault(self, request)) is not None:
                return reply
        if request.method == "PUT" and request.headers["if-match"] != f'W/"{self.version}"':
            return Reply(409)
        reply = self.world.server.effect(request)
        done = reply.status == 201 or (request.method == "PUT" and reply.status == 200)
        if request.path.startswith("/Patient") and done:
            self.effects.append(str(request.body["language"]))
        return next((r for f in self.after if (r := f(self, request)) is not None), reply)

    @property
    def there(self) -> Resource:
        """The one patient that is on the server."""
        (found,) = self.world.server.with_key(KEY)
        return found

    @property
    def version(self) -> str:
        """Its version."""
        meta = self.there["meta"]
        assert isinstance(meta, dict)
        return str(meta["versionId"])

    async def start(self) -> LoadResult:
        """Run one start."""
        result, _pace = await self.world.start()
        return result

    def entry(self) -> Entry:
        """Return what the journal says of the patient."""
        with journal_in(self.world.folder) as journal:
            entry = journal.entry(1)
            assert entry is not None
            return entry

    def not_taken(self) -> list[NotTaken]:
        """Return the versions that the server did not take."""
        with journal_in(self.world.folder) as journal:
            return list(journal.not_taken())


@asynccontextmanager
async def replaying(
    folder: Path,
    credentials: Credentials,
    *versions: Resource,
    policy: Policy | None = None,
    conditional: bool = True,
) -> AsyncIterator[Replaying]:
    """Return a world with a patient of these versions, the last of them its last state."""
    server = Server(guards=True)
    if not conditional:
        server.offers = ()
    last = versions[-1]
    with plan_with(folder, [last], BEHIND, versions=versions[:-1]) as plan:
        world = World(
            folder,
            plan,
            server,
            credentials,
            Clock(),
            policy=policy or Policy(choice=Choice.REFUSE),
        )
        made = Replaying(world)
        server.script = made.answer
        yield made


def told(
    folder: Path,
    credentials: Credentials,
    story: Callable[[Replaying], Awaitable[None]],
    *versions: Resource,
    policy: Policy | None = None,
    conditional: bool = True,
) -> None:
    """Run a story."""

    async def whole() -> None:
        async with replaying(
            folder, credentials, *versions, policy=policy, conditional=conditional
        ) as here:
            await story(here)

    asyncio.run(whole())


def once(method: str, language: str, reply: Reply) -> Fault:
    """Return a fault that answers the first such write so."""
    left = [reply]

    def fault(_here: Replaying, request: Request) -> Reply | None:
        meant = request.method == method and request.body.get("language") == language
        return left.pop() if meant and left else None

    return fault


@pytest.mark.parametrize("conditional", [True, False])
def test_the_versions_go_in_order_each_over_the_one_before(
    conditional: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """One create, then updates that name the version that they follow; no look-up in between."""

    async def story(here: Replaying) -> None:
        result = await here.start()

        sent = [r for r in here.world.server.requests if r.path.startswith("/Patient")]
        writes = [r for r in sent if r.method != "GET"]
        assert [r.method for r in writes] == ["POST", "PUT", "PUT"]
        assert [r.headers.get("if-match") for r in writes] == [None, 'W/"1"', 'W/"2"']
        assert len(sent) == len(writes) + (not conditional)
        assert here.effects == ["A", "B", "C"]
        assert len({r.headers["x-request-id"] for r in writes}) == 3
        entry = here.entry()
        assert (entry.state, entry.passed, entry.version) == (State.UPDATED, 2, "3")
        assert entry.digest == next(here.world.plan.writes()).digest
        assert result.states == {State.UPDATED: 1, State.CREATED: 1}
        assert result.sent == 4
        assert (await here.start()).sent == 0

    told(tmp_path, credentials, story, A, B, C, conditional=conditional)


@pytest.mark.parametrize("lost", [CUT, Reply(500)], ids=["cut", "500"])
@pytest.mark.parametrize("language", ["A", "B", "C"])
@pytest.mark.parametrize("effect", [True, False], ids=["with effect", "without"])
def test_a_lost_answer_doubles_and_skips_nothing(
    effect: bool,  # noqa: FBT001 (a case)
    language: str,
    lost: Reply,
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """What is there now says whether it arrived; it goes again when it did not."""

    async def story(here: Replaying) -> None:
        method = "POST" if language == "A" else "PUT"
        (here.after if effect else here.faults).append(once(method, language, lost))
        result = await here.start()

        assert here.effects == ["A", "B", "C"]
        writes = [r for r in here.world.server.requests if r.path.startswith("/Patient")]
        assert len([r for r in writes if r.method != "GET"]) == (3 if effect else 4)
        assert result.pending == result.failed == 0
        assert here.entry().version == "3"

    told(tmp_path, credentials, story, A, B, C)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(6))
@pytest.mark.parametrize("lost", ["", "POST", "PUT"])
def test_a_process_that_dies_at_any_commit_leaves_each_version_once(
    lost: str,
    commit: int,
    before: bool,  # noqa: FBT001 (a case)
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """Intent, outcome, of each version; also when the answer was lost just before."""

    async def story(here: Replaying) -> None:
        if lost:
            here.after.append(once(lost, "A" if lost == "POST" else "B", CUT))
        with journal_in(tmp_path, here.world.clock) as journal:
            died = _dying(journal, commit, before=before)
            with suppress(JournalError):
                await here.world.start_with(journal)
            assert died[0]
        resumed = await here.start()
        assert resumed.already + resumed.outcomes == 2  # objects, whatever their versions
        result = await here.start()
        assert here.effects == ["A", "B", "C"]
        assert result.states == {State.UPDATED: 1, State.CREATED: 1}
        assert here.entry().passed == 2
        assert len(here.world.server.objects) == 2

    told(tmp_path, credentials, story, A, B, C)


def _dying(journal: Journal, number: int, *, before: bool) -> list[bool]:
    """Let a journal's process die at its n-th commit; returns where it says whether it did."""
    commit, seen, dead = journal._commits._commit, [0], [False]

    def watched(entries: list[Entry]) -> None:
        mine = seen[0] == number
        seen[0] += 1
        if dead[0] or (mine and before):
            dead[0] = True
            raise OSError
        commit(entries)
        if mine:
            dead[0] = True
            raise OSError

    journal._commits._commit = watched
    return dead


@pytest.mark.parametrize(
    ("refused", "effects", "state", "listed"),
    [
        ("A", ["B", "C"], State.UPDATED, [1]),
        ("B", ["A", "C"], State.UPDATED, [2]),
        ("AB", ["C"], State.CREATED, [1, 2]),
        ("C", ["A", "B"], State.REJECTED, []),
        ("ABC", [], State.REJECTED, [1, 2]),
    ],
)
def test_a_version_that_the_server_does_not_take_is_listed_and_the_next_one_goes(
    refused: str,
    effects: list[str],
    state: State,
    listed: list[int],
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """The next of a refused create is the create; what fails at last is tried again by a start."""

    async def story(here: Replaying) -> None:
        open_ = [True]

        def fault(_here: Replaying, request: Request) -> Reply | None:
            language = request.body.get("language", "-")
            return Reply(422) if open_[0] and str(language) in refused else None

        here.faults.append(fault)
        result = await here.start()

        assert here.effects == effects
        entry = here.entry()
        assert (entry.state, entry.passed) == (state, 2)
        assert [(one.seq, one.ordinal, one.code, one.status) for one in here.not_taken()] == [
            (1, ordinal, "server-rejected", 422) for ordinal in listed
        ]
        assert result.failed == (2 if state is State.REJECTED else 0)
        open_[0] = False
        again = await here.start()
        assert again.failed == 0
        assert here.effects[-1] == "C"
        assert here.effects.count("C") == 1
        assert len(here.world.server.with_key(KEY)) == 1

    told(tmp_path, credentials, story, A, B, C)


CHOSEN: dict[Choice, tuple[State, list[str], str]] = {
    Choice.REFUSE: (State.REJECTED, [], "history-not-replayed"),
    Choice.ADOPT: (State.ADOPTED, [], "existing-adopted"),
    Choice.UPDATE: (State.UPDATED, ["C"], "existing-updated"),
}


@pytest.mark.parametrize("choice", CHOSEN)
@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("language", ["Z", "A"])
def test_what_was_there_before_gets_the_last_state_or_nothing(
    language: str,
    conditional: bool,  # noqa: FBT001 (a case)
    choice: Choice,
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """As its owner chose; also when it has the content of the first version by chance."""

    async def story(here: Replaying) -> None:
        here.world.server.put(resource_of(KEY, language=language), "7")
        await here.start()

        entry = here.entry()
        assert (entry.state, here.effects, entry.notice) == CHOSEN[choice]
        assert entry.passed == 2

    told(
        tmp_path,
        credentials,
        story,
        A,
        B,
        C,
        policy=Policy(choice=choice),
        conditional=conditional,
    )


def test_what_was_there_as_the_last_state_is_left(tmp_path: Path, credentials: Credentials) -> None:
    """Whoever made it; with a notice that its history was not replayed."""

    async def story(here: Replaying) -> None:
        here.world.server.put(C, "7")
        await here.start()

        entry = here.entry()
        assert (entry.state, entry.notice) == (State.UNCHANGED, "history-not-replayed")
        assert (entry.version, entry.passed, here.effects) == ("7", 2, [])

    told(tmp_path, credentials, story, A, B, C)


@pytest.mark.parametrize("choice", [Choice.REFUSE, Choice.UPDATE])
def test_who_changes_it_in_the_middle_of_its_row_is_not_written_over_unasked(
    choice: Choice, tmp_path: Path, credentials: Credentials
) -> None:
    """The row ends there; the next start finds it as something of before."""

    async def story(here: Replaying) -> None:
        def change(_here: Replaying, request: Request) -> None:
            if request.body.get("language") == "A":
                stored = here.there
                meta: Resource = {"versionId": "2"}
                where = ("Patient", str(stored["id"]))
                here.world.server.objects[where] = {**stored, "language": "X", "meta": meta}

        here.after.append(change)
        await here.start()
        assert here.there["language"] == "X"
        entry = here.entry()
        assert (entry.state, entry.code) == (State.REJECTED, "server-conflict")
        await here.start()
        assert here.there["language"] == ("C" if choice is Choice.UPDATE else "X")
        assert here.effects == (["A", "C"] if choice is Choice.UPDATE else ["A"])

    told(tmp_path, credentials, story, A, B, C, policy=Policy(choice=choice))


def test_a_crash_over_what_was_there_before_asks_for_the_choice_again(
    tmp_path: Path, credentials: Credentials
) -> None:
    """An intent to write over it is no version of the row, whatever it says of the server."""

    async def story(here: Replaying) -> None:
        there = here.world.server.put(resource_of(KEY, language="Z"), "7")
        with journal_in(tmp_path, here.world.clock) as journal:
            entry = Entry(
                seq=1,
                state=State.INTENT,
                operation=Operation.UPDATE,
                server_id=str(there["id"]),
                version="7",
                passed=2,
                notice="existing-updated",
            )
            await journal.intend(entry)
            await journal.stop()
        await here.start()
        assert here.effects == []
        assert here.entry().code == "existing-refused"

    told(tmp_path, credentials, story, A, B, C)


def test_back_and_forth_is_three_versions(tmp_path: Path, credentials: Credentials) -> None:
    """The content of the first again: what is there tells which one it is by its version."""

    async def story(here: Replaying) -> None:
        here.after.append(once("PUT", "B", CUT))
        here.after.append(once("PUT", "A", CUT))
        await here.start()
        assert here.effects == ["A", "B", "A"]
        assert here.entry().version == "3"

    told(tmp_path, credentials, story, A, B, A)


def test_refused_versions_spend_the_budget(tmp_path: Path, credentials: Credentials) -> None:
    """A server that takes no version but the last is one that a person must look at."""

    async def story(here: Replaying) -> None:
        here.faults.append(lambda _h, r: Reply(422) if r.body.get("language") != "C" else None)
        result, _pace = await here.world.start(in_a_row=2)
        assert result.over_budget
        assert (await here.start()).pending == 0

    told(tmp_path, credentials, story, A, B, C)


def test_what_is_held_back_in_the_middle_of_its_row_goes_on_where_it_was(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Blocked or waiting for a server: id and version of what is there stay known."""

    async def story(here: Replaying) -> None:
        here.faults.append(lambda _h, r: Reply(500) if r.body.get("language") == "B" else None)
        assert (await here.start()).stopped_by is not None
        assert here.effects == ["A"]
        for state in (State.BLOCKED, State.EARLIER):
            with journal_in(tmp_path) as journal:
                journal._db.execute("UPDATE entry SET state = ?", (state,))
        here.faults.clear()
        await here.start()
        assert here.effects == ["A", "B", "C"]

    told(tmp_path, credentials, story, A, B, C)
