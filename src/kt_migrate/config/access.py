"""How an environment is entered: its key, its certificate, where its login may be."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from kt_migrate.config.names import Part, Text
from kt_migrate.errors import said

TokenHost = Annotated[
    str,
    StringConstraints(
        strict=True,
        max_length=253,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?$",
    ),
]
"""`login.example`, or with a port that is not https's own: `login.example:8443`."""


class Keyring(Part):
    """An entry of the system's keyring.

    Attributes:
        service: under which name it stands there.
        user: whose it is there.
    """

    service: Text
    user: Text


class KeyReference(Part):
    """Where the private key is kept, in exactly one way, and how it is used.

    Attributes:
        file: PEM file, relative to the working folder; mode 0600.
        keyring: entry of the system's keyring; its password is the PEM.
        command: a program and its arguments, no shell; what it prints is the PEM.
        kid: key id in the JWKS.
        algorithm: signature of the client assertion.
    """

    file: Text | None = None
    keyring: Keyring | None = None
    command: Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)] | None = None
    kid: Text
    algorithm: Literal["RS512", "RS384", "ES384"] = "RS512"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.file, self.keyring, self.command)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(said("give exactly one of file, keyring and command"))
        return self

    @property
    def kept(self) -> Literal["file", "keyring", "command"]:
        """In which of the three ways it is kept; also the key that says so in the file."""
        if self.file is not None:
            return "file"
        return "command" if self.keyring is None else "keyring"


class Certificate(Part):
    """Who we are to a server that asks for a client certificate (mTLS).

    Attributes:
        file: PEM file with the certificate, and those between it and its CA after it.
        key: PEM file with its private key; mode 0600.
    """

    file: Text
    key: Text
