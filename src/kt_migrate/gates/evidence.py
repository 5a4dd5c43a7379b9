"""What the command line gathered for a gate: facts with digests, frozen. No verdicts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kt_migrate.model import Json

OF_ENVIRONMENT = frozenset({"environment", "environment_file", "plan"})
"""Components of a plan's binding that differ between a rehearsal and the migration."""

OF_DATA = frozenset({"archive", "algorithm"})
"""What undoing is rehearsed with must be the same; enrichment may have come since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How a run was undone.

    Attributes:
        wholly: of everything that it did nothing counts any more.
        proven: the server was looked at afterwards, and nothing was wrong.
        left: so many resources were left.
        digest: SHA-256 of rollback.json; empty: it is not there.
    """

    wholly: bool
    proven: bool
    left: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFacts:
    """What people said of samples of a run's dossiers, all samples together.

    Attributes:
        digest: SHA-256 over what was said; `none`: nothing that still counts.
        stale: what was said is of an earlier state: something was written since.
        wrong, unsure, unjudged: so many dossiers of the samples that were begun.
        good: so many dossiers of the sample that proves most were all judged good; 0: of none.
        population: how many dossiers that was drawn of.
        fewer_than: with 95 % certainty fewer than so many percent of them are wrong.
        seed: with which it was drawn.
        rules: ids of the rules that were shown, sorted.
    """

    digest: str = "none"
    stale: bool = False
    wrong: int = 0
    unsure: int = 0
    unjudged: int = 0
    good: int = 0
    population: int = 0
    fewer_than: int = 100
    seed: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a run folder says of one run.

    Attributes:
        env, run, plan: which; plan is the SHA-256 of plan.sqlite.
        binding: every component that the plan is bound to.
        sample: only a part of the plan was to be written.
        sent: something was written: there is a journal.
        pending: writes of which the end is not known.
        verified: what the last verification said; None: there is none.
        written_since: something was recorded after that verification.
        verify: SHA-256 of verify.json; empty: it is not there.
        findings: what it found that is not repaired.
        duplicates: temporary identifiers that occur more than once.
        audited: whether the AuditEvents confirmed the journal; None: they were not asked.
        success: the verdict of the success criteria (`algorithm.success.Verdict`).
        census_equal: the census counts what the plan has.
        unbalanced: lines of the books that do not balance.
        rejected: objects that did not migrate for a reason.
        lines, errors: of the error list how many lines, and a digest over them.
        undone: how it was undone; None: it was not.
        judged: what people said of samples of its dossiers; None: nothing.
    """

    env: str
    run: str
    plan: str
    binding: Mapping[str, str]
    sample: bool = False
    sent: bool = False
    pending: int = 0
    verified: bool | None = None
    written_since: bool = False
    verify: str = ""
    findings: int = 0
    duplicates: int = 0
    audited: bool | None = None
    success: str = ""
    census_equal: bool = True
    unbalanced: int = 0
    rejected: int = 0
    lines: int = 0
    errors: str = ""
    undone: Undone | None = None
    judged: JudgedFacts | None = None

    @property
    def name(self) -> str:
        """`mgr2/002`."""
        return f"{self.env}/{self.run}"

    @property
    def identity(self) -> dict[str, Json]:
        """Which run of which plan, as records have it."""
        return {"run": self.name, "plan": self.plan}

    def differences(self, other: RunFacts) -> tuple[str, ...]:
        """Return the components by which two plans are not of the same migration."""
        names = (self.binding.keys() | other.binding.keys()) - OF_ENVIRONMENT
        return tuple(sorted(n for n in names if self.binding.get(n) != other.binding.get(n)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFacts:
    """What the last probe of the environment saw (runs/<env>/probe.json).

    Attributes:
        at: when.
        plan: SHA-256 of the plan that it was held against; empty: none.
        environment_file: digest of the environment's settings then.
        points: how many points it looked at.
        lacking, unknown: points that are needed and not met; that could not be seen.
        server: digest of what the server looked like.
        digest: SHA-256 of probe.json.
    """

    at: datetime
    plan: str
    environment_file: str
    points: int
    lacking: tuple[str, ...]
    unknown: tuple[str, ...]
    server: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """What the control list of the archive says (draaiboek P.5).

    Attributes:
        empty: the archive says of every message what became of it, and all is done.
        waiting: messages of which no receiver had finished the delivery.
        failed: messages that a receiver gave up.
        without_status: messages of which no copy says what became of them.
    """

    empty: bool
    waiting: int
    failed: int
    without_status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that a gate measures from.

    Attributes:
        run: the run that the gate is about.
        trials: runs of the environment in which it is rehearsed, newest first.
        changed: what changed since the plan was made, in a sentence; empty: nothing.
        delivered: False: the archive is not what its manifest says.
        buffer: what the control list says; None: nobody looked.
        shared: what two environments share, in a sentence; empty: nothing.
        probe: what the last probe saw; None: there was none.
        environment_file: digest of the environment's settings now.
        paused: so many subscriptions of ours are still to be put back.
    """

    run: RunFacts
    trials: tuple[RunFacts, ...] = ()
    changed: str = ""
    delivered: bool = True
    buffer: Buffer | None = None
    shared: str = ""
    probe: ProbeFacts | None = None
    environment_file: str = ""
    paused: int = 0
