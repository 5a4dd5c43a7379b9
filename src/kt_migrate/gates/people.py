"""Who may say what: the draaiboek's roles, and when two names are one person. Pure."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from kt_migrate.gates.records import Record
from kt_migrate.signing import opened

TWO_PEOPLE = frozenset({"prd2"})
"""Environments for which one person cannot give GO."""


class Role(StrEnum):
    """The parties of the draaiboek."""

    PROVIDER = "zorgaanbieder"
    SUPPLIER = "it-deelnemer"
    KT2_SUPPORT = "kt2-support"
    KT13_SUPPORT = "kt-support"
    ORGANISATION = "vzvz"


FIRST = frozenset({Role.PROVIDER})
"""Who gives GO: O.10 and Q.7 are the zorgaanbieder's."""
SECOND = frozenset({Role.PROVIDER, Role.SUPPLIER})
"""Who may be the second person."""


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: case, accents, spaces and marks aside.

    >>> same_person("J. de Vriës", "j de vries")
    True
    """
    return bare(one) == bare(other)


def bare(name: str) -> str:
    """Return a name without case, accents, spaces and marks.

    >>> bare("Zoë  van 't Hof")
    'zoevanthof'
    """
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in parts if c.isalnum())


def key_of(record: Record) -> str:
    """Return the thumbprint of the key that a person signed with; empty: with none."""
    return opened(record.countersigned).thumbprint if record.countersigned else ""


def one_of_two(first: Record, second: Record) -> bool:
    """Whether a second GO is of somebody else than the first: another name, and another key."""
    keys = (key_of(first), key_of(second))
    return not same_person(first.by, second.by) and (keys[0] != keys[1] or not all(keys))
