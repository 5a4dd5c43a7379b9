"""The record of the gates on a page: what was decided for this plan, by which role, and when.

Without names and remarks: those stay in the ledger, with who keeps it. A person is a number, so
that it shows whether two decided or one.
"""

from __future__ import annotations

from kt_migrate.errors import ForgedError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.keeping import read_ledger
from kt_migrate.gates.people import Role, bare
from kt_migrate.gates.records import Kind, Verdict
from kt_migrate.language import shown, tr
from kt_migrate.reports.page.model import Table
from kt_migrate.reports.page.spoken import moment
from kt_migrate.reports.page.standing import Standing

_DIGITS = 12
_ROLES = frozenset(role.value for role in Role)
_KINDS = {
    Kind.MEASURED: said("measured"),
    Kind.ATTESTED: said("attested"),
    Kind.DECIDED: said("decided"),
}
_VERDICTS = {
    Verdict.MET: said("met"),
    Verdict.NOT_MET: said("NOT met"),
    Verdict.OPEN: said("open"),
    Verdict.GO: said("GO"),
    Verdict.NO_GO: said("NO-GO"),
}


def gate_of(standing: Standing) -> Table | None:
    """Return the lines of the ledger that are about this run, decisions and points.

    None: nobody recorded anything for this run. A ledger that is not as it was signed is said to
    be so, and nothing of it is shown.
    """
    runs = standing.folder.parent.parent
    if runs.name != "runs":
        return None
    note, lines, people = "", [], {}
    try:
        chain = read_ledger(runs.parent, standing.env)
        lines = [line for line in chain.lines if line.record.run == standing.run]
        people = _people(chain)
    except ForgedError as error:
        note = tr("The record cannot be trusted: {why}", why=error.what)
    if not lines and not note:
        return None
    return Table(
        key="gate",
        title=tr("What was decided, and by whom"),
        columns=(
            tr("line"),
            tr("moment (UTC)"),
            tr("gate"),
            tr("point"),
            tr("how"),
            tr("verdict"),
            tr("role"),
            tr("person"),
            tr("digest"),
        ),
        rows=tuple(_row(line, people) for line in lines),
        note=note or tr("Names and remarks stay in the ledger itself; a person is a number here."),
        codes=frozenset({8}),
    )


def _row(line: Line, people: dict[str, int]) -> tuple[str | int | None, ...]:
    record = line.record
    return (
        line.number,
        moment(record.at.isoformat()),
        record.gate.value,
        record.point or tr("decision"),
        shown(_KINDS[record.kind]),
        shown(_VERDICTS[record.verdict]),
        record.role if record.role in _ROLES or not record.role else tr("another"),
        people.get(bare(record.by)),
        line.digest[:_DIGITS],
    )


def _people(chain: Chain) -> dict[str, int]:
    """Give every person a number, in the order in which they come."""
    names = dict.fromkeys(bare(line.record.by) for line in chain.lines if line.record.by)
    return {name: number for number, name in enumerate(names, 1)}
