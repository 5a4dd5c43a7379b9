"""What a PEM holds: which key, whose certificate, and for how long. Reads bytes, and no file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

_NO_KEY = (ValueError, TypeError, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class Certified:
    """What a certificate says.

    Attributes:
        fingerprint: SHA-256 of it, in hexadecimal.
        public: SHA-256 of its public key, as `public_half` gives it.
        begins: from when on it is valid (UTC).
        ends: until when.
    """

    fingerprint: str
    public: str
    begins: datetime
    ends: datetime


def certificates_in(content: bytes) -> tuple[Certified, ...]:
    """Return the certificates of a PEM file, in its order; none when one of them is spoilt."""
    try:
        found = x509.load_pem_x509_certificates(content)
        return tuple(
            Certified(
                fingerprint=hashlib.sha256(each.public_bytes(Encoding.DER)).hexdigest(),
                public=_digest(each.public_key().public_bytes(*_SUBJECT)),
                begins=each.not_valid_before_utc,
                ends=each.not_valid_after_utc,
            )
            for each in found
        )
    except _NO_KEY:
        return ()


_SUBJECT = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=16)
def public_half(content: bytes) -> str:
    """Return what tells a key apart, the same however it is written down.

    Args:
        content: a private or a public key in PEM.

    Returns:
        SHA-256 of its public half; nothing when it is no key, or has a password.
    """
    try:
        return _digest(load_pem_private_key(content, None).public_key().public_bytes(*_SUBJECT))
    except _NO_KEY:
        pass
    try:
        return _digest(load_pem_public_key(content).public_bytes(*_SUBJECT))
    except _NO_KEY:
        return ""


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """What a private key shows of itself.

    Attributes:
        thumbprint: of its public half (RFC 7638), as a JWKS has it.
        kind: `RSA` or `EC`.
    """

    thumbprint: str
    kind: str

    def fits(self, algorithm: str) -> bool:
        """Whether it can sign by an algorithm: RS512 and RS384 are RSA's, ES384 is EC's."""
        return (self.kind == "EC") == algorithm.startswith("ES")


@lru_cache(maxsize=16)
def private_key(content: bytes) -> PrivateKey | None:
    """Return what a PEM shows of its private key; None: it has none, or a password."""
    for kind in (RSAKey, ECKey):
        try:
            key = kind.import_key(content)
        except (ValueError, TypeError, JoseError):
            continue
        if key.is_private:
            return PrivateKey(key.thumbprint(), key.key_type)
    return None
