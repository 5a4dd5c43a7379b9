"""The other clients of an environment, and who else brings something to the domain."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from kt_migrate.config.access import KeyReference
from kt_migrate.config.claims import Claim, ClaimText, claim_of, twice
from kt_migrate.config.names import Part, Text
from kt_migrate.errors import said

Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Of a client or a supplier: it stands in reasons, file names and tables."""


class Credential(Part):
    """A client beside the environment's own, with its own key, for a part of what is ours.

    Attributes:
        name: how it is called here.
        client_id: also the id of its Device: the `resource-origin` of what it writes.
        key: its own.
        writes: which types or senders; at least one.
    """

    name: Name
    client_id: Text
    key: KeyReference
    writes: Annotated[tuple[ClaimText, ...], Field(min_length=1)]


def require_apart(credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
    """Refuse two clients of one name, or of which nobody could say which one writes.

    Raises:
        ValueError: names both.
    """
    names = [one.name for one in credentials]
    if double := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(said("there are two credentials {name}", name=double))
    found = twice((one.name, text) for one in credentials for text in one.writes)
    if found is not None:
        mine, other, claim = found
        raise ValueError(
            said("{mine} and {other} both write {claim}", mine=mine, other=other, claim=claim)
        )
    return credentials


class Suppliers(Part):
    """Who brings what to this domain. Empty: everything in the archive is ours to bring.

    Attributes:
        ours: how we are called among the suppliers of the domain.
        others: per other supplier the types or senders that it brings; never ours to create.
    """

    ours: Name = ""
    others: dict[Name, tuple[ClaimText, ...]] = Field(default={})

    @model_validator(mode="after")
    def _each_its_own(self) -> Self:
        if self.others and not self.ours:
            raise ValueError(said("say how we are called ourselves, under ours"))
        if self.ours in self.others:
            raise ValueError(said("we are not one of the others"))
        found = twice((name, text) for name, texts in self.others.items() for text in texts)
        if found is not None:
            mine, other, claim = found
            raise ValueError(
                said("{mine} and {other} both bring {claim}", mine=mine, other=other, claim=claim)
            )
        return self

    @property
    def claims(self) -> tuple[tuple[str, Claim], ...]:
        """(Supplier, claim) of the others."""
        return tuple((who, claim_of(text)) for who, texts in self.others.items() for text in texts)


ALONE = Suppliers()
"""There is no other supplier, or none that anybody named."""
