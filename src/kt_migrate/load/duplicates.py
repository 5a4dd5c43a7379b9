"""After a run: does any temporary identifier of this plan occur more than once on the server?

Cheap where nothing is wrong: one count per type, as the client that wrote it, for another may not
see it, and what is hidden is not double. As many resources as the journal says that are
there, each of which is there: none is double. More (another plan wrote some too, or one is
double): they are read, 200 per request, or asked for by name when that takes fewer requests.
So it takes at most one request per 40 objects, and mostly one per type. What was deleted by
somebody else in the same minutes could hide a double one from the count; `verify` looks one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.complete import Finder, read_complete
from kt_migrate.kt2.search import PAGE_SIZE, count, system_token
from kt_migrate.load.journal import ON_SERVER, Journal
from kt_migrate.load.states import State
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.scratch import open_scratch, room_on

PER_LOOK_UP = 40
"""How many keys one GET takes, about: for choosing the cheaper road."""

AT_ONCE = 1_000
SCANNED = "scanned"
"""`meta`: the number of writing requests when the last scan ended."""

_TABLE = "CREATE TABLE there (id TEXT PRIMARY KEY, seq INTEGER) WITHOUT ROWID"
_DOUBLE = "SELECT seq FROM there WHERE seq IS NOT NULL GROUP BY seq HAVING count(*) > 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a scan came to.

    Attributes:
        looked: how many resources of this plan were looked for.
        double: numbers of the writes whose temporary identifier is there more than once.
        could_not_look: R4 types of which it could not be shown.
    """

    looked: int
    double: tuple[int, ...] = ()
    could_not_look: tuple[str, ...] = ()


def needs_scan(journal: Journal) -> bool:
    """Whether a writing request left since the last scan."""
    return journal.meta(SCANNED) != str(journal.requests())


async def scan(plan: Plan, journal: Journal, writers: Writers, folder: Path) -> Scan:
    """Look for temporary identifiers that occur more than once; they end as duplicates.

    Args:
        plan: whose identifiers.
        journal: says what is there; is told what is double.
        writers: each searches for what it wrote.
        folder: the run folder, for a temporary file.

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
        ConfigurationError: there is no room on the disk.
    """
    looked, double, blind = 0, set[int](), dict[str, None]()
    for (r4_type, system, name), seqs in _on_server(plan, journal, writers).items():
        looked += len(seqs)
        client = writers.named(name)
        try:
            with room_on(folder):
                double.update(await _Look(plan, client, folder, r4_type, system, seqs).double())
        except CouldNotLookError:
            blind[r4_type] = None
    for seq in double:
        entry = journal.entry(seq)
        if entry is not None and entry.state in ON_SERVER:
            journal.settle(replace(entry, state=State.DUPLICATE, code="duplicate-on-server"))
    await journal.flush()
    if not blind:
        journal.note(SCANNED, str(journal.requests()))
    return Scan(looked=looked, double=tuple(sorted(double)), could_not_look=tuple(blind))


def _on_server(
    plan: Plan, journal: Journal, writers: Writers
) -> dict[tuple[str, str, str], list[int]]:
    """Return the writes that are on the server, per type, system and client."""
    kinds = plan.kinds()
    there: dict[tuple[str, str, str], list[int]] = {}
    for seq in journal.seqs(*ON_SERVER):
        for number, r4_type, system in kinds:
            if number == seq:
                there.setdefault((r4_type, system, writers.name(seq)), []).append(seq)
                break
    return there


@dataclass(frozen=True, slots=True)
class _Look:
    plan: Plan
    client: Finder
    folder: Path
    r4_type: str
    system: str
    seqs: Sequence[int]

    async def double(self) -> list[int]:
        try:
            there = await count(
                self.client, f"{self.r4_type}?identifier={system_token(self.system)}"
            )
        except CouldNotLookError:
            return await self._by_name()
        if there <= len(self.seqs):
            return []
        pages, look_ups = there // PAGE_SIZE, len(self.seqs) // PER_LOOK_UP
        return await (self._by_name() if look_ups < pages else self._all())

    async def _by_name(self) -> list[int]:
        double: list[int] = []
        numbers = iter(self.seqs)
        while chunk := list(islice(numbers, AT_ONCE)):
            keys = {key: seq for seq in chunk if (key := self.plan.key(seq)) is not None}
            found = await self.client.find(list(keys))
            double += [keys[key] for key, ones in found.items() if len({o.id for o in ones}) > 1]
        return double

    async def _all(self) -> list[int]:
        db = open_scratch(self.folder, "duplicates")
        try:
            db.execute(_TABLE)

            def keep(resources: Sequence[Resource]) -> int:
                return sum(
                    db.execute(
                        "INSERT OR IGNORE INTO there VALUES (?, ?)",
                        (resource["id"], self._seq_of(resource)),
                    ).rowcount
                    for resource in resources
                )

            await read_complete(self.client, self.r4_type, self.system, keep)
            return [int(row[0]) for row in db.execute(_DOUBLE)]
        finally:
            db.close()

    def _seq_of(self, resource: Resource) -> int | None:
        writes = (self.plan.write(key) for key in self._keys(resource))
        return next((write.seq for write in writes if write is not None), None)

    def _keys(self, resource: Resource) -> Iterator[Key]:
        identifiers = resource.get("identifier")
        for one in identifiers if isinstance(identifiers, list) else []:
            if isinstance(one, dict) and one.get("system") == self.system:
                yield Key(r4_type=self.r4_type, system=self.system, value=str(one.get("value")))
