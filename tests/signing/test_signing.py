"""A signature stands under exactly one content, by exactly one key."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from kt_migrate.errors import ConfigurationError, ForgedError
from kt_migrate.kt2.keys import new_key
from kt_migrate.signing import Signer, _decoded, new_signer, opened, signer

KEY = Signer(OKPKey.generate_key("Ed25519"))
TOKEN = KEY.sign(b'{"said":"yes"}')


@given(st.binary(max_size=200))
def test_what_was_signed_comes_back(content: bytes) -> None:
    """Byte for byte, with whose key it was."""
    found = opened(KEY.sign(content))
    assert (found.content, found.thumbprint) == (content, KEY.thumbprint)


@pytest.mark.property
@given(
    place=st.integers(0, len(TOKEN) - 1),
    other=st.characters(codec="latin-1"),
)
def test_one_character_changed_is_found(place: int, other: str) -> None:
    """Wherever it stands, also in the bits of the last one that base64 does not need."""
    changed = TOKEN[:place] + other + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(ForgedError):
            opened(changed)


def test_the_bits_that_base64_passes_over_are_looked_at() -> None:
    """Another last character decodes to the same signature: it is not what was signed."""
    kept = urlsafe_b64decode(TOKEN.rpartition(".")[2] + "==")
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        other = TOKEN[:-1] + last
        same = urlsafe_b64decode(other.rpartition(".")[2] + "==") == kept
        if same and other != TOKEN:
            with pytest.raises(ForgedError):
                opened(other)


@pytest.mark.parametrize("text", ["QR", "QQ=", "Q", "QQ\n", "Q+", "é"])
def test_a_part_has_one_spelling(text: str) -> None:
    """Whatever the library lets pass."""
    assert _decoded("QQ") == b"A"
    with pytest.raises(ValueError, match="no base64url"):
        _decoded(text)


def part(content: object) -> str:
    """Return a part of a token."""
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def token_with(**header: object) -> str:
    """Return the token with another header over the same content and signature."""
    before = json.loads(urlsafe_b64decode(TOKEN.partition(".")[0] + "=="))
    return ".".join([part(before | header), *TOKEN.split(".")[1:]])


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        TOKEN + "=",
        TOKEN.rpartition(".")[0] + ".",
        token_with(alg="none"),
        token_with(alg="HS256"),
        token_with(alg="EdDSA"),
        token_with(kid="other"),
        token_with(jwk=None),
        token_with(jwk={"kty": "OKP", "crv": "Ed25519", "x": "short"}),
        token_with(jwk=Signer(OKPKey.generate_key("Ed25519")).sign(b"")),
    ],
)
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    """Also the tricks that JWS is known for."""
    with pytest.raises(ForgedError) as caught:
        opened(token)
    assert caught.value.exit_code == 14


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    """HS256 with the public key as its secret is the oldest trick."""
    public = json.loads(urlsafe_b64decode(TOKEN.partition(".")[0] + "=="))["jwk"]
    header = {"alg": "HS256", "jwk": public, "kid": KEY.thumbprint}
    secret = OctKey.import_key(urlsafe_b64decode(public["x"] + "="))
    with pytest.raises(ForgedError):
        opened(jws.serialize_compact(header, b"x", secret, algorithms=["HS256"]))


def test_a_kid_of_another_key_is_refused() -> None:
    """Though the signature is right."""
    key = OKPKey.generate_key("Ed25519")
    public = {name: str(key.as_dict(private=False)[name]) for name in ("crv", "kty", "x")}
    header = {"alg": "Ed25519", "jwk": public, "kid": KEY.thumbprint}
    with pytest.raises(ForgedError):
        opened(jws.serialize_compact(header, b"x", key, algorithms=["Ed25519"]))


def test_a_token_tells_nothing_private() -> None:
    """The public key stands in it, and only that."""
    header = json.loads(urlsafe_b64decode(TOKEN.partition(".")[0] + "=="))
    assert header["alg"] == "Ed25519"
    assert sorted(header["jwk"]) == ["crv", "kty", "x"]


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    """PEM with mode 0600, never overwritten."""
    path = tmp_path / "keys" / "gate.pem"
    made = new_signer(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert signer(path).thumbprint == made.thumbprint
    with pytest.raises(ConfigurationError, match="not overwritten"):
        new_signer(path)


def test_a_key_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    """Not there, readable by others, of another kind, no key at all."""
    path = tmp_path / "k.pem"
    with pytest.raises(ConfigurationError, match="not there"):
        signer(path)
    new_signer(path)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="Others on this machine"):
        signer(path)
    path.unlink()
    new_key(path, "RS512")
    with pytest.raises(ConfigurationError, match="no private Ed25519 key"):
        signer(path)
    path.write_bytes(OKPKey.generate_key("X25519").as_pem(private=True))
    with pytest.raises(ConfigurationError, match="no private Ed25519 key"):
        signer(path)
    path.write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=False))
    with pytest.raises(ConfigurationError, match="no private Ed25519 key"):
        signer(path)
    path.write_bytes(b"x")
    with pytest.raises(ConfigurationError, match="no private Ed25519 key"):
        signer(path)
