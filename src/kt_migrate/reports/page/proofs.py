"""The proofs of a run's totals: what was held against what, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kt_migrate.algorithm.success import Verdict
from kt_migrate.language import tr, trn
from kt_migrate.reports.page.model import Proof, Table, Tone
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.run_facts import census_equal
from kt_migrate.reports.success import success_lines, verdict_text


def proofs_of(standing: Standing, content: Mapping[str, Any]) -> tuple[Proof, ...]:
    """Return the proofs, in the order in which they lean on each other.

    Args:
        standing: where the run stands.
        content: what rapport.json holds.
    """
    return (_books(standing), _census(standing), _totals(standing, content), *_server(standing))


def _books(standing: Standing) -> Proof:
    gaps = len(standing.result.books.unbalanced())
    return Proof(
        name=tr("The books balance"),
        tone=Tone.BAD if gaps else Tone.GOOD,
        found=trn("{n} row does not", "{n} rows do not", gaps) if gaps else tr("every row"),
        how=tr(
            "Per type and event: sightings = superseded + objects, and every object has exactly "
            "one fate."
        ),
    )


def _census(standing: Standing) -> Proof:
    equal = census_equal(standing.result)
    return Proof(
        name=tr("The archive was counted twice"),
        tone=Tone.GOOD if equal else Tone.BAD,
        found=tr("both counts agree") if equal else tr("the counts differ"),
        how=tr(
            "A second program part, which shares no code with the first, counts which objects the "
            "archive has at all."
        ),
    )


def _totals(standing: Standing, content: Mapping[str, Any]) -> Proof:
    rows = content["hash_totals"]
    equal = sum(row["equal"] for row in rows)
    ours = sum(row["source"] == row["journal"] for row in rows)
    how = tr(
        "One number per type over the content of all its resources: of what was planned, of what "
        "was sent and confirmed, and of what stands on the server."
    )
    name = tr("The content is equal on both sides")
    if standing.verified is None:
        tone = Tone.OPEN
        found = tr(
            "plan and journal agree for {n} of {all} types; the server was not read back",
            n=ours,
            all=len(rows),
        )
        if not standing.sent:
            found = tr("nothing was written yet")
        elif standing.undoing is not None:
            found = tr("the run was undone: there is nothing to compare any more")
    else:
        tone = Tone.GOOD if equal == len(rows) else Tone.BAD
        found = tr("plan, journal and server agree for {n} of {all} types", n=equal, all=len(rows))
    return Proof(name=name, tone=tone, found=found, how=how)


def _server(standing: Standing) -> list[Proof]:
    verified = standing.verified
    if verified is None:
        return []
    lines = len(verified.issues)
    found = [
        Proof(
            name=tr("The server was read back"),
            tone=Tone.GOOD if verified.passed else Tone.BAD,
            found=tr("everything stands there as planned")
            if verified.passed
            else trn("{n} line says what differs", "{n} lines say what differs", lines),
            how=tr(
                "kt-migrate verify reads every resource by a road of its own, and compares it "
                "field by field where the totals differ."
            ),
        )
    ]
    if verified.audited is not None:
        found.append(
            Proof(
                name=tr("The server's own log agrees"),
                tone=Tone.GOOD if verified.audited else Tone.BAD,
                found=tr("its AuditEvents confirm the journal")
                if verified.audited
                else tr("its AuditEvents differ from the journal"),
                how=tr("Every change that the journal claims is looked up in the AuditEvents."),
            )
        )
    return found


def criteria_of(standing: Standing) -> Table:
    """Return the success criteria (K.4), each with what was found."""
    verdict = standing.criteria.verdict
    note = tr("Verdict: {verdict}.", verdict=verdict_text(verdict))
    if verdict is Verdict.NO_CRITERIA:
        note = tr("Nobody set criteria: then nothing passes. They stand in the algorithm (K.4).")
    return Table(
        key="criteria",
        title=tr("Success criteria (draaiboek K.4)"),
        columns=(tr("demanded"), tr("found"), tr("verdict")),
        rows=tuple(success_lines(standing.criteria)),
        note=note,
    )
