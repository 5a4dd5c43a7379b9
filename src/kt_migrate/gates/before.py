"""The points of the gate before the migration: draaiboek O.1-O.10, and what they stand on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

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
        nl="De stappen uit het reguliere draaiboek zijn uitgevoerd.",
        en="The steps of the regular runbook were carried out.",
        short_nl="reguliere draaiboek gedaan",
        short_en="regular runbook done",
    ),
    Point(
        id="O.2",
        gate=Gate.PRE,
        step="O.2",
        nl="De applicaties zijn geaccepteerd, zie het reguliere draaiboek.",
        en="The applications are accepted, see the regular runbook.",
        short_nl="applicaties geaccepteerd",
        short_en="applications accepted",
    ),
    Point(
        id="O.3",
        gate=Gate.PRE,
        step="O.3",
        nl="De domeininrichting is geaccepteerd, zie het reguliere draaiboek.",
        en="The set-up of the domain is accepted, see the regular runbook.",
        short_nl="domein geaccepteerd",
        short_en="domain accepted",
    ),
    _measured(
        "O.3.1",
        "M.1",
        "De omgeving geeft wat het plan nodig heeft: token, scopes, profiel; de abonnementen die "
        "gelden zijn bekend.",
        "The environment gives what the plan needs: token, scopes, profile; the subscriptions in "
        "force are known.",
        ("omgeving bekeken (probe)", "environment probed"),
    ),
    _measured(
        "O.4",
        "M.2",
        "De proefmigratie is succesvol uitgevoerd: geheel, met dit algoritme, deze verrijking en "
        "dit archief, en de server was gelijk aan het plan.",
        "The trial migration succeeded: whole, with this algorithm, this enrichment and this "
        "archive, and the server equalled the plan.",
        ("proefmigratie geslaagd", "trial succeeded"),
    ),
    _measured(
        "O.4.1",
        "K.4",
        "De proefmigratie voldoet aan de criteria van succes; zonder criteria is niets geslaagd.",
        "The trial migration meets the success criteria; without criteria nothing passes.",
        ("criteria van succes", "success criteria"),
    ),
    Point(
        id="O.4.2",
        gate=Gate.PRE,
        step="O.4",
        nl="De verwachte uitval is acceptabel.",
        en="The expected rejects are acceptable.",
        short_nl="uitval acceptabel",
        short_en="rejects acceptable",
        sees="trial",
    ),
    _measured(
        "O.4.3",
        "K.3",
        "De telling van het archief is gelijk aan het plan: elk object heeft één lot.",
        "The census of the archive equals the plan: every object has one fate.",
        ("telling gelijk", "census equal"),
    ),
    _measured(
        "O.4.4",
        "K.3",
        "De boeken sluiten: waarnemingen en objecten, per soort en event.",
        "The books balance: sightings and objects, per type and event.",
        ("boeken sluiten", "books balance"),
    ),
    _measured(
        "O.4.5",
        "K.6",
        "Sinds het plan is niets veranderd: archief en manifest, algoritme, verrijking, "
        "configuratie, versie van kt-migrate en van de profielen.",
        "Nothing changed since the plan: archive and manifest, algorithm, enrichment, "
        "configuration, version of kt-migrate and of the profiles.",
        ("niets veranderd", "nothing changed"),
    ),
    Point(
        id="O.5",
        gate=Gate.PRE,
        step="O.5",
        nl="Een back-up van de applicaties is beschikbaar in productie in het domein.",
        en="A back-up of the applications is available in production in the domain.",
        short_nl="back-up beschikbaar",
        short_en="back-up available",
        good=7 * _DAY,
    ),
    Point(
        id="O.6",
        gate=Gate.PRE,
        step="O.6",
        nl="De stappen voor de rollbackprocedure zijn bekend en ingevuld.",
        en="The steps of the rollback procedure are known and filled in.",
        short_nl="rollback bekend",
        short_en="rollback known",
    ),
    _measured(
        "O.6.1",
        "R",
        "De rollback is geoefend op deze gegevens: met dit algoritme en dit archief, geheel en "
        "nagekeken op de server.",
        "The rollback was rehearsed on this data: with this algorithm and this archive, whole and "
        "looked at on the server.",
        ("rollback geoefend", "rollback rehearsed"),
    ),
    Point(
        id="O.7",
        gate=Gate.PRE,
        step="O.7",
        nl="De zorgaanbieder is geïnformeerd over de impact: gedurende X tijd vanaf Y moment is "
        "zorgcommunicatie via Koppeltaal tijdelijk niet mogelijk.",
        en="The care provider is informed of the impact: for X time from moment Y care "
        "communication by Koppeltaal is not possible.",
        short_nl="impact bekend",
        short_en="impact known",
    ),
    Point(
        id="O.8",
        gate=Gate.PRE,
        step="O.8",
        nl="De werknemers van KT2 Support zijn geïnformeerd in verband met verhoogde dijkbewaking.",
        en="The people of KT2 Support are informed, for the heightened watch.",
        short_nl="KT2 Support weet ervan",
        short_en="KT2 Support informed",
    ),
    Point(
        id="O.9",
        gate=Gate.PRE,
        step="O.9",
        nl="GO/NO GO overleg met zorgaanbieder en IT-deelnemers: de deelnemers en contactpersonen "
        "zijn aanwezig (niet ziek etc.).",
        en="GO/NO GO meeting with care provider and suppliers: those who take part and the "
        "contacts are present (not ill etc.).",
        short_nl="iedereen aanwezig",
        short_en="everybody present",
        good=3 * _DAY,
    ),
    Point(
        id="P.1",
        gate=Gate.PRE,
        step="P.1",
        nl="De acties van stap P zijn afgestemd en ingepland: back-up, berichtenverkeer stoppen.",
        en="The actions of step P are agreed and planned: back-up, stopping the messages.",
        short_nl="acties P ingepland",
        short_en="actions of P planned",
        roles=_EITHER,
    ),
    Point(
        id="P.5",
        gate=Gate.PRE,
        step="P.5",
        nl="De buffers zijn leeg: van elk bericht in het archief is de aflevering klaar.",
        en="The buffers are empty: of every message in the archive the delivery is done.",
        short_nl="buffers leeg",
        short_en="buffers empty",
        kind=Kind.MEASURED,
        roles=_BUFFER,
        sees="archive",
    ),
    Point(
        id="P.6",
        gate=Gate.PRE,
        step="P.6",
        nl="De ongewenste triggerfuncties in de applicaties zijn uitgeschakeld.",
        en="The unwanted trigger functions in the applications are switched off.",
        short_nl="triggers uit",
        short_en="triggers off",
        roles=_SUPPLIER,
        good=7 * _DAY,
    ),
    Point(
        id="O.10",
        gate=Gate.PRE,
        step="O.10",
        nl="GO: de zorgaanbieder geeft opdracht voor het uitvoeren van de migratie van de "
        "productiegegevens.",
        en="GO: the care provider gives the order to migrate the production data.",
        short_nl="GO van de zorgaanbieder",
        short_en="the care provider's GO",
        kind=Kind.DECIDED,
    ),
)
"""In the order of the screen; Bijlage B comes before the decision (`tables`)."""
