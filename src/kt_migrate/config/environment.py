"""configs/<env>.yaml: one environment, by itself (draaiboek, Bijlage A)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from kt_migrate.config.access import Certificate, KeyReference, TokenHost
from kt_migrate.config.addresses import has_good_port, is_loopback, owner_of
from kt_migrate.config.names import EnvironmentName, Number, Part, Text

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


class Environment(Part):
    """configs/<env>.yaml. Source: docs/configuration.md; draaiboek, Bijlage A and B."""

    schema_: Literal["kt-migrate-environment/1"] = Field(alias="schema")
    environment: EnvironmentName
    fhir_base_url: Text
    client_id: Text
    key: KeyReference
    limits: Limits = Limits()
    credentials: dict[Text, Text] = Field(default={})
    profile_version: Text | None = None
    certificate: Certificate | None = None
    ca_bundle: Text | None = None
    token_host: TokenHost | None = None

    @field_validator("fhir_base_url")
    @classmethod
    def _of_this_environment(cls, address: str, info: ValidationInfo) -> str:
        url, name = urlsplit(address), info.data.get("environment", "")
        if url.username is not None or url.password is not None:
            raise ValueError("no name or password stands in an address")
        if not has_good_port(url):
            raise ValueError("the port must be a number up to 65535")
        if name == "local":
            if not is_loopback(url.hostname):
                raise ValueError("local is this machine only (127.0.0.1)")
        elif name and (url.scheme != "https" or url.hostname != f"{name}.koppeltaal.nl"):
            raise ValueError(f"{name} is https://{name}.koppeltaal.nl/…")
        return address

    @field_validator("token_host")
    @classmethod
    def _of_nobody_else(cls, place: str | None, info: ValidationInfo) -> str | None:
        if place is None:
            return None
        name, url = info.data.get("environment", ""), urlsplit(f"https://{place}")
        if not has_good_port(url):
            raise ValueError("the port must be a number up to 65535")
        if is_loopback(url.hostname) != (name == "local"):
            raise ValueError("this machine is the login of local, and of no other")
        if owner_of(url.hostname) not in {"", name}:
            raise ValueError("this host is another environment's")
        return place

    @field_validator("credentials")
    @classmethod
    def _one_client(cls, credentials: dict[str, str]) -> dict[str, str]:
        if credentials:
            raise ValueError("writing with several clients is not there yet")
        return credentials

    @property
    def base(self) -> str:
        """The FHIR base without a slash at its end."""
        return self.fhir_base_url.rstrip("/")


def environment_digest(environment: Environment) -> str:
    """Return the SHA-256 of what an environment's file says, its limits left out.

    Limits say how fast, not what: a plan stays valid when they change. The version of the
    profiles is bound by itself.
    """
    left_out = {"limits", "profile_version"}
    content = environment.model_dump_json(by_alias=True, exclude=left_out, exclude_none=True)
    return hashlib.sha256(content.encode()).hexdigest()
