"""Key pairs, one per environment (Bijlage B), and their JWKS."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from kt_migrate.errors import ConfigurationError

RSA_BITS = 3072
Key = RSAKey | ECKey


def new_key(path: Path, algorithm: str) -> None:
    """Make a private key: PEM, mode 0600. Never overwrites one.

    Args:
        path: where it comes; the folder is made when it is not there.
        algorithm: RS512 or RS384 (RSA) or ES384 (P-384).

    Raises:
        ConfigurationError: there is one already.
    """
    key: Key = (
        ECKey.generate_key("P-384") if algorithm == "ES384" else RSAKey.generate_key(RSA_BITS)
    )
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


def load_key(path: Path) -> Key:
    """Read a private key.

    Raises:
        ConfigurationError: it is not there, others may read it, or it is no key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except OSError:
        raise ConfigurationError(
            "The private key is not there.",
            where=str(path),
            fix="Make one with kt-migrate keys new.",
        ) from None
    if mode & 0o077:
        raise ConfigurationError(
            "Others on this machine may read the private key.",
            where=str(path),
            fix=f"chmod 600 {path}",
        )
    key = _key_in(content)
    if key is None:
        raise ConfigurationError(
            "This is no private key in PEM, or it has a password.",
            where=str(path),
            fix="Make one with kt-migrate keys new.",
        )
    return key


def _key_in(content: bytes) -> Key | None:
    kinds: tuple[type[RSAKey | ECKey], ...] = (RSAKey, ECKey)
    for kind in kinds:
        try:
            key = kind.import_key(content)
        except (TypeError, ValueError, JoseError):  # with a password, no PEM, of another kind
            continue
        if key.is_private:
            return key
    return None


def public_jwks(key: Key, kid: str, algorithm: str) -> dict[str, list[dict[str, str]]]:
    """Return the JWKS of a key's public half, to be registered (TOP-KT-020)."""
    public = {name: str(value) for name, value in key.as_dict(private=False).items()}
    return {"keys": [{**public, "kid": kid, "use": "sig", "alg": algorithm}]}
