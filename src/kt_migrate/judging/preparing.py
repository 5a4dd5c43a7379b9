"""From a run folder to a sample that can be judged: draws, reads both sides, remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kt_migrate.errors import CouldNotLookError, UsageError, said
from kt_migrate.judging.cards import Card
from kt_migrate.judging.drawing import Drawn, draw
from kt_migrate.judging.items import Item, items_of
from kt_migrate.judging.planned import Dossiers
from kt_migrate.model import Key
from kt_migrate.plan.sampling.choosing import seed_of
from kt_migrate.reports.judged import Judged, Judgement, Verdict, current, written_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was drawn of a run.

    Attributes:
        folder: the run folder.
        plan: SHA-256 of plan.sqlite.
        seed, asked: what it was drawn with.
        drawn: which dossiers.
        dossiers: what each is like.
        items: what each holds.
        written: when the journal's last step was.
    """

    folder: Path
    plan: str
    seed: str
    asked: int
    drawn: Drawn
    dossiers: Dossiers
    items: Mapping[str, tuple[Item, ...]]
    written: str

    @property
    def every(self) -> tuple[Item, ...]:
        """Every object of it, each once."""
        return tuple({i.named: i for items in self.items.values() for i in items}.values())

    @property
    def keys(self) -> frozenset[Key]:
        """The temporary identifiers of what it holds."""
        return frozenset(write.key for item in self.every for write in item.writes)


def drawn_of(folder: Path, asked: int, seed: str) -> Sample:
    """Draw a sample of a run's dossiers.

    Args:
        folder: the run folder.
        asked: so many.
        seed: decides which; empty: the plan's digest does.

    Raises:
        UsageError: nothing was written yet.
        CouldNotLookError: there is no dossier: no check is no pass.
        JournalError: plan or journal is damaged.
    """
    written = written_at(folder)
    if not written:
        raise UsageError(
            "Nothing was written yet, so there is nothing to judge.",
            where=str(folder),
            fix=said("kt-migrate trial --env {env}", env=folder.parent.name),
        )
    dossiers = Dossiers(folder)
    if not dossiers.strata:
        raise CouldNotLookError(
            "The run has no dossier that could be judged.",
            where=str(folder),
            fix="Look at kt-migrate report: what is in the plan?",
        )
    word = seed or seed_of(dossiers.plan)
    drawn = draw(dossiers.strata, asked, word)
    return Sample(
        folder=folder,
        plan=dossiers.plan,
        seed=word,
        asked=asked,
        drawn=drawn,
        dossiers=dossiers,
        items=items_of(folder, dossiers, drawn.keys),
        written=written,
    )


def judged_of(sample: Sample, cards: tuple[Card, ...], read: str) -> Judged:
    """Return a sample with what was said of it before, where both sides are still the same.

    Args:
        sample: what was drawn.
        cards: as it is shown now.
        read: when the server was read (ISO 8601, UTC).
    """
    drawn = sample.drawn
    judged = Judged(
        env=sample.folder.parent.name,
        run=sample.folder.name,
        plan=sample.plan,
        seed=sample.seed,
        asked=sample.asked,
        strata=tuple((s.kind, s.ending, drawn.of[s], drawn.drawn[s]) for s in sorted(drawn.of)),
        written=sample.written,
        read=read,
        dossiers=tuple(map(_unjudged, cards)),
    )
    before = next((o for o in current(sample.folder, sample.plan) if o.name == judged.name), None)
    known = {} if before is None else {one.link: one for one in before.dossiers}
    for card, one in zip(cards, judged.dossiers, strict=True):
        old = known.get(one.link)
        if old is not None and _stands(old, one, card):
            same = replace(old, kind=one.kind, ending=one.ending)
            judged = judged.with_judgement(same)
    return judged


def _stands(old: Judgement, now: Judgement, card: Card) -> bool:
    """Whether what was said of a dossier is still about what is shown."""
    blind = old.verdict is Verdict.GOOD and not card.whole
    return (old.seen, old.rules) == (now.seen, now.rules) and not blind


def _unjudged(card: Card) -> Judgement:
    return Judgement(
        link=card.link,
        kind=card.stratum.kind.value,
        ending=card.stratum.ending.value,
        rules=card.rules,
        seen=card.seen,
    )
