"""The points of the gate after the migration: draaiboek Q.1-Q.11, and what they stand on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

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
        "De opdracht voor het uitvoeren van het migratiealgoritme is gegeven: voor dit plan stond "
        "er een GO.",
        "The order to carry out the migration was given: for this plan there was a GO.",
        ("opdracht gegeven", "order given"),
    ),
    _measured(
        "P.8",
        "P.8",
        "Alle stappen van het migratiealgoritme zijn uitgevoerd: van elke schrijfactie is de "
        "uitkomst bekend.",
        "All steps of the migration were carried out: of every write the outcome is known.",
        ("alles uitgevoerd", "all carried out"),
    ),
    Point(
        id="Q.1",
        gate=Gate.POST,
        step="Q.1",
        nl="De inhoud van de foutlijsten is geëvalueerd.",
        en="The content of the error lists was evaluated.",
        short_nl="foutenlijst bekeken",
        short_en="error list evaluated",
        sees="errors",
    ),
    _measured(
        "Q.2",
        "Q.2",
        "Tellingen en hashtotalen zijn gelijk: de server is na de laatste schrijfactie "
        "teruggelezen en is gelijk aan het plan.",
        "Counts and hash totals are equal: the server was read back after the last write, and "
        "equals the plan.",
        ("server gelijk aan plan", "server equals plan"),
    ),
    _measured(
        "Q.2.1",
        "Q.2",
        "Van de verificatie staat geen bevinding open.",
        "No finding of the verification is open.",
        ("geen bevindingen open", "no findings open"),
    ),
    _measured(
        "Q.2.2",
        "Q.2",
        "Geen tijdelijke identifier komt meer dan één keer voor.",
        "No temporary identifier occurs more than once.",
        ("niets dubbel", "nothing double"),
    ),
    _measured(
        "Q.2.3",
        "Q.2",
        "De logging van de server spreekt het journaal niet tegen (als verify --audit is gedaan).",
        "The server's own log does not contradict the journal (when verify --audit was given).",
        ("logging klopt", "log agrees"),
    ),
    Point(
        id="Q.3",
        gate=Gate.POST,
        step="Q.3",
        nl="De productie-acceptatietest is uitgevoerd.",
        en="The production acceptance test was carried out.",
        short_nl="acceptatietest gedaan",
        short_en="acceptance test done",
        sees="run",
    ),
    Point(
        id="Q.3.1",
        gate=Gate.POST,
        step="Q.3",
        nl="De steekproef van dossiers is beoordeeld.",
        en="The sample of dossiers was judged.",
        short_nl="steekproef beoordeeld",
        short_en="sample judged",
        kind=Kind.MEASURED,
        sees="judged",
    ),
    Point(
        id="Q.4",
        gate=Gate.POST,
        step="Q.4",
        nl="De inhoud van de foutlijsten is na de acceptatietest opnieuw geëvalueerd.",
        en="The content of the error lists was evaluated again after the acceptance test.",
        short_nl="foutenlijst opnieuw",
        short_en="error list again",
        sees="errors",
    ),
    Point(
        id="Q.5",
        gate=Gate.POST,
        step="Q.5",
        nl="De foutenlijsten zijn verwerkt en gegevens in KT2.0 gecorrigeerd, indien mogelijk.",
        en="The error lists were dealt with and data in KT 2.0 corrected, where possible.",
        short_nl="fouten verwerkt",
        short_en="errors dealt with",
        sees="errors",
    ),
    _measured(
        "Q.6",
        "Q.6",
        "De migratie voldoet aan de criteria van succes; zonder criteria is niets geslaagd.",
        "The migration meets the success criteria; without criteria nothing passes.",
        ("criteria van succes", "success criteria"),
    ),
    Point(
        id="Q.7",
        gate=Gate.POST,
        step="Q.7",
        nl="GO/NO GO: bij besluit GO ingebruikname, bij besluit NO GO rollback.",
        en="GO/NO GO: at GO it is taken into use, at NO GO it is rolled back.",
        short_nl="GO van de zorgaanbieder",
        short_en="the care provider's GO",
        kind=Kind.DECIDED,
    ),
    Point(
        id="Q.8",
        gate=Gate.POST,
        step="Q.8",
        nl="De 'Eigen verklaring' is ondertekend: een schriftelijk akkoord van de zorgaanbieder, "
        "met opdracht om de productieomgeving te gaan gebruiken.",
        en="The 'Eigen verklaring' is signed: the care provider's agreement in writing, with the "
        "order to start using the production environment.",
        short_nl="Eigen verklaring",
        short_en="Eigen verklaring",
        good=_LONG,
        sees="run",
        after=True,
    ),
    Point(
        id="Q.9",
        gate=Gate.POST,
        step="Q.9",
        nl="Bij GO en na ondertekening van de 'Eigen verklaring' zijn de nu weer gewenste "
        "triggerfuncties aangezet.",
        en="At GO and after signing the 'Eigen verklaring' the trigger functions that are wanted "
        "again are switched on.",
        short_nl="triggers aan",
        short_en="triggers on",
        roles=_SUPPLIER,
        good=_LONG,
        sees="run",
        after=True,
        follows="Q.8",
    ),
    Point(
        id="Q.10",
        gate=Gate.POST,
        step="Q.10",
        nl="De productieomgeving KT 2.0 is geopend.",
        en="The production environment KT 2.0 is opened.",
        short_nl="productie geopend",
        short_en="production opened",
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
        nl="Aan KT2 Support is aangegeven dat de verhoogde dijkbewaking kan worden verlaagd.",
        en="KT2 Support was told that the heightened watch can be lowered.",
        short_nl="dijkbewaking verlaagd",
        short_en="watch lowered",
        good=_LONG,
        sees="run",
        after=True,
        follows="Q.10",
    ),
)
"""In the order of the draaiboek: what follows the decision stands after it."""
