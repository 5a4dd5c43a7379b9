"""Whose turn it is: the action holder of every code, by its class, its step and its advice.

Draaiboek M.3, M.4, Q.1, Q.5. The three are called the same in both languages, as in the draaiboek.
"""

from __future__ import annotations

from enum import StrEnum

from kt_migrate.catalogue import CATALOGUE, ErrorClass


class Holder(StrEnum):
    """Who acts on a line of the error list."""

    PROVIDER = "zorgaanbieder"
    SUPPLIER = "IT-deelnemer"
    SUPPORT = "KT2-Support"


_OF_CLASS = {
    ErrorClass.TRANSIENT: Holder.SUPPLIER,
    ErrorClass.TERMINAL: Holder.SUPPORT,
}
"""Trying again is for who gives the command; what stops a run is for who minds the server."""

_OF_STEP = {
    "read": Holder.SUPPLIER,
    "map": Holder.PROVIDER,
    "plan": Holder.PROVIDER,
    "write": Holder.SUPPLIER,
    "verify": Holder.SUPPLIER,
    "judge": Holder.SUPPLIER,
    "undo": Holder.SUPPORT,
}
"""Files and requests are the supplier's; what a value should be is the care provider's."""

_OF_CODE = {
    Holder.PROVIDER: (
        "object-without-link version-conflict characters-removed links-alike activity-removed"
        " activity-duplicate verify-adopted verify-changed"
    ),
    Holder.SUPPLIER: (
        "type-unknown code-unknown expression-failed activity-unknown application-unknown"
        " profile-violation definition-unresolved role-unknown code-dropped version-skipped"
        " zone-assumed undo-no-history expected-of-other brought-by-other"
    ),
    Holder.SUPPORT: (
        "conditional-create-collision verify-different verify-history audit-missing server-deleted"
    ),
}
"""Where the advice asks another than the step does: for a choice about content, a rule of the
algorithm, or a look into the server."""

_BY_CODE = {code: holder for holder, codes in _OF_CODE.items() for code in codes.split()}


def holder_of(code: str) -> Holder:
    """Return who acts on a code, unless a person says otherwise.

    >>> holder_of("value-missing").value, holder_of("duplicate-on-server").value
    ('zorgaanbieder', 'KT2-Support')
    """
    entry = CATALOGUE[code]
    of_class = _OF_CLASS.get(entry.error_class)
    return _BY_CODE.get(code) or of_class or _OF_STEP.get(entry.step, Holder.SUPPLIER)


def holder_named(text: str) -> Holder | None:
    """Return the holder that a person wrote, capitals and hyphens aside; None: none of them."""
    plain = _plain(text)
    return next((holder for holder in Holder if _plain(holder) == plain), None)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
