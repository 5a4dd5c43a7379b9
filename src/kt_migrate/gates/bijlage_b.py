"""The demands of the draaiboek's Bijlage B on who migrates a copy of production data."""

from __future__ import annotations

from datetime import timedelta

from kt_migrate.errors import said
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
        text=said(
            "The copy of production data was delivered encrypted (NCSC level good), the "
            "password by another channel."
        ),
        few=said("delivered encrypted"),
        roles=_EITHER,
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.2",
        gate=Gate.PRE,
        step="B eis 2",
        text=said(
            "The data owner confirms that the copy of production data came over right: "
            "complete and whole, by hashing."
        ),
        few=said("copy confirmed (hash)"),
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.3",
        gate=Gate.PRE,
        step="B eis 3",
        text=said("The data owner cleaned the data before the migration."),
        few=said("data cleaned"),
        good=365 * _DAY,
        sees="archive",
    ),
    Point(
        id="B.4",
        gate=Gate.PRE,
        step="B eis 4",
        text=said("The supplier has a security incident procedure, to be able to react in time."),
        few=said("incident process"),
        roles=_SUPPLIER,
        good=365 * _DAY,
    ),
    Point(
        id="B.5",
        gate=Gate.PRE,
        step="B eis 5",
        text=said("The trial environment is not connected to other environments."),
        few=said("environments separate"),
        roles=_SUPPLIER,
        good=90 * _DAY,
    ),
    Point(
        id="B.6",
        gate=Gate.PRE,
        step="B eis 6",
        text=said("Each environment has a certificate, a key and a client of its own."),
        few=said("certificates apart"),
        kind=Kind.MEASURED,
        roles=frozenset(),
    ),
    Point(
        id="B.7",
        gate=Gate.PRE,
        step="B eis 7",
        text=said(
            "The data owner has a full back-up of the source data, made before the migration."
        ),
        few=said("back-up of the source"),
    ),
    Point(
        id="B.9",
        gate=Gate.PRE,
        step="B eis 9",
        text=said(
            "Who carries out the migration has a valid certificate of conduct (VOG) and "
            "signed a non-disclosure agreement (NDA)."
        ),
        few=said("VOG and NDA"),
        roles=_EITHER,
        good=365 * _DAY,
    ),
    Point(
        id="B.10",
        gate=Gate.PRE,
        step="B eis 10",
        text=said(
            "The machines are up to the state of the art and have the latest security updates."
        ),
        few=said("equipment up to date"),
        roles=_SUPPLIER,
        good=7 * _DAY,
    ),
)
"""B.8 does not exist: the draaiboek has no eis 8."""
