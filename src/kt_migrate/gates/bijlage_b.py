"""The demands of the draaiboek's Bijlage B on who migrates a copy of production data."""

from __future__ import annotations

from datetime import timedelta

from kt_migrate.gates.people import Role
from kt_migrate.gates.points import Point
from kt_migrate.gates.records import Gate, Kind

_SUPPLIER = frozenset({Role.SUPPLIER})
_EITHER = frozenset({Role.SUPPLIER, Role.PROVIDER})
_DAY = timedelta(days=1)

POINTS: tuple[Point, ...] = (
    Point(
        id="B.1",
        gate=Gate.PRE,
        step="B eis 1",
        nl="De kopie van productiedata is versleuteld aangeleverd (NCSC niveau goed), het "
        "wachtwoord via een apart kanaal.",
        en="The copy of production data was delivered encrypted (NCSC level good), the password "
        "by another channel.",
        short_nl="versleuteld aangeleverd",
        short_en="delivered encrypted",
        roles=_EITHER,
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.2",
        gate=Gate.PRE,
        step="B eis 2",
        nl="De dataeigenaar bevestigt dat de kopie van de productiedata correct is overgedragen: "
        "compleet en integer, aan de hand van hashing.",
        en="The data owner confirms that the copy of production data came over right: complete "
        "and whole, by hashing.",
        short_nl="kopie bevestigd (hash)",
        short_en="copy confirmed (hash)",
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.3",
        gate=Gate.PRE,
        step="B eis 3",
        nl="De data-eigenaar heeft voor de migratie de data geschoond.",
        en="The data owner cleaned the data before the migration.",
        short_nl="data geschoond",
        short_en="data cleaned",
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.4",
        gate=Gate.PRE,
        step="B eis 4",
        nl="De leverancier heeft een securityincidentprocedure om tijdig te kunnen reageren.",
        en="The supplier has a security incident procedure, to be able to react in time.",
        short_nl="incidentproces",
        short_en="incident process",
        roles=_SUPPLIER,
        good=365 * _DAY,
    ),
    Point(
        id="B.5",
        gate=Gate.PRE,
        step="B eis 5",
        nl="De proefmigratieomgeving is niet gekoppeld aan andere omgevingen.",
        en="The trial environment is not connected to other environments.",
        short_nl="omgevingen gescheiden",
        short_en="environments separate",
        roles=_SUPPLIER,
        good=90 * _DAY,
    ),
    Point(
        id="B.6",
        gate=Gate.PRE,
        step="B eis 6",
        nl="Voor elke omgeving is er een apart certificaat, een aparte sleutel en een aparte "
        "client.",
        en="Each environment has a certificate, a key and a client of its own.",
        short_nl="certificaten apart",
        short_en="certificates apart",
        kind=Kind.MEASURED,
        roles=frozenset(),
    ),
    Point(
        id="B.7",
        gate=Gate.PRE,
        step="B eis 7",
        nl="De data-eigenaar heeft een volledige back-up van de brondata, voorafgaand aan de "
        "migratie.",
        en="The data owner has a full back-up of the source data, made before the migration.",
        short_nl="back-up brondata",
        short_en="back-up of the source",
    ),
    Point(
        id="B.9",
        gate=Gate.PRE,
        step="B eis 9",
        nl="Wie de migratie uitvoert heeft een geldige Verklaring Omtrent het Gedrag (VOG) en "
        "heeft een geheimhoudingsverklaring (NDA) ondertekend.",
        en="Who carries out the migration has a valid certificate of conduct (VOG) and signed a "
        "non-disclosure agreement (NDA).",
        short_nl="VOG en geheimhouding",
        short_en="VOG and NDA",
        roles=_EITHER,
        good=365 * _DAY,
    ),
    Point(
        id="B.10",
        gate=Gate.PRE,
        step="B eis 10",
        nl="De machines voldoen aan de stand der techniek en hebben de laatste "
        "beveiligingsupdates.",
        en="The machines are up to the state of the art and have the latest security updates.",
        short_nl="apparatuur bijgewerkt",
        short_en="equipment up to date",
        roles=_SUPPLIER,
        good=7 * _DAY,
    ),
)
"""B.8 does not exist: the draaiboek has no eis 8."""
