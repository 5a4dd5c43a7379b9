"""The life of one object, from the run folder alone (draaiboek Q.5).

Messages → fate, rules and provenance → write → requests and answers → verification. It shows
links, codes, versions and identifiers of messages and requests, and nothing of what is in them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from kt_migrate.errors import UsageError
from kt_migrate.kt13.links import split_version
from kt_migrate.load.steps import Stand, Step, Steps, steps_of
from kt_migrate.plan.life import Ended, Life, Seen, Written
from kt_migrate.plan.rows import IssueRow, SuppliedRow
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.undo.looking import UndoneWrite, undone_writes
from kt_migrate.verify.record import read_verified


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedWrite:
    """One write of an object, and what came of it.

    Attributes:
        write: key, number and stage.
        targets: (path, type, link) of what it refers to.
        stand: where it stands; None: nothing was sent.
        steps: every step of the journal.
        undone: what undoing the run made of it, per resource; empty: it was not undone.
        drawn: False: the run is of a sample that it is not in.
    """

    write: Written
    targets: tuple[tuple[str, str, str], ...]
    stand: Stand | None
    steps: tuple[Step, ...]
    undone: tuple[UndoneWrite, ...]
    drawn: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One object of the plan.

    Attributes:
        ended: its type and fate.
        seen: its sightings, oldest version first.
        supplied: rows of the enrichment that are about it.
        issues: what was said of it before anything was written.
        writes: what it became.
        found: what the last verification said of it; None: there was no verification.
    """

    ended: Ended
    seen: tuple[Seen, ...]
    supplied: tuple[SuppliedRow, ...]
    issues: tuple[IssueRow, ...]
    writes: tuple[TracedWrite, ...]
    found: tuple[IssueRow, ...] | None


def trace(folder: Path, link: str) -> tuple[str, tuple[Traced, ...]]:
    """Look an object up in a run folder.

    Args:
        folder: the run folder; its journal may be absent, or be written meanwhile.
        link: as the error list has it; a version behind it is cut off when it is in no plan.

    Returns:
        The link that was found, and what has it: more than one when types share it.

    Raises:
        UsageError: the plan knows no such link.
        JournalError: no plan, or a damaged file.
    """
    path = folder / "plan.sqlite"
    verified = read_verified(folder)
    with Life(path) as life, planned_in(folder) as plan, steps_of(folder) as steps:
        for known in dict.fromkeys((link, split_version(link)[0])):
            ends = life.ends(known)
            if not ends:
                continue
            supplied = tuple(plan.supplied(known))
            said = None if verified is None else [i for i in verified.issues if i.link == known]
            return known, tuple(
                Traced(
                    ended=ended,
                    seen=tuple(life.seen(known, ended)),
                    supplied=tuple(r for r in supplied if r.source_type in ("", ended.source_type)),
                    issues=tuple(life.issues(known, ended.source_type)),
                    writes=tuple(
                        _written(folder, life, steps, w, drawn=plan.key(w.seq) is not None)
                        for w in life.writes(known, ended)
                    ),
                    found=None if said is None else _about(said, ended),
                )
                for ended in ends
            )
    raise UsageError(
        "The plan has no object with this link.",
        where=str(folder),
        fix="Copy it from the error list; of an activity it is its ActivityIdentifier, of an"
        " application its name. Perhaps it is in another run: --env, --run.",
    )


def _about(said: list[IssueRow], ended: Ended) -> tuple[IssueRow, ...]:
    return tuple(one for one in said if one.source_type in ("", ended.source_type))


def _written(
    folder: Path, life: Life, steps: Steps | None, write: Written, *, drawn: bool
) -> TracedWrite:
    return TracedWrite(
        write=write,
        targets=tuple(life.targets(write.seq)),
        stand=None if steps is None else steps.stand(write.seq),
        steps=() if steps is None else tuple(steps.of(write.seq)),
        undone=undone_writes(folder, write.seq),
        drawn=drawn,
    )


def moment(at: float) -> str:
    """Return a time of the journal as people and machines read it, in UTC.

    >>> moment(0)
    '1970-01-01T00:00:00.000Z'
    """
    text = dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
