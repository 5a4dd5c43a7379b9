"""judged/*.json in the run folder: what people said of a sample of dossiers; not what is in them.

A verdict is about a client's link, with who gave it and when, the rules that were shown, and the
versions that the server gave. Remarks are free text: they go where remarks are kept
(`errors.remarks`), and here it says no more than that there is one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.errors import JournalError
from kt_migrate.gates.evidence import JudgedFacts
from kt_migrate.load.execute import open_journal
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.sampling.certainty import fewer_than
from kt_migrate.plan.sampling.population import PATIENT

SCHEMA = "kt-migrate-judged/1"
FOLDER = "judged"
CODE = "sample-not-approved"
"""The line of the error list that a dossier gets which was judged wrong."""


class Verdict(StrEnum):
    """What a person says of a dossier."""

    GOOD = "good"
    WRONG = "wrong"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One dossier of a sample, and what was said of it.

    Attributes:
        link: the client's.
        kind, ending: its stratum.
        rules: ids of the rules that were shown, sorted.
        seen: `Type/id/_history/version` of what the server gave, sorted.
        verdict: None: nobody said anything yet.
        by, at: who, and when (ISO 8601, UTC); empty: nobody.
        remark: there is a remark of it.
    """

    link: str
    kind: str
    ending: str
    rules: tuple[str, ...]
    seen: tuple[str, ...]
    verdict: Verdict | None = None
    by: str = ""
    at: str = ""
    remark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sample, and what was said of it.

    Attributes:
        env, run, plan: of which run; plan is the SHA-256 of plan.sqlite.
        seed, asked: what was drawn with.
        strata: (kind, ending, how many there are, how many were drawn) of each.
        written: when the journal's last step was, as it stands there: later steps make it stale.
        read: when the server was read (ISO 8601, UTC).
        dossiers: in the order in which they are shown.
    """

    env: str
    run: str
    plan: str
    seed: str
    asked: int
    strata: tuple[tuple[str, str, int, int], ...]
    written: str
    read: str
    dossiers: tuple[Judgement, ...]

    def count(self, verdict: Verdict | None) -> int:
        """Return how many dossiers got this verdict; None: none yet."""
        return sum(one.verdict is verdict for one in self.dossiers)

    @property
    def begun(self) -> bool:
        """Whether anything was said."""
        return any(one.verdict for one in self.dossiers)

    @property
    def good(self) -> bool:
        """Whether every dossier was judged good: none of none is no pass."""
        return bool(self.dossiers) and self.count(Verdict.GOOD) == len(self.dossiers)

    @property
    def population(self) -> int:
        """How many dossiers the run has."""
        return sum(of for _kind, _ending, of, _drawn in self.strata)

    @property
    def fewer_than(self) -> int:
        """Of which percentage it is certain that fewer are wrong, when all were judged good."""
        return fewer_than([(of, drawn) for _kind, _ending, of, drawn in self.strata])

    @property
    def name(self) -> str:
        """Its file's name: one per seed and number."""
        word = hashlib.sha256(f"{self.seed} {self.asked}".encode()).hexdigest()[:12]
        return f"{word}.json"

    def with_judgement(self, judgement: Judgement) -> Judged:
        """Return the same with another judgement of one of its dossiers."""
        found = (judgement if one.link == judgement.link else one for one in self.dossiers)
        return replace(self, dossiers=tuple(found))


def write_judged(folder: Path, judged: Judged) -> Path:
    """Write what was said of a sample, whole or not at all."""
    target = folder / FOLDER
    target.mkdir(mode=0o700, exist_ok=True)
    path = target / judged.name
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(_document(judged))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def _document(judged: Judged) -> bytes:
    content = {"schema": SCHEMA, **asdict(judged)}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_judged(folder: Path) -> tuple[Judged, ...]:
    """Read what was said of the samples of a run; a damaged file proves nothing, and stops.

    Raises:
        JournalError: a file is not as `write_judged` made it.
    """
    return tuple(_read(path) for path in sorted((folder / FOLDER).glob("*.json")))


def _read(path: Path) -> Judged:
    try:
        content = orjson.loads(path.read_bytes())
        known = content.pop("schema") == SCHEMA
        dossiers = tuple(map(_judgement, content.pop("dossiers")))
        strata = tuple((k, e, int(of), int(drawn)) for k, e, of, drawn in content.pop("strata"))
        found = Judged(**content, dossiers=dossiers, strata=strata)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known, found = False, None
    if found is None or not known:
        raise JournalError(
            "What was said of a sample cannot be read.",
            where=str(path),
            fix="Bring the file back from a copy; or move it away, and judge the sample again.",
        )
    return found


def _judgement(row: dict[str, Any]) -> Judgement:
    verdict = None if row["verdict"] is None else Verdict(row["verdict"])
    rest = {name: value for name, value in row.items() if name != "verdict"}
    rest |= {name: tuple(rest[name]) for name in ("rules", "seen")}
    return Judgement(verdict=verdict, **rest)


def written_at(folder: Path) -> str:
    """Return when the journal's last step was; empty: there is no journal, or nothing in it."""
    if not (folder / "journal.sqlite").is_file():
        return ""
    with open_journal(folder) as journal:
        last = journal.last_at()
    return "" if last is None else repr(last)


def current(folder: Path, plan: str) -> tuple[Judged, ...]:
    """Return the samples that are about a run as it is now: of its plan, nothing written since."""
    now = written_at(folder)
    return tuple(
        one
        for one in read_judged(folder)
        if (one.plan, one.env, one.run, one.written) == (plan, folder.parent.name, folder.name, now)
    )


def begun(folder: Path, plan: str) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """Return the samples of which anything was said: (about the run as it is now, about before).

    Raises:
        JournalError: a file is not as `write_judged` made it.
    """
    every = [one for one in read_judged(folder) if one.begun]
    if not every:
        return (), ()
    found = [one for one in current(folder, plan) if one.begun]
    return tuple(found), tuple(one for one in every if one not in found)


def digest_of(samples: Sequence[Judged]) -> str:
    """Return the SHA-256 over what was said of samples; `none` of none."""
    if not samples:
        return "none"
    return hashlib.sha256(b"".join(map(_document, samples))).hexdigest()


def judged_facts(folder: Path, plan: str) -> JudgedFacts | None:
    """Return what the samples of a run come to, all of them together; None: there are none.

    A sample that was begun counts whole, also when another one with another seed went better.
    """
    found, before = begun(folder, plan)
    if not found and not before:
        return None
    said_of: Counter[Verdict | None] = Counter(d.verdict for one in found for d in one.dossiers)
    whole = [one for one in found if one.good]
    best = min(whole, key=lambda one: (one.fewer_than, one.name)) if whole else None
    return JudgedFacts(
        digest=digest_of(found),
        stale=not found,
        wrong=said_of[Verdict.WRONG],
        unsure=said_of[Verdict.UNSURE],
        unjudged=said_of[None],
        good=0 if best is None else len(best.dossiers),
        population=0 if best is None else best.population,
        fewer_than=100 if best is None else best.fewer_than,
        seed="" if best is None else best.seed,
        rules=tuple(sorted({rule for one in found for d in one.dossiers for rule in d.rules})),
    )


def judged_now(folder: Path) -> tuple[Judged, ...]:
    """Return the samples that are about a run as it is now; the plan is the one it is bound to."""
    if not (folder / FOLDER).is_dir():
        return ()
    return current(folder, read_binding(folder).plan)


def judged_issues(folder: Path) -> Iterator[IssueRow]:
    """Yield a line of the error list per dossier that was judged wrong."""
    links = {
        one.link
        for judged in judged_now(folder)
        for one in judged.dossiers
        if one.verdict is Verdict.WRONG
    }
    for link in sorted(links):
        yield IssueRow(
            source_type=PATIENT, event="", link=link, code=CODE, path="", rule="", detail=""
        )
