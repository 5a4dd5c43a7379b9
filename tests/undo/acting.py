"""One actor, and a server in memory that keeps every version: what undoing does, deed by deed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from kt_migrate.books import canonical, digest
from kt_migrate.kt2.answers import Answer, Deleted, Refused, Stored
from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.attempt import carries
from kt_migrate.load.journal import Journal
from kt_migrate.load.references import References
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.undo.actor import Actor
from kt_migrate.undo.others import Restored
from kt_migrate.undo.proof import Proof, prove
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import Kind
from load.world import TRACE, Clock, journal_in, key_of, patients, plan_with

ALL = "system/*.cruds"
NO_DELETE = "system/*.crus"


@dataclass
class Login:
    """What a client may do."""

    scope: str = ALL


@dataclass
class Role:
    """One client of ours on the server.

    Attributes:
        versions: what the server has, per `Type/id`, each version; None: its deletion.
        lost: places of which it sees nothing.
        answers: what its next writes are answered instead; None: as they should be.
        silent: how many of its next writes have their effect, and an answer that says nothing.
        sent: its writing requests: method, place, version, request id.
    """

    versions: dict[str, list[Resource | None]]
    login: Login = field(default_factory=Login)
    answers: list[Answer | Deleted | None] = field(default_factory=list)
    silent: list[Answer] = field(default_factory=list)
    sent: list[tuple[str, str, str, str]] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)
    stale: list[Found] = field(default_factory=list)

    async def standing(self, r4_type: str, logical_id: str, version: str = "") -> Resource | int:
        """Return a resource, or 404, or 410."""
        place = f"{r4_type}/{logical_id}"
        self.looks.append(f"{place}/{version}" if version else place)
        kept = self.versions.get(place, [])
        number = int(version or len(kept))
        if not 0 < number <= len(kept):
            return 404
        there = kept[number - 1]
        return 410 if there is None else there

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Find by identifier; what an index still has too."""
        found: dict[Key, tuple[Found, ...]] = {}
        shown = [versions[-1] for versions in self.versions.values()]
        there = [Found(id=str(r["id"]), version=version_of(r), resource=r) for r in shown if r]
        for key in keys:
            hits = tuple(one for one in (*there, *self.stale) if carries(one.resource, key))
            if hits:
                found[key] = hits
        return found

    async def delete(
        self, r4_type: str, logical_id: str, version: str, *, request_id: str
    ) -> Answer | Deleted:
        """Delete, whatever the version, as the service does."""
        place = f"{r4_type}/{logical_id}"
        self.sent.append(("DELETE", place, version, request_id))
        if (scripted := self._scripted()) is not None:
            return scripted
        self.versions[place].append(None)
        return self.silent.pop(0) if self.silent else Deleted(204)

    async def update(
        self, resource: Resource, logical_id: str, version: str, *, request_id: str
    ) -> Answer:
        """Put, over this version only."""
        place = f"{resource['resourceType']}/{logical_id}"
        self.sent.append(("PUT", place, version, request_id))
        scripted = self._scripted()
        if isinstance(scripted, Deleted):
            raise TypeError(scripted)
        if scripted is not None:
            return scripted
        if version != str(len(self.versions[place])):
            return Refused(status=409)
        made = self.put(place, resource)
        if self.silent:
            return self.silent.pop(0)
        return Stored(
            created=False, id=logical_id, version=version_of(made), resource=made, status=200
        )

    def _scripted(self) -> Answer | Deleted | None:
        return self.answers.pop(0) if self.answers else None

    def put(self, place: str, resource: Resource) -> Resource:
        """Add a version, as somebody would."""
        kept = self.versions.setdefault(place, [])
        made: Resource = {
            **resource,
            "id": place.partition("/")[2],
            "meta": {"versionId": str(len(kept) + 1)},
        }
        kept.append(made)
        return made


def version_of(resource: Resource) -> str:
    """Return the version of a resource."""
    meta = resource["meta"]
    assert isinstance(meta, dict)
    return str(meta["versionId"])


@dataclass
class Acting:
    """An actor with its record, and the clients that it has.

    Attributes:
        roles: per name; the environment's own is empty.
        sleeps: what was waited for.
    """

    plan: Plan
    journal: Journal
    record: Record
    actor: Actor
    writers: Writers
    pace: Pace
    roles: Mapping[str, Role]
    sleeps: list[float]
    deeds: list[Deed] = field(default_factory=list)

    @property
    def own(self) -> Role:
        """The environment's own client."""
        return self.roles[""]

    def undo(self, *deeds: Deed) -> list[Deed]:
        """List deeds, and undo each; return what became of them."""

        async def work() -> list[Deed]:
            try:
                return [await self.actor.undo(deed) for deed in deeds]
            finally:
                await self.record.stop()

        self.record.list_all(deeds)
        return asyncio.run(work())

    def proof(self) -> Proof:
        """Return what the server says of what was undone."""
        return asyncio.run(prove(self.record, self.writers))


NAMES = ("a", "b", "c")


def place_of(seq: int) -> str:
    """Return where the patient of a write is."""
    return f"Patient/p{seq}"


def made_by(seq: int, **fields: object) -> Deed:
    """Return the deed of a write that made a patient."""
    key = key_of(NAMES[seq - 1])
    deed = Deed(
        id=seq,
        seq=seq,
        stage=0,
        r4_type=key.r4_type,
        system=key.system,
        value=key.value,
        link=key.value,
        kind=Kind.MADE,
        server_id=f"p{seq}",
        version="1",
        before="",
        planned=digest(canonical(planned(seq))),
    )
    return replace(deed, **fields)  # type: ignore[arg-type]  # of a test


def planned(seq: int) -> Resource:
    """Return the content of a write."""
    return patients(*NAMES)[seq - 1]


def nothing(_server_id: str, _version: str) -> tuple[str, ...]:
    """Know of no other run."""
    return ()


@contextmanager
def acting(
    folder: Path, clients: Mapping[int, str] | None = None, restored: Restored = nothing
) -> Iterator[Acting]:
    """Let an actor have a server with three patients that a run made.

    Args:
        folder: where the record goes.
        clients: which client of ours writes which; all the others the environment's own.
        restored: what other runs left.
    """
    by_seq = dict(clients or {})
    shared: dict[str, list[Resource | None]] = {}
    roles = {name: Role(shared) for name in ("", *by_seq.values())}
    for seq in range(1, len(NAMES) + 1):
        roles[""].put(place_of(seq), planned(seq))
    sleeps, clock = list[float](), Clock()

    async def sleep(seconds: float) -> None:
        sleeps.append(round(seconds, 3))
        clock.time += seconds
        await asyncio.sleep(0)

    entered: dict[str, FhirClient] = dict(roles)  # type: ignore[arg-type]  # what undoing asks
    with (
        plan_with(folder, patients(*NAMES)) as plan,
        journal_in(folder) as journal,
        Record(folder) as record,
        patch.object(Plan, "client", lambda _plan, seq: by_seq.get(seq, "")),
    ):
        writers = Writers(entered.pop(""), plan, entered)
        pace = Pace(max_in_flight=1, per_second=0, now=clock.now, sleep=sleep)
        references = References(plan, journal)
        actor = Actor(writers, record, references, pace, trace_id=TRACE, restored=restored)
        yield Acting(plan, journal, record, actor, writers, pace, roles, sleeps)
