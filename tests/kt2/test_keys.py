"""A private key is made once, is read by its owner only, and its public half is all that is shown."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt

from kt_migrate.config import Environment, Workspace, find_workspace, load_environment
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import (
    RSA_BITS,
    Key,
    key_of,
    load_key,
    new_key,
    new_key_of,
    public_jwks,
)
from kt_migrate.workspace import init_workspace

EC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PRIVATE: list[Private] = [RSA, EC]
FORMATS = [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]


def kept(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a file with a mode."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def refusal(act: Callable[[], object]) -> ConfigurationError:
    """Return why something is refused."""
    with pytest.raises(ConfigurationError) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("RS512", "RSA"), ("RS384", "RSA"), ("ES384", "EC")]
)
def test_a_new_key_signs_by_its_algorithm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str, kind: str
) -> None:
    """In a folder that only its owner enters, in a file that only its owner reads."""
    monkeypatch.setattr("kt_migrate.kt2.keys.RSA_BITS", 2304)  # sooner made
    path = tmp_path / "a" / "keys" / "tst.pem"

    new_key(path, algorithm)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    key = load_key(path)
    (public,) = public_jwks(key, "k", algorithm)["keys"]
    assert public["kty"] == kind
    assert kind == "EC" or len(public["n"]) == 2304 / 6
    token = jwt.encode({"alg": algorithm}, {"iss": "x"}, key, algorithms=[algorithm])
    assert jwt.decode(token, key, algorithms=[algorithm]).claims == {"iss": "x"}


def test_a_key_is_long_enough_for_years(key: Key) -> None:
    """An RSA key has 3072 bits."""
    (public,) = public_jwks(key, "k", "RS512")["keys"]

    assert RSA_BITS == 3072
    assert len(public["n"]) == 512  # base64 of 384 bytes


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """Whatever stands there, and its folder may be there already."""
    path = kept(tmp_path / "tst.pem", b"a key that is registered")

    refused = refusal(lambda: new_key(path, "ES384"))

    assert refused.where == str(path)
    assert path.read_bytes() == b"a key that is registered"
    new_key(tmp_path / "acc.pem", "ES384")


@pytest.mark.parametrize("private", PRIVATE, ids=["RSA", "EC"])
@pytest.mark.parametrize("form", FORMATS, ids=["PKCS8", "traditional"])
def test_a_private_key_is_read_in_either_form(
    tmp_path: Path, private: Private, form: PrivateFormat
) -> None:
    """As openssl and others write them; it is the same key."""
    content = private.private_bytes(Encoding.PEM, form, NoEncryption())

    key = load_key(kept(tmp_path / "k.pem", content))

    assert key.is_private
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert key.as_pem(private=False) == public


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"geen sleutel",
        b"\xff\xfe",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        *(
            private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            for private in PRIVATE
        ),
        *(
            private.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"x"))
            for private in PRIVATE
            for form in FORMATS
        ),
    ],
)
def test_what_is_no_private_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """Text, half a key, a public key, or one with a password."""
    path = kept(tmp_path / "k.pem", content)

    refused = refusal(lambda: load_key(path))

    assert refused.what.startswith("This is no private key")
    assert refused.where == str(path)


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o677])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or others; the refusal says how to correct it."""
    content = EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = kept(tmp_path / "k.pem", content, mode)

    refused = refusal(lambda: load_key(path))

    assert (refused.where, refused.fix) == (str(path), f"chmod 600 {path}")
    path.chmod(0o400)
    assert load_key(path).is_private


def test_a_key_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Nothing, or a folder."""
    for path in (tmp_path / "none.pem", tmp_path):
        refused = refusal(lambda path=path: load_key(path))  # type: ignore[misc]  # the loop's own path

        assert (refused.what, refused.where) == ("The private key is not there.", str(path))


@pytest.mark.parametrize(
    ("private", "algorithm", "names"),
    [(RSA, "RS512", {"n", "e"}), (RSA, "RS384", {"n", "e"}), (EC, "ES384", {"crv", "x", "y"})],
)
def test_the_jwks_holds_the_public_half_and_nothing_else(
    tmp_path: Path,
    private: Private,
    algorithm: str,
    names: set[str],
) -> None:
    """With how it is named and used; no `d`, no prime."""
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = load_key(kept(tmp_path / "k.pem", content))

    jwks = public_jwks(key, "kid-1", algorithm)

    assert set(jwks) == {"keys"}
    (public,) = jwks["keys"]
    assert set(public) == names | {"kty", "kid", "use", "alg"}
    assert (public["kid"], public["use"], public["alg"]) == ("kid-1", "sig", algorithm)
    assert all(isinstance(value, str) for value in public.values())


def kept_in(folder: Path, key: str) -> tuple[Workspace, Environment]:
    """Return a working folder whose mgr2 keeps its key as these words of YAML say."""
    made = init_workspace(folder / "EXAMPLE", "EXAMPLE")
    file = made / "configs" / "mgr2.yaml"
    text = re.sub(
        r"(?m)^key: .*$", f"key: {{{key}, kid: mgr2-1, algorithm: ES384}}", file.read_text("utf-8")
    )
    file.write_text(text, "utf-8")
    workspace = find_workspace(made)
    return workspace, load_environment(workspace, "mgr2")


def test_a_key_is_made_in_the_file_of_its_environment_for_its_algorithm(tmp_path: Path) -> None:
    """Where the environment's file says, and read from there."""
    workspace, environment = kept_in(tmp_path, "file: keys/mgr2.pem")

    new_key_of(workspace, environment)

    assert (workspace.root / "keys" / "mgr2.pem").is_file()
    assert key_of(workspace, environment).key_type == "EC"


def test_a_key_goes_into_the_keyring_and_comes_out_of_it(tmp_path: Path) -> None:
    """Under the name that the environment's file gives it; what is refused is named by its place."""
    workspace, environment = kept_in(tmp_path, "keyring: {service: kt-migrate, user: mgr2}")

    with patch("kt_migrate.kt2.keys.keep_in_keyring") as keep:
        new_key_of(workspace, environment)
    (reference, secret, where) = keep.call_args.args
    with patch("kt_migrate.kt2.keys.read_secret", return_value=secret) as read:
        key = key_of(workspace, environment)

    assert reference == environment.key.keyring
    assert key.as_pem(private=True) == secret
    assert key.key_type == "EC"
    assert re.search(r"configs/mgr2\.yaml:\d+:\d+$", where)
    assert read.call_args.args == (workspace.root, environment.key, where)
