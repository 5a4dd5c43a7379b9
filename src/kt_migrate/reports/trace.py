"""The life of one object, from the run folder alone (draaiboek Q.5).

Messages → fate, rules and provenance → write → requests and answers → verification. It shows
links, codes, versions and identifiers of messages and requests, and nothing of what is in them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.errors import UsageError
from kt_migrate.kt13.links import split_version
from kt_migrate.load.steps import Stand, Step, Steps, steps_of
from kt_migrate.plan.life import Ended, Life, Seen, Written
from kt_migrate.plan.rows import IssueRow, SuppliedRow
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.plan.store import Plan
from kt_migrate.pseudonyms import belongs_to, is_like
from kt_migrate.undo.looking import UndoneWrite, undone_writes
from kt_migrate.verify.record import read_verified

_NOT_BY_RULES = ("resourceType", "meta")


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedWrite:
    """One write of an object, and what came of it.

    Attributes:
        write: key, number and stage.
        targets: (path, type, link) of what it refers to.
        elements: each element that it has, with the ids of the rules that make such an element;
            empty: the rules are not known.
        stand: where it stands; None: nothing was sent.
        steps: every step of the journal.
        undone: what undoing the run made of it, per resource; empty: it was not undone.
        drawn: False: the run is of a sample that it is not in.
    """

    write: Written
    targets: tuple[tuple[str, str, str], ...]
    elements: tuple[tuple[str, tuple[str, ...]], ...]
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


def trace(
    folder: Path, link: str, algorithm: Algorithm | None = None
) -> tuple[str, tuple[Traced, ...]]:
    """Look an object up in a run folder.

    Args:
        folder: the run folder; its journal may be absent, or be written meanwhile.
        link: as the error list has it; a version behind it is cut off when it is in no plan. Or
            the pseudonym of a link.
        algorithm: by which the plan was made; None: nobody has it any more.

    Returns:
        The link that was found, and what has it: more than one when types share it.

    Raises:
        UsageError: the plan knows no such link; a pseudonym was mistyped.
        JournalError: no plan, or a damaged file.
    """
    path = folder / "plan.sqlite"
    verified = read_verified(folder)
    with (
        Life(path) as life,
        Plan(path) as plan,
        planned_in(folder) as counting,
        steps_of(folder) as steps,
    ):
        for known in _links(life, link):
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
                        replace(
                            _written(folder, life, steps, w, _elements(plan, w, algorithm)),
                            drawn=counting.key(w.seq) is not None,
                        )
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
        " application its name; its pseudonym will do as well. Perhaps it is in another run:"
        " --env, --run.",
    )


def _links(life: Life, text: str) -> Iterator[str]:
    """Yield what the text may stand for; a pseudonym only when no object is called so."""
    yield from dict.fromkeys((text, split_version(text)[0]))
    if not is_like(text):
        return
    named = life.named(belongs_to(text))
    if len(named) > 1:
        raise UsageError(
            "More than one object has this pseudonym.",
            where="trace",
            fix="Give the link itself; the error list has it.",
        )
    yield from named


def _about(said: list[IssueRow], ended: Ended) -> tuple[IssueRow, ...]:
    return tuple(one for one in said if one.source_type in ("", ended.source_type))


def _written(
    folder: Path,
    life: Life,
    steps: Steps | None,
    write: Written,
    elements: tuple[tuple[str, tuple[str, ...]], ...],
) -> TracedWrite:
    return TracedWrite(
        write=write,
        targets=tuple(life.targets(write.seq)),
        elements=elements,
        stand=None if steps is None else steps.stand(write.seq),
        steps=() if steps is None else tuple(steps.of(write.seq)),
        undone=undone_writes(folder, write.seq),
    )


def _elements(
    plan: Plan, write: Written, algorithm: Algorithm | None
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names of the elements that a write has, and never what is in them."""
    planned = plan.write_at(write.seq)
    rules = None if algorithm is None else algorithm.types.get(write.source_type)
    if planned is None or rules is None:
        return ()
    names = [name for name in planned.resource if name not in _NOT_BY_RULES]
    return tuple(
        (name, tuple(dict.fromkeys(rule.id for rule in rules.rules if _makes(rule.to, name))))
        for name in names
    )


def _makes(to: str, name: str) -> bool:
    return re.split(r"[.\[(:]", to)[0].removesuffix("[x]") == name


def moment(at: float) -> str:
    """Return a time of the journal as people and machines read it, in UTC.

    >>> moment(0)
    '1970-01-01T00:00:00.000Z'
    """
    text = dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
