"""Key pairs, one per environment (Bijlage B), and their JWKS."""

from __future__ import annotations

import os
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from kt_migrate.config import Environment, Workspace, require_own_key, where_in_environment
from kt_migrate.config.secrets import keep_in_keyring, read_secret, secret_file
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
    key = _new(algorithm)
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


def _new(algorithm: str) -> Key:
    return ECKey.generate_key("P-384") if algorithm == "ES384" else RSAKey.generate_key(RSA_BITS)


def new_key_of(workspace: Workspace, environment: Environment) -> None:
    """Make the private key of an environment where its file says that it is kept.

    Raises:
        ConfigurationError: there is one already, or a program gives it.
    """
    reference = environment.key
    if reference.file is not None:
        new_key(workspace.path(reference.file), reference.algorithm)
        return
    where = _where(workspace, environment)
    if reference.keyring is None:
        raise ConfigurationError(
            "The key comes from a program; it is not made here.",
            where=where,
            fix="Make it where that program gets it from; then kt-migrate keys jwks.",
        )
    secret = _new(reference.algorithm).as_pem(private=True)
    keep_in_keyring(reference.keyring, secret, where)


def key_of(workspace: Workspace, environment: Environment) -> Key:
    """Get the private key of an environment, wherever it is kept.

    Raises:
        ConfigurationError: it is not there, others may read it, it is no key, or another
            environment has it too.
    """
    if environment.key.file is not None:
        return load_key(workspace.path(environment.key.file))
    where = _where(workspace, environment)
    content = read_secret(workspace.root, environment.key, where)
    key = _read(content, where)
    require_own_key(workspace, environment.environment, content, where)
    return key


def _where(workspace: Workspace, environment: Environment) -> str:
    loc = ("key", environment.key.kept)
    return where_in_environment(workspace, environment.environment, loc)


def load_key(path: Path) -> Key:
    """Read a private key.

    Raises:
        ConfigurationError: it is not there, others may read it, or it is no key.
    """
    return _read(secret_file(path), str(path))


def _read(content: bytes, where: str) -> Key:
    key = _key_in(content)
    if key is None:
        raise ConfigurationError(
            "This is no private key in PEM, or it has a password.",
            where=where,
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
