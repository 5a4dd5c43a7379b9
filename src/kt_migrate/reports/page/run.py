"""The page of a run or a trial, from what its run folder says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kt_migrate.language import tr
from kt_migrate.plan.binding import short
from kt_migrate.reports.page.course import latencies_of, moments_of, streams_of
from kt_migrate.reports.page.earlier import trials_of
from kt_migrate.reports.page.first import answers_of
from kt_migrate.reports.page.flows import flows_of, left_of, reasons_of
from kt_migrate.reports.page.gate import Gates, decided_text, decisions_of, gates_of, lines_of
from kt_migrate.reports.page.model import Kind, Page
from kt_migrate.reports.page.proofs import criteria_of, proofs_of
from kt_migrate.reports.page.spoken import moment
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.page.technical import sampling_table, server_of, technical
from kt_migrate.reports.sampled import sampling_words


def run_page(standing: Standing, content: Mapping[str, Any]) -> Page:
    """Return the page of a run.

    Args:
        standing: where it stands.
        content: what rapport.json holds of it: both say the same numbers.
    """
    kind = Kind.RUN if any(start.go for start in standing.starts) else Kind.TRIAL
    flows = flows_of(standing)
    words = sampling_words(standing.folder, standing.result)
    gates = gates_of(standing)
    ledger = lines_of(gates)
    estimate = (
        (sampling_table(words.title, words.columns, words.rows, words.lines),) if words.rows else ()
    )
    return Page(
        kind=kind,
        title=_title(kind, standing),
        facts=(*facts_of(standing), *_decided(gates)),
        warnings=_warnings(standing, words.sample),
        answers=answers_of(standing, flows),
        flows=flows,
        left=left_of(standing),
        proofs=proofs_of(standing, content),
        criteria=criteria_of(standing),
        reasons=reasons_of(standing.reasons),
        moments=moments_of(standing.starts, standing.folder),
        streams=streams_of(standing.folder),
        latencies=latencies_of(standing.starts),
        trials=trials_of(standing),
        server=server_of(standing),
        gate=decisions_of(gates),
        tables=(*estimate, *technical(content, standing), *(() if ledger is None else (ledger,))),
        foot=foot_of("rapport.json, rapport.xlsx, foutenlijst.csv"),
    )


def _title(kind: Kind, standing: Standing) -> str:
    if kind is Kind.RUN:
        return tr("Migration of {domain} to Koppeltaal 2.0", domain=standing.domain)
    return tr("Trial migration of {domain} to Koppeltaal 2.0", domain=standing.domain)


def facts_of(standing: Standing) -> tuple[tuple[str, str], ...]:
    """Return what a page of a run folder is about."""
    starts = standing.starts
    found = [
        (tr("domain"), standing.domain),
        (tr("environment"), standing.env),
        (tr("run"), standing.run),
        (tr("algorithm"), standing.algorithm),
        (tr("plan"), short(standing.binding.get("plan", ""))),
        (tr("written, UTC"), _period(starts[0].began, starts[-1].last) if starts else ""),
    ]
    return tuple((name, value) for name, value in found if value not in ("", "-"))


def _decided(gates: Gates) -> tuple[tuple[str, str], ...]:
    text = decided_text(gates)
    return ((tr("decided"), text),) if text else ()


def _period(began: str, last: str) -> str:
    began, last = moment(began), moment(last)
    same = 11 if began[:10] == last[:10] else 0
    return began if began == last else tr("{began} to {last}", began=began, last=last[same:])


def _warnings(standing: Standing, sample: str) -> tuple[str, ...]:
    existing = ""
    if standing.result.existing:
        existing = tr(
            "Choice for what was there before this plan and differs: {choices}.",
            choices=" → ".join(standing.result.existing),
        )
    standard = standing.result.existing in ((), ("refuse",))
    return tuple(text for text in (sample, "" if standard else existing) if text)


def foot_of(files: str) -> tuple[str, ...]:
    """Return what stands below a page: what it is made of, and what is not in it."""
    return (
        tr("Beside this page, for machines and spreadsheets: {files}.", files=files),
        tr(
            "Made by kt-migrate from the record of the run alone: the same record gives the same "
            "page. It holds no personal data, asks for nothing from elsewhere, and runs no script."
        ),
    )
