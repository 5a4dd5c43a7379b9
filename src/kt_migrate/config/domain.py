"""kt-migrate.yaml: the domain that is migrated, and its applications."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kt_migrate.bounds import Bounds
from kt_migrate.config.addresses import is_secure
from kt_migrate.config.clients import ALONE, Suppliers
from kt_migrate.config.names import DomainName, Part, Text
from kt_migrate.errors import said
from kt_migrate.model import Mode


def _in_the_algorithm(_criterion: object) -> object:
    raise ValueError(said("success criteria stand in the algorithm, under success"))


EndpointReference = Annotated[str, StringConstraints(pattern=r"^Endpoint/[A-Za-z0-9.-]{1,64}$")]
Nowhere = Annotated[object, AfterValidator(_in_the_algorithm)]


class Application(Part):
    """One application of the catalogue: KT 1.3 has no launch address.

    Attributes:
        endpoint: launch address (https), for a new Endpoint.
        reference: `Endpoint/<id>`, for one that is already there.
        definition_url: url of its ActivityDefinitions, with `{identifier}`; default: the
            endpoint, a slash and the identifier.
    """

    endpoint: Text | None = None
    reference: EndpointReference | None = None
    definition_url: Text | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.endpoint is None) == (self.reference is None):
            raise ValueError(said("give either endpoint or reference"))
        if self.endpoint is not None and not is_secure(self.endpoint):
            raise ValueError(said("endpoint must be an https address"))
        if self.reference is not None and self.definition_url is None:
            raise ValueError(said("with reference, give definition_url too"))
        if self.definition_url is not None and "{identifier}" not in self.definition_url:
            raise ValueError(said("definition_url must contain {identifier}"))
        return self


class DomainFile(Part):
    """kt-migrate.yaml. Source: docs/configuration.md."""

    schema_: Literal["kt-migrate-domain/1"] = Field(alias="schema")
    domain: DomainName
    archives: tuple[Text, ...] = ("archive/",)
    algorithm: Text = "standard"
    enrichment: tuple[Text, ...] = ()
    applications: dict[Text, Application] = Field(default={})
    source_domains: tuple[Text, ...] = ()
    limits: Bounds = Bounds()
    success: dict[Text, Nowhere] = Field(default={})
    mode: Mode = Mode.LATEST
    suppliers: Suppliers = ALONE
