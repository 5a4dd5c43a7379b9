"""The points of the gate after the migration: draaiboek Q.1-Q.11, and what they stand on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from kt_migrate.errors import said
from kt_migrate.gates.people import Role
from kt_migrate.gates.points import Point, measured
from kt_migrate.gates.records import Gate, Kind

_SUPPLIER = frozenset({Role.SUPPLIER})
_OPENERS = frozenset({Role.SUPPLIER, Role.KT2_SUPPORT})
_LONG = timedelta(days=365)


_measured = partial(measured, Gate.POST)

POINTS: tuple[Point, ...] = (
    _measured(
        "P.7",
        "P.7",
        said("The order to carry out the migration was given: for this plan there was a GO."),
        said("order given"),
    ),
    _measured(
        "P.8",
        "P.8",
        said("All steps of the migration were carried out: of every write the outcome is known."),
        said("all carried out"),
    ),
    Point(
        id="Q.1",
        gate=Gate.POST,
        step="Q.1",
        text=said("The content of the error lists was evaluated."),
        few=said("error list evaluated"),
        sees="errors",
    ),
    _measured(
        "Q.2",
        "Q.2",
        said(
            "Counts and hash totals are equal: the server was read back after the last "
            "write, and equals the plan."
        ),
        said("server equals plan"),
    ),
    _measured(
        "Q.2.1",
        "Q.2",
        said("No finding of the verification is open."),
        said("no findings open"),
    ),
    _measured(
        "Q.2.2",
        "Q.2",
        said("No temporary identifier occurs more than once."),
        said("nothing double"),
    ),
    _measured(
        "Q.2.3",
        "Q.2",
        said(
            "The server's own log does not contradict the journal (when verify --audit was given)."
        ),
        said("log agrees"),
    ),
    Point(
        id="Q.3",
        gate=Gate.POST,
        step="Q.3",
        text=said("The production acceptance test was carried out."),
        few=said("acceptance test done"),
        sees="run",
    ),
    Point(
        id="Q.3.1",
        gate=Gate.POST,
        step="Q.3",
        text=said("The sample of dossiers was judged."),
        few=said("sample judged"),
        kind=Kind.MEASURED,
        sees="judged",
    ),
    Point(
        id="Q.4",
        gate=Gate.POST,
        step="Q.4",
        text=said("The content of the error lists was evaluated again after the acceptance test."),
        few=said("error list again"),
        sees="errors",
    ),
    Point(
        id="Q.5",
        gate=Gate.POST,
        step="Q.5",
        text=said("The error lists were dealt with and data in KT 2.0 corrected, where possible."),
        few=said("errors dealt with"),
        sees="errors",
    ),
    _measured(
        "Q.6",
        "Q.6",
        said("The migration meets the success criteria; without criteria nothing passes."),
        said("success criteria"),
    ),
    Point(
        id="Q.7",
        gate=Gate.POST,
        step="Q.7",
        text=said("GO/NO GO: at GO it is taken into use, at NO GO it is rolled back."),
        few=said("the care provider's GO"),
        kind=Kind.DECIDED,
    ),
    Point(
        id="Q.8",
        gate=Gate.POST,
        step="Q.8",
        text=said(
            "The 'Eigen verklaring' is signed: the care provider's agreement in writing, "
            "with the order to start using the production environment."
        ),
        few=said("Eigen verklaring"),
        good=_LONG,
        sees="run",
        after=True,
    ),
    Point(
        id="Q.9",
        gate=Gate.POST,
        step="Q.9",
        text=said(
            "At GO and after signing the 'Eigen verklaring' the trigger functions that "
            "are wanted again are switched on."
        ),
        few=said("triggers on"),
        roles=_SUPPLIER,
        good=_LONG,
        sees="run",
        after=True,
        follows="Q.8",
    ),
    Point(
        id="Q.9.1",
        gate=Gate.POST,
        step="Q.9",
        text=said("Our own subscriptions that were paused are back as they were."),
        few=said("subscriptions back"),
        kind=Kind.MEASURED,
        roles=frozenset(),
        after=True,
    ),
    Point(
        id="Q.10",
        gate=Gate.POST,
        step="Q.10",
        text=said("The production environment KT 2.0 is opened."),
        few=said("production opened"),
        roles=_OPENERS,
        good=_LONG,
        sees="run",
        after=True,
        follows="Q.8",
    ),
    Point(
        id="Q.11",
        gate=Gate.POST,
        step="Q.11",
        text=said("KT2 Support was told that the heightened watch can be lowered."),
        few=said("watch lowered"),
        good=_LONG,
        sees="run",
        after=True,
        follows="Q.10",
    ),
)
"""In the order of the draaiboek: what follows the decision stands after it."""
