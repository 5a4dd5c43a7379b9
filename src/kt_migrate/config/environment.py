"""configs/<env>.yaml: one environment, by itself (draaiboek, Bijlage A)."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from kt_migrate.config.addresses import has_good_port, is_loopback
from kt_migrate.config.names import EnvironmentName, Number, Part, Text


class KeyReference(Part):
    """Where the private key lies, and how it is used.

    Attributes:
        file: PEM file, relative to the working folder; mode 0600.
        kid: key id in the JWKS.
        algorithm: signature of the client assertion.
    """

    file: Text
    kid: Text
    algorithm: Literal["RS512", "RS384", "ES384"] = "RS512"


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

    @field_validator("fhir_base_url")
    @classmethod
    def _of_this_environment(cls, address: str, info: ValidationInfo) -> str:
        url, name = urlsplit(address), info.data.get("environment", "")
        if not has_good_port(url):
            raise ValueError("the port must be a number up to 65535")
        if name == "local":
            if not is_loopback(url.hostname):
                raise ValueError("local is this machine only (127.0.0.1)")
        elif name and (url.scheme != "https" or url.hostname != f"{name}.koppeltaal.nl"):
            raise ValueError(f"{name} is https://{name}.koppeltaal.nl/…")
        return address

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
    content = environment.model_dump_json(by_alias=True, exclude=left_out)
    return hashlib.sha256(content.encode()).hexdigest()
