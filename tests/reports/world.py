"""What the tests of the reports share: small runs, made up and counted by hand; a reader of pages."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st

from kt_migrate.books import HashTotal
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import Entry, State
from kt_migrate.model import Outcome
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.verify.compare import Difference, TypeResult, VerifyResult
from kt_migrate.verify.record import write_verified

TYPES, EVENTS = ("CarePlanActivity", "CareTeam", "Patient"), ("", "Create", "Update")
R4 = ("Patient", "Task")
THERE = {State.CREATED, State.UPDATED, State.UNCHANGED, State.ADOPTED}
CODES = {
    State.REJECTED: "server-rejected",
    State.BLOCKED: "reference-not-written",
    State.DUPLICATE: "duplicate-on-server",
}
ELEMENTS = (("unread", "", ""), ("ignored", "no-x", "No place."), ("read", "rule-x", ""))
SAID = "processing HAPI-1094 Resource … not found, specified in path: …"
COLLISION = "conditional-create-collision"


@dataclass(frozen=True, slots=True)
class Write:
    """One planned resource, and where it stands; `state` None: the journal does not know it."""

    r4_type: str
    state: State | None
    notice: str = ""
    altered: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: its sightings (their events, the last one counts), its fate, what is written."""

    source_type: str
    events: tuple[str, ...]
    outcome: Outcome
    reason: str
    writes: tuple[Write, ...]
    loss: int


@dataclass(slots=True)
class World:
    """A whole run."""

    things: list[Thing]
    sent: bool = True
    found: dict[str, HashTotal] | None = None
    missing: int = 0
    census: dict[str, int] = field(default_factory=dict)

    def numbered(self) -> list[tuple[int, int, Thing, Write]]:
        """Return (seq, number of the object, object, write) of every write."""
        every = [(n, t, w) for n, t in enumerate(self.things) for w in t.writes]
        return [(seq, *row) for seq, row in enumerate(every, 1)]


_WRITE = st.builds(
    Write,
    st.sampled_from(R4),
    st.none() | st.sampled_from(State),
    st.sampled_from(["", "", COLLISION]),
    st.booleans(),
)
_MIGRATED = st.tuples(
    st.just(Outcome.MIGRATED), st.just(""), st.lists(_WRITE, min_size=1, max_size=2).map(tuple)
)
_NOT = st.tuples(
    st.sampled_from([o for o in Outcome if o is not Outcome.MIGRATED]),
    st.sampled_from(["value-missing", "object-without-link"]),
    st.just(()),
)
THINGS = st.builds(
    lambda kind, events, fate, loss: Thing(kind, tuple(events), fate[0], fate[1], fate[2], loss),
    st.sampled_from(TYPES),
    st.lists(st.sampled_from(EVENTS), min_size=1, max_size=3),
    _MIGRATED | _NOT,
    st.integers(0, 3),
)
_TOTALS = st.builds(HashTotal, st.integers(0, 9), st.integers(0, 1 << 200))
WORLDS = st.builds(
    World,
    st.lists(THINGS, max_size=6),
    st.booleans(),
    st.none() | st.dictionaries(st.sampled_from(R4), _TOTALS),
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(TYPES), st.integers(0, 9)),
)


def sha(text: str) -> str:
    """Return a digest."""
    return hashlib.sha256(text.encode()).hexdigest()


def journal_digest(seq: int, write: Write) -> str:
    """Return the digest that the journal has of what was sent."""
    return sha(f"{seq} altered" if write.altered else str(seq))


def totals_of(digests: list[tuple[str, str]]) -> dict[str, tuple[int, str]]:
    """Add digests up, per type, in plain arithmetic."""
    found: dict[str, tuple[int, int]] = {}
    for r4_type, digest in digests:
        count, total = found.get(r4_type, (0, 0))
        found[r4_type] = (count + 1, (total + int(digest, 16)) % 2**256)
    return {t: (count, f"{total:064x}") for t, (count, total) in found.items()}


def build(folder: Path, world: World) -> None:
    """Write a run folder: plan, journal and verdict."""
    writes = world.numbered()
    sightings: list[tuple[int, str, str, str, str, str, int | None, str]] = []
    objects = []
    for number, thing in enumerate(world.things):
        mine = (thing.source_type, f"urn:{number}")
        last = len(sightings) + len(thing.events)
        for event in thing.events:
            row = len(sightings) + 1
            older = (None, "") if row == last else (last, "older-version")
            sightings.append((row, mine[0], event, mine[1], "1", f"m{row}", *older))
        seq = min((s for s, n, _thing, _write in writes if n == number), default=None)
        objects.append((*mine, last, thing.events[-1], thing.outcome.value, thing.reason, seq))
    write_plan(
        folder / "plan.sqlite",
        PlanContent(
            meta=[("domain", "TEST")],
            writes=[
                (s, w.r4_type, "urn:s", str(s), 0, t.source_type, f"urn:{n}", sha(str(s)), b"{}")
                for s, n, t, w in writes
            ],
            references=[],
            # A sighting is superseded by a later one, which must be there first.
            sightings=sightings[::-1],
            objects=objects,
            sighting_counts=[
                (*pair, count) for pair, count in Counter((s[1], s[2]) for s in sightings).items()
            ],
            census=list(world.census.items()),
            issues=[
                (t.source_type, t.events[-1], f"urn:{n}", "value-missing", "P.x", "r", "")
                for n, t in enumerate(world.things)
                if t.outcome is Outcome.REJECTED
            ],
            elements=[
                (t.source_type, f"{n}", *ELEMENTS[n % 3], t.loss)
                for n, t in enumerate(world.things)
            ],
            hash_totals=[
                (t, *total)
                for t, total in totals_of([(w.r4_type, sha(str(s))) for s, *_, w in writes]).items()
            ],
        ),
    )
    if world.sent:
        asyncio.run(_send(folder, world))
    if world.found is not None:
        write_verified(folder, verdict(world))


def verdict(world: World) -> VerifyResult:
    """Return what a verification of this run said."""
    types = [
        TypeResult(r4_type=t, planned=total, found=total)
        for t, total in (world.found or {}).items()
    ]
    missing = Difference(code="verify-missing", r4_type="Task", source_type="", link="urn:x")
    return VerifyResult(
        types=tuple(types),
        differences=(missing,) * world.missing,
        counts={"verify-missing": world.missing},
    )


async def _send(folder: Path, world: World) -> None:
    with open_journal(folder) as journal:
        for seq, _number, _thing, write in world.numbered():
            if write.state is not None:
                entry = Entry(
                    seq=seq,
                    state=write.state,
                    operation="create",
                    digest=journal_digest(seq, write),
                    code=CODES.get(write.state, ""),
                    path="Task.owner" if write.state is State.REJECTED else "",
                    status=422 if write.state is State.REJECTED else 0,
                    said=SAID if write.state is State.REJECTED else "",
                    notice=write.notice,
                )
                journal.settle(entry)
        with patch("kt_migrate.load.journal.require_step"):
            await journal.flush()
            await journal.stop()


class Page(HTMLParser):
    """A page, as who reads it sees it: its tables, by their keys too, and which tags it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.keyed: dict[str, list[list[str]]] = {}
        self.tags: Counter[str] = Counter()
        self.text = ""
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        self.tags[tag] += 1
        if tag == "table":
            self.tables.append([])
            self.keyed[dict(attrs).get("data-key") or ""] = self.tables[-1]
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        """Close a cell."""
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.text += data
        if self._in_cell:
            self.tables[-1][-1][-1] += data
