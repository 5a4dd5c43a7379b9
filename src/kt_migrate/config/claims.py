"""Who writes what, or brings what: by the type of KT 2.0, by the sender of KT 1.3, or both.

The sender is the software that sent the oldest version that the archive has of an object: whoever
brought it into the domain, and not who changed it last. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator

from kt_migrate.config.names import Text
from kt_migrate.errors import said

WRITABLE = (
    "ActivityDefinition",
    "CareTeam",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Task",
)
"""The types of KT 2.0 that a supplier brings."""

_SENDER = "sender:"
_CLAIM = re.compile(rf"(?:(?P<type>[A-Za-z]+))?(?:(?:^| ){_SENDER}(?P<sender>[^\s].*))?", re.DOTALL)

Who = TypeVar("Who")


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """What somebody writes; an empty part is any.

    Attributes:
        r4_type: type of KT 2.0.
        sender: software of KT 1.3, as its messages name it (`kt-migrate inspect` lists them).
    """

    r4_type: str
    sender: str

    @property
    def weight(self) -> int:
        """The higher, the more it says: a sender goes before a type, both before either."""
        return 2 * bool(self.sender) + bool(self.r4_type)

    def covers(self, r4_type: str, sender: str) -> bool:
        """Whether it is about an object of this type and sender."""
        return self.r4_type in {"", r4_type} and self.sender in {"", sender}

    def __str__(self) -> str:
        sender = f"{_SENDER}{self.sender}" if self.sender else ""
        return " ".join(filter(None, (self.r4_type, sender)))


def claim_of(text: str) -> Claim:
    """Read a claim.

    Raises:
        ValueError: it is none; does not repeat it.

    >>> claim_of("Task sender:Portaal A")
    Claim(r4_type='Task', sender='Portaal A')
    """
    found = _CLAIM.fullmatch(text)
    if found is None or not text.strip():
        raise ValueError(said("give a type of KT 2.0, sender:NAME, or both: Task sender:NAME"))
    claim = Claim(r4_type=found["type"] or "", sender=found["sender"] or "")
    if claim.r4_type and claim.r4_type not in WRITABLE:
        raise ValueError(said("the type must be one of {types}", types=tuple(WRITABLE)))
    return claim


def _checked(text: str) -> str:
    claim_of(text)
    return text


ClaimText = Annotated[Text, AfterValidator(_checked)]
"""A claim as a person writes it."""


def twice(claims: Iterable[tuple[str, str]]) -> tuple[str, str, Claim] | None:
    """Return the first claim that two have, with both names; None: nobody claims another's.

    Args:
        claims: (name, claim as it is written).
    """
    known: dict[Claim, str] = {}
    for name, text in claims:
        claim = claim_of(text)
        if (other := known.setdefault(claim, name)) != name:
            return other, name, claim
    return None


def claimant(claims: Iterable[tuple[Who, Claim]], r4_type: str, sender: str) -> Who | None:
    """Return whose an object is: his claim that says most; None: nobody's.

    Args:
        claims: (who, claim); no claim stands there twice.
        r4_type: type of KT 2.0.
        sender: software that brought it; empty: nobody knows.
    """
    covering = [(claim.weight, who) for who, claim in claims if claim.covers(r4_type, sender)]
    return max(covering, key=lambda pair: pair[0])[1] if covering else None
