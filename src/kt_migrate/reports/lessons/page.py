"""The page of the lessons: what the next domain should know."""

from __future__ import annotations

from kt_migrate.language import number, tr, trn
from kt_migrate.reports.lessons.learned import Lessons
from kt_migrate.reports.lessons.patch import Patch
from kt_migrate.reports.lessons.words import tables_of
from kt_migrate.reports.page.model import Answer, Kind, Page, Tone, Trial


def lessons_page(found: Lessons, patch: Patch) -> Page:
    """Return the page.

    Args:
        found: what was learned.
        patch: what the domain says otherwise than the shared algorithm.
    """
    return Page(
        kind=Kind.LESSONS,
        title=tr("Lessons of {domain}", domain=found.domain),
        facts=(
            (tr("domain"), found.domain),
            (tr("environment"), found.env),
            (tr("runs"), number(len(found.runs))),
            (tr("trial"), "-" if found.trial is None else found.trial.name),
            (tr("run"), "-" if found.run is None else found.run.name),
        ),
        answers=tuple(answers_of(found, patch)),
        warnings=warnings_of(found),
        trials=_trials(found),
        tables=tables_of(found, patch),
        foot=(
            tr("Draaiboek T.1-T.3. It holds no personal data: codes, types, fields and numbers."),
        ),
    )


def warnings_of(found: Lessons) -> tuple[str, ...]:
    """Return what must be known before anything is learned from it."""
    lines = []
    if found.unread:
        lines.append(
            tr("Runs that could not be read, and count for nothing: {names}.", names=found.unread)
        )
    if found.run is None:
        lines.append(tr("Nothing was executed as a whole in {env} yet.", env=found.env))
    elif found.trial is None:
        lines.append(tr("There was no whole trial before it: there is nothing to hold it against."))
    return tuple(lines)


def answers_of(found: Lessons, patch: Patch) -> list[Answer]:
    """Return the lessons in a line each."""
    errors = [one for one in found.reasons if one.error]
    new = [one for one in errors if one.where == "after"]
    gone = [one for one in errors if one.where == "before"]
    held = None if found.run is None else found.run.held
    values = sum(n for (_t, _f, status), n in found.supplied.items() if status == "used")
    return [
        Answer(
            question=tr("Did the run have reasons that the trial did not show?"),
            answer=trn("{n} reason", "{n} reasons", len(new)),
            tone=Tone.BAD if new else Tone.GOOD if found.trial else Tone.OPEN,
            more=tuple(f"{one.code} {one.source_type}: {number(one.after)}" for one in new),
        ),
        Answer(
            question=tr("Which reasons of the trial were solved before the run?"),
            answer=trn("{n} reason", "{n} reasons", len(gone)),
            more=tuple(f"{one.code} {one.source_type}: {number(one.before)}" for one in gone),
        ),
        Answer(
            question=tr("Which rules does this domain change?"),
            answer=trn("{n} place", "{n} places", len(patch.changes)),
        ),
        Answer(
            question=tr("Which enrichment was needed?"),
            answer=trn("{n} value", "{n} values", values),
        ),
        Answer(
            question=tr("Did the estimate hold?"),
            answer=tr("not estimated")
            if held is None
            else tr("yes")
            if held.held
            else tr("no: see the table"),
            tone=Tone.OPEN if held is None else Tone.GOOD if held.held else Tone.BAD,
        ),
    ]


def _trials(found: Lessons) -> tuple[Trial, ...]:
    sent = [one for one in found.runs if one.sent]
    if len(sent) < 2:  # noqa: PLR2004 (one has nothing beside it)
        return ()
    return tuple(
        Trial(
            name=one.name.replace("/", " "),
            here=found.run is not None and one.name == found.run.name,
            extent=tr("sample {asked}", asked=one.sample) if one.sample else tr("whole"),
            migrated=one.migrated,
            rejected=one.rejected,
            seconds=one.seconds,
            verified=one.verified,
        )
        for one in sent
    )
