"""The record of the gates on a page: what was decided for this plan, by which role, and when.

Without names and remarks: those stay in the ledger, with who keeps it. A person is a number, so
that it shows whether two decided or one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kt_migrate.errors import ForgedError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.keeping import read_ledger
from kt_migrate.gates.people import Role, bare
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import shown, tr
from kt_migrate.reports.page.model import Table
from kt_migrate.reports.page.spoken import moment
from kt_migrate.reports.page.standing import Standing

_DIGITS = 12
_ROLES = {
    Role.PROVIDER.value: "zorgaanbieder",
    Role.SUPPLIER.value: "IT-deelnemer",
    Role.KT2_SUPPORT.value: "KT2-Support",
    Role.KT13_SUPPORT.value: "KT-Support",
    Role.ORGANISATION.value: "VZVZ",
}
"""The parties as the draaiboek writes them, in every language."""
_GATES = {Gate.PRE: said("before the migration"), Gate.POST: said("after the migration")}
_POINTS = {point.id: point for points in POINTS.values() for point in points}
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


@dataclass(frozen=True, slots=True)
class Gates:
    """What the ledger of an environment has of one run.

    Attributes:
        lines: of this run, in their order.
        people: a number for every person of the ledger.
        note: why nothing of it is shown; empty: it is as it was signed.
    """

    lines: tuple[Line, ...] = ()
    people: Mapping[str, int] = field(default_factory=dict)
    note: str = ""


def gates_of(standing: Standing) -> Gates:
    """Return the lines of the ledger that are about this run, decisions and points.

    A ledger that is not as it was signed is said to be so, and nothing of it is shown.
    """
    runs = standing.folder.parent.parent
    if runs.name != "runs":
        return Gates()
    try:
        chain = read_ledger(runs.parent, standing.env)
    except ForgedError as error:
        return Gates(note=tr("The record cannot be trusted: {why}", why=shown(error.what)))
    lines = tuple(line for line in chain.lines if line.record.run == standing.run)
    return Gates(lines, _people(chain))


def decisions_of(gates: Gates) -> Table | None:
    """Return what was decided on this run, and how the points of the gates stand.

    None: nobody recorded anything for this run.
    """
    if not gates.lines and not gates.note:
        return None
    decided = [line for line in gates.lines if line.record.kind is Kind.DECIDED]
    nobody = "" if decided else tr("Nobody decided anything on this run yet.")
    return Table(
        key="gate",
        title=tr("What was decided, and by whom"),
        columns=(tr("gate"), tr("verdict"), tr("role"), tr("person"), tr("moment (UTC)")),
        rows=tuple(_decision(line, gates.people) for line in decided),
        note=gates.note
        or nobody
        or tr("Names and remarks stay in the ledger itself; a person is a number here."),
    )


def decided_text(gates: Gates) -> str:
    """Return the last decision of each gate in a few words; empty: there is none."""
    last = {
        line.record.gate: line.record.verdict
        for line in gates.lines
        if line.record.kind is Kind.DECIDED
    }
    return " · ".join(
        f"{shown(_GATES[one])} {shown(_VERDICTS[last[one]])}" for one in Gate if one in last
    )


def lines_of(gates: Gates) -> Table | None:
    """Return every line of the ledger about this run; None: there is none."""
    if not gates.lines:
        return None
    return Table(
        key="ledger",
        title=tr("The record of the gates, line by line"),
        columns=(
            tr("line"),
            tr("moment (UTC)"),
            tr("gate"),
            tr("point"),
            tr("what"),
            tr("how"),
            tr("verdict"),
            tr("role"),
            tr("person"),
            tr("digest"),
        ),
        rows=tuple(_row(line, gates.people) for line in gates.lines),
        note=tr("Names and remarks stay in the ledger itself; a person is a number here."),
        codes=frozenset({9}),
    )


def _decision(line: Line, people: Mapping[str, int]) -> tuple[str | int | None, ...]:
    record = line.record
    return (
        shown(_GATES[record.gate]),
        shown(_VERDICTS[record.verdict]),
        _role(record.role),
        _person(line, people),
        moment(record.at.isoformat()),
    )


def _row(line: Line, people: Mapping[str, int]) -> tuple[str | int | None, ...]:
    record = line.record
    return (
        line.number,
        moment(record.at.isoformat()),
        shown(_GATES[record.gate]),
        record.point or tr("decision"),
        _POINTS[record.point].short if record.point in _POINTS else "",
        shown(_KINDS[record.kind]),
        shown(_VERDICTS[record.verdict]),
        _role(record.role),
        _person(line, people),
        line.digest[:_DIGITS],
    )


def _person(line: Line, people: Mapping[str, int]) -> int | None:
    """Return who said it, as a number; None: nobody, it was measured."""
    return people.get(bare(line.record.by))


def _role(role: str) -> str:
    """Return a role as the draaiboek writes it; whatever else somebody wrote is not repeated."""
    return _ROLES.get(role, tr("another")) if role else ""


def _people(chain: Chain) -> dict[str, int]:
    """Give every person a number, in the order in which they come."""
    names = dict.fromkeys(bare(line.record.by) for line in chain.lines if line.record.by)
    return {name: number for number, name in enumerate(names, 1)}
