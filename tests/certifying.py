"""Invented certificates, made when a test asks for them."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NOW = datetime(2026, 6, 1, tzinfo=UTC)
"""A moment for who takes its clock as an argument."""

LONG_AGO, FAR_AWAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


@cache
def private(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the private key of somebody, the same each time."""
    del name
    return ec.generate_private_key(ec.SECP384R1())


def key_pem(name: str) -> bytes:
    """Return somebody's private key as PEM."""
    return private(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def certificate(
    name: str,
    by: str = "ca",
    begins: datetime = LONG_AGO,
    ends: datetime = FAR_AWAY,
    key: str = "",
) -> bytes:
    """Return a certificate as PEM.

    Args:
        name: whose; of a CA the same as `by`.
        by: the name of the CA that signs it.
        begins: from when on it is valid.
        ends: until when.
        key: whose key it is for, when that is not its own.
    """
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(by))
        .public_key(private(key or name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=name == by, path_length=None), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private(key or name).public_key()),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(private(by).public_key()),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(private(by), hashes.SHA384())
    )
    return made.public_bytes(Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{name}.example")])


def ending_in(days: float) -> datetime:
    """Return the moment that many days after NOW."""
    return NOW + timedelta(days=days)


def kept(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file with a mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path
