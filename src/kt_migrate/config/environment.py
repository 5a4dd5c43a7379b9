"""configs/<env>.yaml: one environment, by itself (draaiboek, Bijlage A)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
)

from kt_migrate.config.access import Certificate, KeyReference, TokenHost
from kt_migrate.config.addresses import has_good_port, is_loopback, owner_of
from kt_migrate.config.claims import Claim, claim_of
from kt_migrate.config.clients import Credential, require_apart
from kt_migrate.config.names import EnvironmentName, Number, Part, Text
from kt_migrate.errors import said

ROLES = {"acc21": "A", "acc22": "B", "mgr2": "C", "prd2": "D", "local": ""}
"""The letter by which the draaiboek calls an environment (Bijlage A); local has none."""


class Limits(Part):
    """How hard a load may work on the server.

    Attributes:
        max_in_flight: requests under way at once; more than 16 only make everyone wait
            (server.md §1).
        per_second: writing requests per second; 0: no limit.
        error_share: a load stops when a larger share than this is refused.
        errors_in_a_row: a load stops when so many are refused one after the other; 0: no limit.
    """

    max_in_flight: Annotated[int, Field(ge=1, le=256, strict=True)] = 16
    per_second: Annotated[Number, Field(ge=0, le=100_000)] = 60
    error_share: Annotated[Number, Field(ge=0, le=1)] = 0.05
    errors_in_a_row: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 20


def _none_as_a_list(value: object) -> object:
    return () if value == {} else value  # so it stands in files of before there were several


Clients = Annotated[
    tuple[Credential, ...], BeforeValidator(_none_as_a_list), AfterValidator(require_apart)
]


class Environment(Part):
    """configs/<env>.yaml. Source: docs/configuration.md; draaiboek, Bijlage A and B.

    Its own client writes everything of ours that none of `credentials` claims.
    """

    schema_: Literal["kt-migrate-environment/1"] = Field(alias="schema")
    environment: EnvironmentName
    fhir_base_url: Text
    client_id: Text
    key: KeyReference
    limits: Limits = Limits()
    credentials: Clients = Field(default=())
    profile_version: Text | None = None
    certificate: Certificate | None = None
    ca_bundle: Text | None = None
    token_host: TokenHost | None = None

    @field_validator("fhir_base_url")
    @classmethod
    def _of_this_environment(cls, address: str, info: ValidationInfo) -> str:
        url, name = urlsplit(address), info.data.get("environment", "")
        if url.username is not None or url.password is not None:
            raise ValueError(said("no name or password stands in an address"))
        if not has_good_port(url):
            raise ValueError(said("the port must be a number up to 65535"))
        if name == "local":
            if not is_loopback(url.hostname):
                raise ValueError(said("local is this machine only (127.0.0.1)"))
        elif name and (url.scheme != "https" or url.hostname != f"{name}.koppeltaal.nl"):
            raise ValueError(said("{name} is https://{name}.koppeltaal.nl/…", name=name))
        return address

    @field_validator("token_host")
    @classmethod
    def _of_nobody_else(cls, place: str | None, info: ValidationInfo) -> str | None:
        if place is None:
            return None
        name, url = info.data.get("environment", ""), urlsplit(f"https://{place}")
        if not has_good_port(url):
            raise ValueError(said("the port must be a number up to 65535"))
        if is_loopback(url.hostname) != (name == "local"):
            raise ValueError(said("this machine is the login of local, and of no other"))
        if owner_of(url.hostname) not in {"", name}:
            raise ValueError(said("this host is another environment's"))
        return place

    @property
    def base(self) -> str:
        """The FHIR base without a slash at its end."""
        return self.fhir_base_url.rstrip("/")

    @field_serializer("credentials", when_used="json", mode="wrap")
    def _none_as_before(
        self, credentials: tuple[Credential, ...], dump: SerializerFunctionWrapHandler
    ) -> object:
        return dump(credentials) if credentials else {}  # plans are bound to these bytes

    @property
    def claims(self) -> tuple[tuple[str, Claim], ...]:
        """(Client, claim) of `credentials`."""
        return tuple((c.name, claim_of(text)) for c in self.credentials for text in c.writes)

    @property
    def client_ids(self) -> frozenset[str]:
        """Every client id of ours here: the Devices of what we write."""
        return frozenset({self.client_id, *(c.client_id for c in self.credentials)})

    def as_client(self, name: str) -> Environment:
        """Return this environment as one of its clients enters it; an empty name is its own.

        Raises:
            KeyError: there is no such client.
        """
        if not name:
            return self
        found = {c.name: c for c in self.credentials}[name]
        return self.model_copy(update={"client_id": found.client_id, "key": found.key})


def environment_digest(environment: Environment) -> str:
    """Return the SHA-256 of what an environment's file says, its limits left out.

    Limits say how fast, not what: a plan stays valid when they change. The version of the
    profiles is bound by itself.
    """
    left_out = {"limits", "profile_version"}
    content = environment.model_dump_json(by_alias=True, exclude=left_out, exclude_none=True)
    return hashlib.sha256(content.encode()).hexdigest()
