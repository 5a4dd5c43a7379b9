"""What a page says, as values. Frozen, in the reader's language, without a place or a colour.

Everything but the head may be empty: then the page has no such section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Cell = str | int | float | None
"""A text, a number (drawn as its reader writes it, a number in the spreadsheet too), nothing."""


class Kind(StrEnum):
    """Which command the page is of."""

    INSPECT = "inspect"
    PLAN = "plan"
    TRIAL = "trial"
    RUN = "run"
    CLUSTER = "cluster"
    LESSONS = "lessons"


class Tone(StrEnum):
    """How something stands: shown by a mark and a word, and by a colour besides."""

    GOOD = "good"
    OPEN = "open"
    """Not known yet, or not done yet: that is no yes."""
    BAD = "bad"
    PLAIN = "plain"
    """Neither: it is said, not judged."""


class Fate(StrEnum):
    """Where an object is by now; the parts of a flow, in this order."""

    MIGRATED = "migrated"
    PENDING = "pending"
    """To be migrated, and not written yet."""
    UNDONE = "undone"
    """It was migrated, and the run was undone since: never together with the name `migrated`."""
    NOT_MIGRATED = "not_migrated"
    REJECTED = "rejected"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_DRAWN = "not_drawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question of the first screen with its answer.

    Attributes:
        question: "Is everything over?".
        answer: in one line.
        tone: how that stands.
        more: what a reader wants to know next, a line each.
        parts: objects per fate, to be drawn as one bar; empty: there is no bar.
    """

    question: str
    answer: str
    tone: Tone = Tone.PLAIN
    more: tuple[str, ...] = ()
    parts: Mapping[Fate, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What became of the objects of one kind, from KT 1.3 to KT 2.0.

    Attributes:
        name: in the care provider's words: "clients".
        source: the KT 1.3 type.
        target: the R4 type, or what becomes of it in words; empty: nothing of its own.
        parts: objects per fate; they add up to `objects`.
    """

    name: str
    source: str
    target: str = ""
    parts: Mapping[Fate, int]

    @property
    def objects(self) -> int:
        """How many objects there are of the kind."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One way in which the totals were shown to be right.

    Attributes:
        name: "The books balance".
        tone, found: what came of it.
        how: how that was looked at, for who wants to follow it.
    """

    name: str
    tone: Tone
    found: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why objects did not come, or a person must know something of them; the biggest first.

    Attributes:
        code: of the error catalogue, or the rule that leaves it behind.
        meaning, advice: in words.
        holder: who acts; empty: nobody has to.
        count: lines of the error list.
        types: lines per type, the most first.
        error: False: it is worth knowing, and nothing failed.
    """

    code: str
    meaning: str
    advice: str = ""
    holder: str = ""
    count: int
    types: tuple[tuple[str, int], ...] = ()
    error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened.

    Attributes:
        at: the moment as the record has it (ISO 8601), or empty: unknown.
        what: in words.
        tone: how it stands.
    """

    at: str
    what: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How fast it went in one start.

    Attributes:
        name: of the start.
        points: (seconds since the first start began, outcomes per second).
    """

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long the server took to answer, in one start.

    Attributes:
        name: of the start.
        requests: how many writing requests.
        mean, p50, p95, p99, longest: in seconds.
    """

    name: str
    requests: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run beside others.

    Attributes:
        name: environment and number: "mgr2 003".
        here: whether it is the run of the page.
        extent: whole, or which sample.
        migrated, rejected: objects that are there, and that had to come and are not.
        seconds: that it worked; None: nothing was written.
        verified: what the last verification said; None: there was none.
        undone: whether it was undone since.
    """

    name: str
    here: bool
    extent: str
    migrated: int
    rejected: int
    seconds: float | None
    verified: bool | None
    undone: bool = False

    @property
    def share(self) -> float | None:
        """Which share of what had to come was rejected; None: nothing had to."""
        had_to = self.migrated + self.rejected
        return self.rejected / had_to if had_to else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Counts under names, to be drawn as bars: messages per month, objects per domain.

    Attributes:
        title: what is counted.
        first: what the names are.
        parts: the names of the parts of a bar; one, when a bar has no parts.
        rows: (name, count per part), in the order of drawing.
        note: what to know when reading it.
    """

    title: str
    first: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A technical table: folded on the page, a sheet of its own in the spreadsheet.

    Attributes:
        key: its place in the page: a short plain word.
        title: its heading.
        columns: their names.
        rows: as many cells each as there are columns.
        note: what to know when reading it.
        codes: columns (from 0) that hold codes, paths or digests.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    codes: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one page says, top to bottom.

    Attributes:
        kind: which command it is of.
        title: its first heading.
        facts: what it is about: (name, value), domain, environment, run, moments of the record.
        answers: the first screen: is everything over, what is not, why, who must act.
        warnings: what must be known before anything else: a sample, an undone run.
        flows: per kind of object, from KT 1.3 to KT 2.0.
        left: what was left behind on purpose, and why: below the flows.
        proofs: the totals with their proof.
        criteria: (demanded, found, verdict) of the success criteria (K.4); their verdict first.
        reasons: why, by size.
        moments, streams, latencies: the timeline, the throughput, the answers of the server.
        trials: earlier runs beside this one, oldest first.
        gate: what the gates decided, as a table; every line of their record is a technical table.
        server: what differs from the server, as a table.
        bars: further charts.
        tables: the technical tables.
        foot: who made it of what.
    """

    kind: Kind
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    answers: tuple[Answer, ...] = ()
    warnings: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()
    left: Table | None = None
    proofs: tuple[Proof, ...] = ()
    criteria: Table | None = None
    reasons: tuple[Reason, ...] = ()
    moments: tuple[Moment, ...] = ()
    streams: tuple[Stream, ...] = ()
    latencies: tuple[Latency, ...] = ()
    trials: tuple[Trial, ...] = ()
    gate: Table | None = None
    server: Table | None = None
    bars: tuple[Bars, ...] = ()
    tables: tuple[Table, ...] = ()
    foot: tuple[str, ...] = ()
