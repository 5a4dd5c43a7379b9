"""What `inspect` found, on one screen of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap

from kt_migrate.history.inspection import Inspection
from kt_migrate.history.seen_objects import ObjectsOfType
from kt_migrate.language import number, tr, trn
from kt_migrate.reports import inspection_words as words
from kt_migrate.reports.inspection import Home

WIDTH, _LABEL = 80, 15
_EVENTS, _MONTHS, _TYPES, _LINES, _ODD = 9, 9, 15, 4, 3


def screen_lines(found: Inspection, places: dict[str, Home]) -> list[str]:
    """Return the lines, none longer than 80 characters.

    Args:
        found: what is in the archive.
        places: what becomes of each type.
    """
    return [
        *_head(found),
        "",
        *_messages(found),
        "",
        *_objects(found, places),
        "",
        *_under_way(found),
        *_complete(found),
        *_double(found),
        *_control(found),
        *_decided(found),
        *_odd(found),
    ]


def _labelled(label: str, text: str, lines: int = _LINES) -> list[str]:
    """Return a text with a label before it; what does not fit in some lines ends in `…`."""
    made = wrap(
        text,
        WIDTH,
        initial_indent=f"{label:<{_LABEL}}",
        subsequent_indent=" " * _LABEL,
        max_lines=lines,
        placeholder=" …",
        break_on_hyphens=False,
    )
    return [line.replace(words.TOGETHER, " ") for line in made] or [label]


def _head(found: Inspection) -> Iterator[str]:
    files = sum(found.documents.values())
    objects = sum(row.objects for row in found.objects.values())
    total = ", ".join(
        (
            trn("{n} document", "{n} documents", files),
            trn("{n} message", "{n} messages", found.messages.total),
            trn("{n} object", "{n} objects", objects),
        )
    )
    yield from _labelled(tr("Archive"), total)
    yield from _labelled(tr("Period"), words.period(found.messages))
    yield from _labelled(tr("Domain"), words.listed(found.messages.domains), 2)
    yield from _labelled(tr("Senders"), words.listed(found.messages.senders), 2)
    ranked = sorted(found.documents.items(), key=lambda pair: (-pair[1], pair[0]))
    kinds = ((words.kind(name), count) for name, count in ranked)
    yield from _labelled(tr("Documents"), words.listed(kinds))


def _messages(found: Inspection) -> Iterator[str]:
    events = list(found.messages.events.items())
    months = list(found.messages.months.items())
    left = _first(events, _EVENTS)
    right = _last(months, max(_MONTHS, len(left)))
    yield f"{tr('MESSAGES per event'):<55}{tr('per month')}"
    for event, month in zip_longest(left, right):
        yield f"{_pair(event, 40, 10):<55}{_pair(month, 12, 12)}".rstrip()


def _pair(pair: tuple[str, int] | None, wide: int, count: int) -> str:
    if pair is None:
        return ""
    return f"{_fit(words.named(pair[0]), wide):<{wide}}{number(pair[1]):>{count}}"


def _fit(text: str, wide: int) -> str:
    return text if len(text) < wide else text[: wide - 2] + "…"


def _first(rows: list[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    if len(rows) <= most:
        return rows
    rest = sum(count for _name, count in rows[most - 1 :])
    return [*rows[: most - 1], (tr("others"), rest)]


def _last(rows: list[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    if len(rows) <= most:
        return rows
    rest = sum(count for _name, count in rows[: 1 - most])
    return [(tr("earlier"), rest), *rows[1 - most :]]


def _objects(found: Inspection, places: dict[str, Home]) -> Iterator[str]:
    yield _row(
        tr("OBJECTS"),
        tr("count"),
        tr("versions"),
        tr("newest"),
        tr("in KT 2.0"),
    )
    homeless = {t for t in found.objects if places[t].fate == "no_home"}
    rows = [pair for pair in found.objects.items() if pair[0] not in homeless]
    rows.sort(key=lambda pair: _place(pair[0], pair[1], places))
    for source_type, row in rows[:_TYPES]:
        home = places[source_type]
        yield _row(
            source_type,
            number(row.objects),
            "-" if row.versions is None else number(row.versions),
            row.latest or "-",
            words.fate(home.fate, home.target),
        )
    if len(rows) > _TYPES:
        rest = sum(row.objects for _type, row in rows[_TYPES:])
        yield _row(tr("other types"), number(rest), "", "", "")
    if homeless:
        ranked = sorted((-found.objects[t].objects, t) for t in homeless)
        text = words.listed((source_type, -count) for count, source_type in ranked)
        yield from _labelled(tr("NO HOME"), f"{tr('in KT 2.0')}: {text}")


def _place(source_type: str, row: ObjectsOfType, places: dict[str, Home]) -> tuple[int, int, str]:
    """What goes to KT 2.0 stands first; of the rest the largest."""
    order = {"migrated": 0, "merged": 1, "by_parts": 1}
    return (order.get(places[source_type].fate, 2), -row.objects, source_type)


def _row(name: str, count: str, versions: str, latest: str, home: str) -> str:
    return f"{_fit(name, 25):<25}{count:>11}{versions:>11}  {latest:<11} {_fit(home, 20)}".rstrip()


def _under_way(found: Inspection) -> Iterator[str]:
    dossiers, activities = found.dossiers, found.activities
    parts = [
        (tr("open"), dossiers.open),
        (tr("closed"), dossiers.closed),
        (tr("unclear"), dossiers.unclear),
        (tr("without activities"), dossiers.without_activities),
        (tr("(patient is missing)"), dossiers.without_patient),
    ]
    yield from _labelled(tr("DOSSIERS"), _nonzero(parts, 2))
    parts = [
        (tr("open"), activities.open),
        (tr("closed"), activities.closed),
        (tr("unclear"), activities.unclear),
        (tr("gone from their CarePlan"), activities.removed),
    ]
    statuses = [(words.status(code), count) for code, count in activities.statuses.items()]
    text = f"{_nonzero(parts, 2)}: {_nonzero(statuses, 0)}".removesuffix(": ")
    yield from _labelled(tr("ACTIVITIES"), text)


def _nonzero(parts: list[tuple[str, int]], always: int) -> str:
    return words.listed(pair for place, pair in enumerate(parts) if pair[1] or place < always)


def _complete(found: Inspection) -> Iterator[str]:
    complete = found.completeness
    label = tr("COMPLETE?")
    text = words.dangling(complete)
    kinds = [
        (f"{words.wanted(row.wanted)} {tr('of')} {words.named(row.host)}", row.references)
        for row in complete.missing[:_LINES]
    ]
    yield from _labelled(label, text + (f" ({words.listed(kinds)})" if kinds else ""))
    sender_only = sum(row.sender_only for row in found.objects.values())
    parts = [
        (
            tr("activities without CarePlan"),
            complete.activities_without_care_plan,
        ),
        (
            tr("status objects about those"),
            complete.statuses_without_activity,
        ),
        (
            tr("activities without definition"),
            complete.activities_without_definition,
        ),
        (
            tr("objects only as a copy of the sender"),
            sender_only,
        ),
    ]
    text = _nonzero(parts, 0)
    if text:
        yield from _labelled("", text)


def _double(found: Inspection) -> Iterator[str]:
    double = found.duplicates
    parts = [
        (tr("more copies of messages"), double.message_copies),
        (tr("equal files"), double.equal_files),
        (tr("copies with another content"), double.same_message),
        (tr("same version, other content"), double.same_version),
    ]
    yield from _labelled(tr("DOUBLE"), _nonzero(parts, 2))


def _control(found: Inspection) -> Iterator[str]:
    control = found.control_list
    yield from _labelled(
        tr("CONTROL LIST"),
        f"{tr('was the buffer empty (P.5)?')} {words.verdict(control)}: {words.because(control)}",
    )
    parts = words.on_the_list(control)
    if control.without_status:
        parts.append((tr("without status"), control.without_status))
    yield from _labelled("", words.listed(parts))


def _decided(found: Inspection) -> Iterator[str]:
    total: dict[str, int] = {}
    for row in found.objects.values():
        for by, count in row.decided_by.items():
            total[by] = total.get(by, 0) + count
    ranked = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    text = words.listed((words.decider(by), count) for by, count in ranked)
    yield from _labelled(tr("LAST STATE"), text)


def _odd(found: Inspection) -> Iterator[str]:
    label = tr("ODD")
    if not found.odd:
        yield from _labelled(label, tr("nothing"))
    ranked = sorted(found.odd.items(), key=lambda pair: (-pair[1], pair[0]))
    for code, count in ranked[:_ODD]:
        yield from _labelled(label, f"{number(count)} x {words.odd(code)}", 1)
        label = ""
    rest = sum(count for _code, count in ranked[_ODD:])
    if rest:
        yield from _labelled("", tr("and {number} more", number=number(rest)), 1)
