"""The technical tables of an archive: all that inspection counted, for who wants every number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kt_migrate.history.inspection import Inspection
from kt_migrate.language import tr
from kt_migrate.reports import inspection_words as words
from kt_migrate.reports.page.model import Cell, Table

_Counts = Iterable[tuple[str, int]]


def tables_of(found: Inspection, fates: Mapping[str, tuple[str, str, str]]) -> tuple[Table, ...]:
    """Return the tables of an archive, in the order of the questions of K.3 and P.5.

    Args:
        found: what is in it.
        fates: per KT 1.3 type (what becomes of it, the R4 type, the rule that leaves it behind).
    """
    return (
        *_control(found),
        _objects(found, fates),
        _decided(found),
        *_open(found),
        *_complete(found),
        *_messages(found),
        *_odd(found),
    )


def _control(found: Inspection) -> Iterator[Table]:
    control = found.control_list
    listed = [*words.on_the_list(control), (tr("without status"), control.without_status)]
    yield _counts("statuses", tr("Messages per status"), tr("status"), listed)
    if control.per_event:
        title = tr("On the control list, per event")
        yield _crossed("list-events", title, tr("event"), control.statuses, control.per_event)
        title = tr("On the control list, per month")
        yield _crossed("list-months", title, tr("month"), control.statuses, control.per_month)


def _objects(found: Inspection, fates: Mapping[str, tuple[str, str, str]]) -> Table:
    rows = (
        (
            name,
            row.objects,
            row.versions,
            row.sightings,
            row.sender_only,
            row.latest,
            words.fate(*fates[name][:2]),
            fates[name][2],
        )
        for name, row in found.objects.items()
    )
    return Table(
        key="objects",
        title=tr("Objects per type"),
        columns=(
            tr("type"),
            tr("objects"),
            tr("versions"),
            tr("sightings"),
            tr("sender only"),
            tr("newest"),
            tr("in KT 2.0"),
            tr("rule"),
        ),
        rows=tuple(rows),
        note=tr(
            "Each object counts in its last state. Versions: distinct versions that occur in the "
            "archive; a part of a CarePlan has none of its own. Sender only: the archive has the "
            "sender's copy alone, so that it does not show whether the server took the object. No "
            "home: KT 2.0 has no resource for it; it is left behind and counted. Per activity: a "
            "CarePlan becomes no object, each of its activities a Task."
        ),
        codes=frozenset({0, 7}),
    )


def _decided(found: Inspection) -> Table:
    rows = (
        (name, words.decider(by), by, count)
        for name, row in found.objects.items()
        for by, count in row.decided_by.items()
    )
    return Table(
        key="decided",
        title=tr("What the last state follows from"),
        columns=(tr("type"), tr("follows from"), tr("key"), tr("objects")),
        rows=tuple(rows),
        codes=frozenset({0, 2}),
    )


def _open(found: Inspection) -> Iterator[Table]:
    dossiers, activities = found.dossiers, found.activities
    yield _counts(
        "dossiers",
        tr("Dossiers, open and closed"),
        tr("dossier"),
        (
            (tr("open"), dossiers.open),
            (tr("closed"), dossiers.closed),
            (tr("unclear"), dossiers.unclear),
            (tr("without activities"), dossiers.without_activities),
            (tr("of which the patient is missing"), dossiers.without_patient),
        ),
        tr("A dossier is a patient with the CarePlans; it is open when one of the activities is."),
    )
    yield _counts(
        "activities",
        tr("Activities, open and closed"),
        tr("status"),
        (
            *((words.status(code), count) for code, count in activities.statuses.items()),
            (tr("open, together"), activities.open),
            (tr("closed, together"), activities.closed),
            (tr("unclear, together"), activities.unclear),
            (tr("gone from their CarePlan"), activities.removed),
        ),
        tr(
            "An activity is open when its status is Waiting, Available or InProgress: that of the "
            "last CarePlan, or of a later status message."
        ),
    )


def _complete(found: Inspection) -> Iterator[Table]:
    complete = found.completeness
    text = words.dangling(complete)
    yield Table(
        key="missing",
        title=tr("References that lead nowhere, and whose the objects are"),
        columns=(
            tr("type that refers"),
            tr("refers to"),
            tr("host"),
            tr("references"),
            tr("objects"),
        ),
        rows=tuple(
            (
                row.source_type,
                words.wanted(row.wanted),
                words.named(row.host),
                row.references,
                row.objects,
            )
            for row in complete.missing
        ),
        note=f"{text[:1].upper()}{text[1:]}.",
        codes=frozenset({0, 2}),
    )
    yield _counts(
        "apart",
        tr("What belongs together and does not meet"),
        tr("what"),
        (
            (
                tr("activities that a status message alone names: no CarePlan has them"),
                complete.activities_without_care_plan,
            ),
            (tr("status objects about those"), complete.statuses_without_activity),
            (tr("messages with those"), complete.messages_without_activity),
            (
                tr("activities whose definition is missing"),
                complete.activities_without_definition,
            ),
            (tr("definitions that are missing so"), complete.missing_definitions),
        ),
    )


def _messages(found: Inspection) -> Iterator[Table]:
    seen = found.messages
    month = tr("month")
    title = tr("Messages per month and event")
    yield _crossed("months-events", title, month, seen.events, seen.events_per_month)
    yield _counts("events", tr("Messages per event"), tr("event"), seen.events.items())
    title = tr("Messages per month (the sender's clock)")
    yield _counts("months", title, month, seen.months.items())
    yield _counts("senders", tr("Messages per sender"), tr("sender"), seen.senders.items())
    yield _counts("domains", tr("Messages per domain"), tr("domain"), seen.domains.items())


def _odd(found: Inspection) -> Iterator[Table]:
    yield Table(
        key="documents",
        title=tr("Documents per kind"),
        columns=(tr("kind"), tr("code"), tr("count")),
        rows=tuple((words.kind(name), name, count) for name, count in found.documents.items()),
        codes=frozenset({1}),
    )
    double = found.duplicates
    yield _counts(
        "double",
        tr("What is there more than once"),
        tr("what"),
        (
            (tr("more copies of messages"), double.message_copies),
            (tr("files equal to another"), double.equal_files),
            (
                tr("objects with another content in another copy of the same message"),
                double.same_message,
            ),
            (
                tr("objects with another content under the same version in another message"),
                double.same_version,
            ),
        ),
    )
    yield Table(
        key="odd",
        title=tr("Out of the ordinary"),
        columns=(tr("code"), tr("meaning"), tr("count")),
        rows=tuple((code, words.odd(code), count) for code, count in found.odd.items()),
        codes=frozenset({0}),
    )


def _counts(key: str, title: str, first: str, rows: _Counts, note: str = "") -> Table:
    return Table(
        key=key,
        title=title,
        columns=(first, tr("count")),
        rows=tuple((words.named(name), count) for name, count in rows),
        note=note,
    )


def _crossed(
    key: str,
    title: str,
    first: str,
    columns: Iterable[str],
    rows: Mapping[str, Mapping[str, int]],
) -> Table:
    """Return counts by two names: a row per first, a column per second."""
    names = tuple(columns)
    cells: Iterator[tuple[Cell, ...]] = (
        (words.named(name), *(row.get(column) or None for column in names))
        for name, row in rows.items()
    )
    return Table(
        key=key,
        title=title,
        columns=(first, *map(words.named, names)),
        rows=tuple(cells),
        codes=frozenset(range(1, len(names) + 1)),
    )
