"""Signatures that anybody can check offline: Ed25519 (RFC 8032) as a compact JWS (RFC 7515).

The header carries the public key itself, so a token proves that its content is what the holder of
*that* key signed. Whose key it is, a person says: compare the thumbprint (RFC 7638).
"""

from __future__ import annotations

import os
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from kt_migrate.errors import ConfigurationError, ForgedError, said

ALGORITHM = "Ed25519"
"""The fully specified name (RFC 9864); `EdDSA` may no longer be used."""
_CURVE: Literal["Ed25519"] = "Ed25519"


@dataclass(frozen=True, slots=True)
class Signed:
    """What somebody signed.

    Attributes:
        content: byte for byte.
        thumbprint: of the key that signed it.
    """

    content: bytes
    thumbprint: str


class Signer:
    """Signs with one private key."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key
        self.thumbprint = key.thumbprint()
        """Of the public half: 43 characters (RFC 7638, SHA-256)."""

    def sign(self, content: bytes) -> str:
        """Return a token of this content, with the public key in its header."""
        public = {name: str(value) for name, value in self._key.as_dict(private=False).items()}
        public = {name: public[name] for name in ("crv", "kty", "x")}
        header = {"alg": ALGORITHM, "jwk": public, "kid": self.thumbprint}
        return jws.serialize_compact(header, content, self._key, algorithms=[ALGORITHM])


def opened(token: str) -> Signed:
    """Check a token against the key in its own header, and return what was signed.

    Raises:
        ForgedError: it is no token, or not what that key signed, or not written as it was signed.
    """
    try:
        return _opened(token)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ForgedError(
            "The signature does not belong to what it stands under.",
            where="signature",
            fix="Ask for the file as it was signed; do not use this one.",
        ) from None


def _opened(token: str) -> Signed:
    header, content, _signature = (_decoded(part) for part in token.split("."))
    words = orjson.loads(header)
    key = _public(words["jwk"])
    jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    if words["kid"] != key.thumbprint():
        raise ValueError(token)
    return Signed(content=content, thumbprint=key.thumbprint())


def _decoded(part: str) -> bytes:
    """Return base64url's bytes, of the one spelling that they have: others would hide a change."""
    try:
        content = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise ValueError("no base64url") from error
    if urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise ValueError("no base64url as it is written")
    return content


def _public(jwk: dict[str, str]) -> OKPKey:
    if sorted(jwk) != ["crv", "kty", "x"] or jwk["crv"] != _CURVE or jwk["kty"] != "OKP":
        raise ValueError("jwk")
    return OKPKey.import_key({"crv": _CURVE, "kty": "OKP", "x": jwk["x"]})


def new_signer(path: Path) -> Signer:
    """Make a private key: PEM (PKCS8), mode 0600. Never overwrites one.

    Args:
        path: where it comes; the folder is made when it is not there.

    Raises:
        ConfigurationError: there is one already.
    """
    key = OKPKey.generate_key(_CURVE)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(
            "There is a key already; it is not overwritten.",
            where=str(path),
            fix="Move it away first, if it really is to be replaced.",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(key.as_pem(private=True))
        file.flush()
        os.fsync(file.fileno())
    return Signer(key)


def signer(path: Path) -> Signer:
    """Read a private key.

    Raises:
        ConfigurationError: it is not there, others may read it, or it is no Ed25519 key in PEM.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except OSError:
        raise ConfigurationError(
            "The key to sign with is not there.",
            where=str(path),
            fix="Name the file of an Ed25519 key; openssl genpkey -algorithm ed25519 makes one.",
        ) from None
    if mode & 0o077:
        raise ConfigurationError(
            "Others on this machine may read the private key.",
            where=str(path),
            fix=said("chmod 600 {path}", path=path),
        )
    key = _private(content)
    if key is None:
        raise ConfigurationError(
            "This is no private Ed25519 key in PEM, or it has a password.",
            where=str(path),
            fix="openssl genpkey -algorithm ed25519 makes one.",
        )
    return Signer(key)


def _private(content: bytes) -> OKPKey | None:
    try:
        key = OKPKey.import_key(content)
    except (JoseError, ValueError, TypeError):  # with a password, no PEM, of another kind
        return None
    return key if key.is_private and key.curve_name == _CURVE else None
