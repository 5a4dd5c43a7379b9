"""The page of an archive: what is in it, whether the buffer was empty, what has no place."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.history.inspection import Inspection
from kt_migrate.language import number, tr, trn
from kt_migrate.reports import inspection_words as words
from kt_migrate.reports.page.inspected_tables import tables_of
from kt_migrate.reports.page.model import Answer, Bars, Fate, Flow, Kind, Page, Tone
from kt_migrate.reports.page.things import counted_things, thing_name, thing_place

_FATES = {
    "migrated": Fate.PENDING,
    "merged": Fate.PENDING,
    "by_parts": Fate.NOT_MIGRATED,
    "no_home": Fate.NOT_MIGRATED,
    "no_rule": Fate.REJECTED,
}
"""What becomes of a type by the algorithm, as a fate: at best what a plan says of its objects."""
_SHOWN = 4
_FEWEST = 2
"""A chart of one bar says nothing."""


def inspection_page(found: Inspection, fates: Mapping[str, tuple[str, str, str]]) -> Page:
    """Return the page of an archive.

    Args:
        found: what is in it.
        fates: per KT 1.3 type (what becomes of it, the R4 type, the rule that leaves it behind).
    """
    return Page(
        kind=Kind.INSPECT,
        title=tr("What is in the KT 1.3 archive"),
        facts=_facts(found),
        answers=(_buffer(found), _content(found), _placeless(found, fates), _complete(found)),
        flows=_flows(found, fates),
        bars=_bars(found),
        tables=tables_of(found, fates),
        foot=(
            tr(
                "Draaiboek K.3 (counting) and P.5 (control list). All of it for machines: the JSON "
                "beside this page."
            ),
            tr(
                "Which file or object it is, says the error list of the plan: kt-migrate plan, and "
                "then kt-migrate errors list."
            ),
            tr(
                "Made by kt-migrate from the archive alone: the same archive gives the same page. "
                "It holds no personal data, asks for nothing from elsewhere, and runs no script."
            ),
        ),
    )


def _facts(found: Inspection) -> tuple[tuple[str, str], ...]:
    files = sum(found.documents.values())
    objects = sum(row.objects for row in found.objects.values())
    return (
        (tr("domain"), _domain(found)),
        (tr("period"), _period(found)),
        (tr("documents"), number(files)),
        (tr("messages"), number(found.messages.total)),
        (tr("objects"), number(objects)),
    )


def _domain(found: Inspection) -> str:
    """Return the domain; of several how many messages each has."""
    domains = found.messages.domains
    return words.named(*domains) if len(domains) == 1 else words.listed(domains) or "-"


def _period(found: Inspection) -> str:
    seen = found.messages
    return seen.oldest if seen.oldest and seen.oldest == seen.newest else words.period(seen)


def _buffer(found: Inspection) -> Answer:
    control = found.control_list
    tone = {True: Tone.GOOD, False: Tone.BAD, None: Tone.OPEN}[control.buffer_empty]
    return Answer(
        question=tr("Control list: was the buffer empty? (P.5)"),
        answer=f"{words.verdict(control)}: {words.because(control)}",
        tone=tone,
        more=(
            tr(
                "The status is that of the moment when the copy was taken from the queue. A "
                "message counts once for each status of its copies."
            ),
        ),
    )


def _content(found: Inspection) -> Answer:
    rows = sorted(found.objects.items(), key=lambda item: thing_place(item[0]))
    objects = sum(row.objects for _type, row in rows)
    lines = [counted_things(name, row.objects) for name, row in rows[:_SHOWN]]
    dossiers, activities = found.dossiers, found.activities
    lines += [
        tr(
            "{open} open dossiers, {closed} closed",
            open=number(dossiers.open),
            closed=number(dossiers.closed),
        ),
        tr(
            "{open} open tasks, {closed} closed",
            open=number(activities.open),
            closed=number(activities.closed),
        ),
    ]
    return Answer(
        question=tr("What is in it?"),
        answer=trn("{n} object.", "{n} objects.", objects),
        more=tuple(lines),
    )


def _placeless(found: Inspection, fates: Mapping[str, tuple[str, str, str]]) -> Answer:
    homeless = [name for name in found.objects if fates[name][0] == "no_home"]
    unknown = [name for name in found.objects if fates[name][0] == "no_rule"]
    ranked = sorted((*homeless, *unknown), key=lambda name: -found.objects[name].objects)
    total = sum(found.objects[name].objects for name in ranked)
    lines = [counted_things(name, found.objects[name].objects) for name in ranked[:_SHOWN]]
    if len(ranked) > _SHOWN:
        rest = sum(found.objects[name].objects for name in ranked[_SHOWN:])
        lines.append(tr("{n} of other kinds", n=number(rest)))
    if unknown:
        lines.append(
            trn(
                "{n} type is unknown to the algorithm",
                "{n} types are unknown to the algorithm",
                len(unknown),
            )
        )
    return Answer(
        question=tr("What has no place in KT 2.0?"),
        answer=trn("{n} object.", "{n} objects.", total) if total else tr("Nothing."),
        tone=Tone.OPEN if unknown else Tone.PLAIN,
        more=tuple(lines),
    )


def _complete(found: Inspection) -> Answer:
    complete, double = found.completeness, found.duplicates
    parts = (
        (complete.activities_without_care_plan, tr("tasks that no care plan has")),
        (complete.activities_without_definition, tr("tasks whose definition is missing")),
        (
            sum(row.sender_only for row in found.objects.values()),
            tr("objects only as a copy of the sender"),
        ),
        (double.same_message + double.same_version, tr("objects with two contents")),
        (_other_documents(found), tr("files that are no message that can be read")),
        (sum(found.odd.values()), tr("out of the ordinary, each time")),
    )
    missing = complete.missing_references
    more = tuple(f"{text}: {number(n)}" for n, text in parts if n)
    answer = trn("{n} reference leads nowhere.", "{n} references lead nowhere.", missing)
    if not missing:
        answer = tr("Every reference leads somewhere.")
    if not found.objects:
        answer = tr("There is no object in it.")
    return Answer(
        question=tr("Is it complete?"),
        answer=answer,
        tone=Tone.OPEN if missing or more or not found.objects else Tone.GOOD,
        more=more,
    )


def _other_documents(found: Inspection) -> int:
    """Return how many files could not be read, or are nothing that the queue gives."""
    return sum(
        count
        for name, count in found.documents.items()
        if name == "unreadable" or name.startswith("no-message")
    )


def _flows(found: Inspection, fates: Mapping[str, tuple[str, str, str]]) -> tuple[Flow, ...]:
    return tuple(
        Flow(
            name=thing_name(name),
            source=name,
            target=words.fate(*fates[name][:2]),
            parts={_FATES[fates[name][0]]: found.objects[name].objects},
        )
        for name in sorted(found.objects, key=thing_place)
    )


def _bars(found: Inspection) -> tuple[Bars, ...]:
    months = found.messages.months
    if len(months) < _FEWEST:
        return ()
    return (
        Bars(
            title=tr("Messages per month"),
            first=tr("month"),
            parts=(tr("messages"),),
            rows=tuple((words.named(month), (count,)) for month, count in months.items()),
            note=tr("By the clock of who sent them."),
        ),
    )
