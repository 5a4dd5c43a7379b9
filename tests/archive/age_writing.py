"""Writes age files with a password, at a cost that tests can pay: age's own takes a second each.

Source: age-encryption.org/v1 (C2SP). The library that the tool reads them with is another one.
"""

from __future__ import annotations

import base64
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_CHUNK = 64 * 1024
_COST = 1


def _text(content: bytes) -> bytes:
    return base64.b64encode(content).rstrip(b"=")


def _derived(key: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def with_password(content: bytes, password: str) -> bytes:
    """Return an age file that this password opens."""
    key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    scrypt = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=2**_COST, r=8, p=1)
    wrapped = ChaCha20Poly1305(scrypt.derive(password.encode())).encrypt(bytes(12), key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (
        _text(salt),
        _COST,
        _text(wrapped),
    )
    proof = hmac.digest(_derived(key, None, b"header"), header, "sha256")
    cipher = ChaCha20Poly1305(_derived(key, nonce, b"payload"))
    pieces = [content[i : i + _CHUNK] for i in range(0, len(content), _CHUNK)] or [b""]
    sealed = [
        cipher.encrypt(n.to_bytes(11, "big") + bytes([n == len(pieces) - 1]), p, None)
        for n, p in enumerate(pieces)
    ]
    return header + b" " + _text(proof) + b"\n" + nonce + b"".join(sealed)


def armored(content: bytes) -> bytes:
    """Return an age file as text."""
    text = base64.b64encode(content)
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    begin, end = (b"-----%s AGE ENCRYPTED FILE-----" % word for word in (b"BEGIN", b"END"))
    return b"\n".join([begin, *lines, end, b""])
