"""The technical tables of a run: every number of rapport.json that a page can show, as cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.language import number, percent, shown, tr
from kt_migrate.reports.page.course import ended_text
from kt_migrate.reports.page.model import Cell, Fate, Table
from kt_migrate.reports.page.spoken import lasted, moment
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.page.things import fate_name

_FATES = (Fate.MIGRATED, Fate.NOT_MIGRATED, Fate.REJECTED, Fate.OUT_OF_SCOPE)
_DIGITS = 12
"""Digits of a GO's digest on a page: enough to find it in the ledger."""


def technical(content: Mapping[str, Any], standing: Standing) -> tuple[Table, ...]:
    """Return the technical tables.

    Args:
        content: what rapport.json holds: the page and the file say the same.
        standing: where the run stands.
    """
    return (
        _books(content, sampled=standing.result.sample is not None),
        _sightings(content),
        _totals(content),
        _errors(content),
        _losses(content),
        _answers(content),
        *((_starts(content),) if content["starts"] else ()),
        *((_binding(standing),) if standing.binding else ()),
    )


def _books(content: Mapping[str, Any], *, sampled: bool) -> Table:
    fates = (*_FATES, *((Fate.NOT_DRAWN,) if sampled else ()))
    names = [fate_name(fate) for fate in fates]
    sum_of = " + ".join(names)
    rows = (
        (source_type, event, row["objects"], *(row[fate.value] for fate in fates))
        for source_type, events in content["books_per_event"].items()
        for event, row in events.items()
    )
    return Table(
        key="books",
        title=tr("The books: objects per type and event"),
        columns=(tr("type"), tr("event"), tr("objects"), *names),
        rows=tuple(rows),
        note=tr("objects = {fates}", fates=sum_of),
        codes=frozenset({0, 1}),
    )


def _sightings(content: Mapping[str, Any]) -> Table:
    census, unlinked = content["census"], content["without_link"]
    rows = (
        (
            source_type,
            *(row[name] for name in ("read", "superseded", "objects")),
            census.get(source_type),
            unlinked.get(source_type),
        )
        for source_type, row in content["books"].items()
    )
    return Table(
        key="sightings",
        title=tr("The sightings, and the census of the archive"),
        columns=(
            tr("type"),
            tr("sightings"),
            tr("superseded"),
            tr("objects"),
            tr("census"),
            tr("without link"),
        ),
        rows=tuple(rows),
        note=tr(
            "sightings = superseded + objects. The census is a second road through the archive, "
            "which shares nothing with the first; it cannot count an entry without a link."
        ),
        codes=frozenset({0}),
    )


def _totals(content: Mapping[str, Any]) -> Table:
    rows = (
        (
            row["type"],
            row["count"],
            "✓" if row["equal"] else "✗",
            row["source"],
            row["journal"],
            row["server"],
        )
        for row in content["hash_totals"]
    )
    return Table(
        key="totals",
        title=tr("Hash totals: plan, journal and server"),
        columns=(
            tr("R4 type"),
            tr("planned"),
            tr("equal"),
            tr("source"),
            tr("journal"),
            tr("server"),
        ),
        rows=tuple(rows),
        note=tr(
            "Count and sum (modulo 2^256) of the SHA-256 of every resource: one that is lost, "
            "double or other changes it."
        ),
        codes=frozenset({3, 4, 5}),
    )


def _errors(content: Mapping[str, Any]) -> Table:
    rows = (
        (row["code"], row["class"], row["count"], row["meaning"], row["advice"])
        for row in content["errors"]
    )
    return Table(
        key="errors",
        title=tr("The error list, per code"),
        columns=(tr("code"), tr("class"), tr("count"), tr("meaning"), tr("what to do")),
        rows=tuple(rows),
        note=tr("Every line of it: foutenlijst.csv, and kt-migrate errors list."),
        codes=frozenset({0}),
    )


def _losses(content: Mapping[str, Any]) -> Table:
    none = tr("read by no rule")
    rows = (
        (
            row["source_type"],
            row["path"],
            row["rule"] or none,
            row["count"],
            shown(row["because"]),
        )
        for row in content["losses"]
    )
    return Table(
        key="losses",
        title=tr("Elements left behind"),
        columns=(tr("type"), tr("element"), tr("rule"), tr("count"), tr("because")),
        rows=tuple(rows),
        codes=frozenset({0, 1, 2}),
    )


def _answers(content: Mapping[str, Any]) -> Table:
    rows = (
        (row["code"], line["path"], line["detail"], line["count"])
        for row in content["errors"]
        for line in row["said"]
    )
    return Table(
        key="said",
        title=tr("What the server said"),
        columns=(tr("code"), tr("FHIR path"), tr("answer"), tr("count")),
        rows=tuple(rows),
        codes=frozenset({0, 1, 2}),
    )


def _starts(content: Mapping[str, Any]) -> Table:
    starts = list(content["starts"])
    rows = [_start(one, moment(one["began"]), ended_text(one["ended"])) for one in starts]
    if len(starts) > 1:
        rows.append(_start(content["figures"], tr("together"), ""))
    return Table(
        key="starts",
        title=tr("The starts of the run"),
        columns=(
            tr("began (UTC)"),
            tr("ended"),
            tr("under GO"),
            tr("time at work"),
            tr("settled"),
            tr("failed"),
            tr("succeeded"),
            tr("per second"),
            tr("writing requests"),
            tr("bytes out"),
            tr("bytes in"),
            tr("status codes"),
        ),
        rows=tuple(rows),
        note=tr(
            "A write that failed in one start and came in the next counts in both. Of a start that "
            "ended without a word the last 20 seconds of latencies, bytes and status codes may be "
            "missing."
        ),
        codes=frozenset({2}),
    )


def _start(one: Mapping[str, Any], began: str, ended: str) -> tuple[Cell, ...]:
    share = one["success_share"]
    return (
        began,
        ended,
        one["go"][:_DIGITS],
        lasted(one["seconds"]),
        one["done"],
        one["failed"],
        "" if share is None else percent(share),
        one["rate"],
        one["sent"],
        one["bytes_out"],
        one["bytes_in"],
        ", ".join(f"{_status(name)}: {number(n)}" for name, n in one["statuses"].items()),
    )


def _status(name: str) -> str:
    return tr("no answer") if name == "none" else name


def _binding(standing: Standing) -> Table:
    names = {
        "archive": tr("archive"),
        "algorithm": tr("algorithm"),
        "enrichment": tr("enrichment"),
        "domain_file": "kt-migrate.yaml",
        "environment_file": tr("settings of the environment"),
        "limits": tr("limits on the archive"),
        "tool": tr("version of kt-migrate"),
        "profile": tr("version of the KT 2.0 profiles"),
        "mode": tr("mode"),
        "plan": tr("plan"),
    }
    rows = ((word, standing.binding.get(name, "")) for name, word in names.items())
    return Table(
        key="binding",
        title=tr("What the plan is bound to"),
        columns=(tr("part"), tr("SHA-256 or version")),
        rows=tuple(rows),
        codes=frozenset({1}),
    )


def server_of(standing: Standing) -> Table | None:
    """Return what differs from the server, per code and type; None: nobody looked."""
    if standing.verified is None:
        return None
    counts = Counter((one.code, one.source_type) for one in standing.verified.issues)
    return Table(
        key="server",
        title=tr("What differs from the server"),
        columns=(tr("type"), tr("count"), tr("what"), tr("what to do"), tr("code")),
        rows=tuple(_differing(counts)),
        note=tr("Found by reading the server back. Every line of it stands in the error list."),
        codes=frozenset({0, 4}),
    )


def _differing(counts: Counter[tuple[str, str]]) -> Iterator[tuple[Cell, ...]]:
    for (code, source_type), count in sorted(counts.items(), key=lambda x: (-x[1], x[0])):
        entry = CATALOGUE[code]
        yield source_type, count, shown(entry.title), shown(entry.advice), code


def sampling_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], lines: Sequence[str]
) -> Table:
    """Return the estimate of a sample, or whether an earlier one was right, as a table."""
    return Table(
        key="estimate",
        title=title,
        columns=tuple(columns),
        rows=tuple(tuple(_cell(value) for value in row) for row in rows),
        note=" ".join(lines),
    )


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float) or value is None else str(value)
