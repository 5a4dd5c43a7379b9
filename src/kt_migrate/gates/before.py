"""The points of the gate before the migration: draaiboek O.1-O.10, and what they stand on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from kt_migrate.errors import said
from kt_migrate.gates.people import Role
from kt_migrate.gates.points import Point, measured
from kt_migrate.gates.records import Gate, Kind

_SUPPLIER = frozenset({Role.SUPPLIER})
_EITHER = frozenset({Role.SUPPLIER, Role.PROVIDER})
_BUFFER = frozenset({Role.SUPPLIER, Role.KT13_SUPPORT})
_DAY = timedelta(days=1)


_measured = partial(measured, Gate.PRE)

POINTS: tuple[Point, ...] = (
    Point(
        id="O.1",
        gate=Gate.PRE,
        step="O.1",
        text=said("The steps of the regular runbook were carried out."),
        few=said("regular runbook done"),
    ),
    Point(
        id="O.2",
        gate=Gate.PRE,
        step="O.2",
        text=said("The applications are accepted, see the regular runbook."),
        few=said("applications accepted"),
    ),
    Point(
        id="O.3",
        gate=Gate.PRE,
        step="O.3",
        text=said("The set-up of the domain is accepted, see the regular runbook."),
        few=said("domain accepted"),
    ),
    _measured(
        "O.3.1",
        "M.1",
        said(
            "The environment gives what the plan needs: token, scopes, profile; the "
            "subscriptions in force are known."
        ),
        said("environment probed"),
    ),
    _measured(
        "O.4",
        "M.2",
        said(
            "The trial migration succeeded: whole, with this algorithm, this enrichment "
            "and this archive, and the server equalled the plan."
        ),
        said("trial succeeded"),
    ),
    _measured(
        "O.4.1",
        "K.4",
        said("The trial migration meets the success criteria; without criteria nothing passes."),
        said("success criteria"),
    ),
    Point(
        id="O.4.2",
        gate=Gate.PRE,
        step="O.4",
        text=said("The expected rejects are acceptable."),
        few=said("rejects acceptable"),
        sees="trial",
    ),
    _measured(
        "O.4.3",
        "K.3",
        said("The census of the archive equals the plan: every object has one fate."),
        said("census equal"),
    ),
    _measured(
        "O.4.4",
        "K.3",
        said("The books balance: sightings and objects, per type and event."),
        said("books balance"),
    ),
    _measured(
        "O.4.5",
        "K.6",
        said(
            "Nothing changed since the plan: archive and manifest, algorithm, "
            "enrichment, configuration, version of kt-migrate and of the profiles."
        ),
        said("nothing changed"),
    ),
    Point(
        id="O.5",
        gate=Gate.PRE,
        step="O.5",
        text=said("A back-up of the applications is available in production in the domain."),
        few=said("back-up available"),
        good=7 * _DAY,
    ),
    Point(
        id="O.6",
        gate=Gate.PRE,
        step="O.6",
        text=said("The steps of the rollback procedure are known and filled in."),
        few=said("rollback known"),
    ),
    _measured(
        "O.6.1",
        "R",
        said(
            "The rollback was rehearsed on this data: with this algorithm and this "
            "archive, whole and looked at on the server."
        ),
        said("rollback rehearsed"),
    ),
    Point(
        id="O.7",
        gate=Gate.PRE,
        step="O.7",
        text=said(
            "The care provider is informed of the impact: for X time from moment Y care "
            "communication by Koppeltaal is not possible."
        ),
        few=said("impact known"),
    ),
    Point(
        id="O.8",
        gate=Gate.PRE,
        step="O.8",
        text=said("The people of KT2 Support are informed, for the heightened watch."),
        few=said("KT2 Support informed"),
    ),
    Point(
        id="O.9",
        gate=Gate.PRE,
        step="O.9",
        text=said(
            "GO/NO GO meeting with care provider and suppliers: those who take part and "
            "the contacts are present (not ill etc.)."
        ),
        few=said("everybody present"),
        good=3 * _DAY,
    ),
    Point(
        id="P.1",
        gate=Gate.PRE,
        step="P.1",
        text=said("The actions of step P are agreed and planned: back-up, stopping the messages."),
        few=said("actions of P planned"),
        roles=_EITHER,
    ),
    Point(
        id="P.5",
        gate=Gate.PRE,
        step="P.5",
        text=said("The buffers are empty: of every message in the archive the delivery is done."),
        few=said("buffers empty"),
        kind=Kind.MEASURED,
        roles=_BUFFER,
        sees="archive",
    ),
    Point(
        id="P.6",
        gate=Gate.PRE,
        step="P.6",
        text=said("The unwanted trigger functions in the applications are switched off."),
        few=said("triggers off"),
        roles=_SUPPLIER,
        good=7 * _DAY,
    ),
    Point(
        id="O.10",
        gate=Gate.PRE,
        step="O.10",
        text=said("GO: the care provider gives the order to migrate the production data."),
        few=said("the care provider's GO"),
        kind=Kind.DECIDED,
    ),
)
"""In the order of the screen; Bijlage B comes before the decision (`tables`)."""
