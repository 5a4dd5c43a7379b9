"""What a person writes: kt-migrate.yaml (the domain) and configs/<env>.yaml (an environment).

Bijlage B is enforced here: one key, one client and one address per environment, and the host
must belong to the environment's name.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kt_migrate.bounds import Bounds
from kt_migrate.errors import ConfigurationError
from kt_migrate.model import Mode
from kt_migrate.strict_yaml import YamlFile, parse_model, read_yaml

DOMAIN_FILE = "kt-migrate.yaml"
ENVIRONMENTS = ("local", "acc21", "acc22", "mgr2", "prd2")


def _in_the_algorithm(_criterion: object) -> object:
    raise ValueError("success criteria stand in the algorithm, under success")


Text = Annotated[str, StringConstraints(min_length=1, strict=True)]
DOMAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
DomainName = Annotated[str, StringConstraints(pattern=f"^{DOMAIN_NAME.pattern}$")]
EndpointReference = Annotated[str, StringConstraints(pattern=r"^Endpoint/[A-Za-z0-9.-]{1,64}$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Nowhere = Annotated[object, AfterValidator(_in_the_algorithm)]
EnvironmentName = Literal["local", "acc21", "acc22", "mgr2", "prd2"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Application(_Part):
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
            raise ValueError("give either endpoint or reference")
        if self.endpoint is not None and not is_secure(self.endpoint):
            raise ValueError("endpoint must be an https address")
        if self.reference is not None and self.definition_url is None:
            raise ValueError("with reference, give definition_url too")
        if self.definition_url is not None and "{identifier}" not in self.definition_url:
            raise ValueError("definition_url must contain {identifier}")
        return self


class DomainFile(_Part):
    """kt-migrate.yaml. Source: docs/configuration.md."""

    schema_: Literal["kt-migrate-domain/1"] = Field(alias="schema")
    domain: DomainName
    archives: tuple[Text, ...] = ("archive/",)
    algorithm: Text = "standard"
    enrichment: tuple[Text, ...] = ()
    applications: dict[Text, Application] = {}
    source_domains: tuple[Text, ...] = ()
    limits: Bounds = Bounds()
    success: dict[Text, Nowhere] = {}
    mode: Mode = Mode.LATEST


class KeyReference(_Part):
    """Where the private key lies, and how it is used.

    Attributes:
        file: PEM file, relative to the working folder; mode 0600.
        kid: key id in the JWKS.
        algorithm: signature of the client assertion.
    """

    file: Text
    kid: Text
    algorithm: Literal["RS512", "RS384", "ES384"] = "RS512"


class Limits(_Part):
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


class Environment(_Part):
    """configs/<env>.yaml. Source: docs/configuration.md; draaiboek, Bijlage A and B."""

    schema_: Literal["kt-migrate-environment/1"] = Field(alias="schema")
    environment: EnvironmentName
    fhir_base_url: Text
    client_id: Text
    key: KeyReference
    limits: Limits = Limits()
    credentials: dict[Text, Text] = {}
    profile_version: Text | None = None

    @field_validator("fhir_base_url")
    @classmethod
    def _of_this_environment(cls, address: str, info: ValidationInfo) -> str:
        url, name = urlsplit(address), info.data.get("environment", "")
        if not _has_good_port(url):
            raise ValueError("the port must be a number up to 65535")
        if name == "local":
            if not _loopback(url.hostname):
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


def _has_good_port(url: SplitResult) -> bool:
    try:
        return url.port != 0
    except ValueError:
        return False


def _loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def is_secure(address: str) -> bool:
    """Whether an address is https, or of this machine itself."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    return url.scheme == "https" or (url.scheme == "http" and _loopback(url.hostname))


@dataclass(frozen=True, slots=True)
class Workspace:
    """A working folder.

    Attributes:
        root: the folder that holds kt-migrate.yaml.
        domain: its content.
        file: the same with positions, for messages.
    """

    root: Path
    domain: DomainFile
    file: YamlFile

    @property
    def digest(self) -> str:
        """SHA-256 of what kt-migrate.yaml says, whatever its comments; limits stand apart."""
        content = self.domain.model_dump_json(by_alias=True, exclude={"limits"})
        return hashlib.sha256(content.encode()).hexdigest()

    def path(self, relative: str) -> Path:
        """Return a path of kt-migrate.yaml as a path on disk."""
        return self.root / relative


def find_workspace(start: Path) -> Workspace:
    """Find the working folder, from a folder upwards, as git does.

    Raises:
        ConfigurationError: there is none, or its kt-migrate.yaml is wrong.
    """
    for folder in (start, *start.parents):
        path = folder / DOMAIN_FILE
        if path.is_file():
            file = read_yaml(path, DOMAIN_FILE)
            return Workspace(folder, parse_model(DomainFile, file), file)
    raise ConfigurationError(
        "This is no working folder of kt-migrate, nor is any folder above it.",
        where=str(start),
        fix="Make one with kt-migrate init DOMAIN, or name it with --domain-dir.",
    )


def environment_digest(environment: Environment) -> str:
    """Return the SHA-256 of what an environment's file says, its limits left out.

    Limits say how fast, not what: a plan stays valid when they change. The version of the
    profiles is bound by itself.
    """
    left_out = {"limits", "profile_version"}
    content = environment.model_dump_json(by_alias=True, exclude=left_out)
    return hashlib.sha256(content.encode()).hexdigest()


def load_environment(workspace: Workspace, name: str) -> Environment:
    """Read configs/<name>.yaml, and see that it shares nothing with the others.

    Raises:
        ConfigurationError: it is not there, is wrong, has another environment's name, or shares
            a key or a client with another environment (Bijlage B). An address cannot be shared:
            the host belongs to the environment's name.
    """
    environment, file = _read(workspace, name)
    _require_own_domain(workspace, environment, file)
    for other_name in ENVIRONMENTS:
        if other_name == name or not _config_path(workspace, other_name).is_file():
            continue
        other, _other_file = _read(workspace, other_name)
        for what, loc, mine, theirs in (
            ("client_id", ("client_id",), environment.client_id, other.client_id),
            ("key", ("key", "file"), *_key_contents(workspace, environment, other)),
        ):
            if mine == theirs:
                raise ConfigurationError(
                    f"The environments {name} and {other_name} share a {what}.",
                    where=file.where(loc),
                    fix="Give each environment its own (draaiboek, Bijlage B).",
                )
    return environment


def where_in_environment(workspace: Workspace, name: str, loc: tuple[str, ...]) -> str:
    """Return where something stands in configs/<name>.yaml, as `file:line:column`."""
    return _read(workspace, name)[1].where(loc)


def _config_path(workspace: Workspace, name: str) -> Path:
    return workspace.root / "configs" / f"{name}.yaml"


def _read(workspace: Workspace, name: str) -> tuple[Environment, YamlFile]:
    file = read_yaml(_config_path(workspace, name), f"configs/{name}.yaml")
    environment = parse_model(Environment, file)
    if environment.environment != name:
        raise ConfigurationError(
            f"This file is for the environment {environment.environment}, not for {name}.",
            where=file.where(("environment",)),
            fix="Environments never mix: correct the name, or the file.",
        )
    return environment, file


def _require_own_domain(workspace: Workspace, environment: Environment, file: YamlFile) -> None:
    segments = urlsplit(environment.base).path.split("/")
    if environment.environment != "local" and workspace.domain.domain not in segments:
        raise ConfigurationError(
            f"The address is not that of the domain {workspace.domain.domain}.",
            where=file.where(("fhir_base_url",)),
            fix="Correct the domain in the address, or in kt-migrate.yaml.",
        )


def _key_contents(
    workspace: Workspace, environment: Environment, other: Environment
) -> tuple[object, object]:
    """Return what tells the keys apart; a key that is not there yet is like no other."""
    mine, theirs = (workspace.path(e.key.file) for e in (environment, other))
    if not (mine.is_file() and theirs.is_file()):
        return mine, theirs
    return _key(mine.read_bytes()), _key(theirs.read_bytes())


def _key(content: bytes) -> object:
    """Return the public half, the same however the key is written down; what is no key, itself."""
    for kind in (RSAKey, ECKey):
        try:
            return kind.import_key(content).thumbprint()
        except (ValueError, TypeError, JoseError):
            continue
    return content
