"""age: undone as a stream with an identity, in memory and within bounds with a password."""

from __future__ import annotations

import base64
import io
import random
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.age_writing import armored, with_password
from archive.reading import Trickle, whole
from kt_migrate.archive.encrypted import decrypted, in_memory
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.problems import RefusedError

PASSWORD = "vier willekeurige woorden"
IDENTITY, OTHER = (pyrage.x25519.Identity.generate() for _ in range(2))
CONTENT = random.Random(2).randbytes(200_000)  # noqa: S311  # noise, no secret
_SSH = Ed25519PrivateKey.generate()
SSH_PRIVATE = _SSH.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.OpenSSH,
    serialization.NoEncryption(),
).decode()
SSH_PUBLIC = (
    _SSH.public_key()
    .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    .decode()
)


def for_identity(content: bytes, *, text: bool = False) -> bytes:
    """Return an age file that our identity opens."""
    return bytes(pyrage.encrypt(content, [IDENTITY.to_public()], armored=text))


def undone(
    path: Path, content: bytes, secret: str | None, limits: Limits | None = None
) -> bytes | str:
    """Return what is in an age file, or why it is refused; no thread is left."""
    path.write_bytes(content)
    asked = []

    def passwords(name: str) -> str | None:
        asked.append(name)
        return secret

    try:
        with (
            path.open("rb") as file,
            decrypted("a.age", file, limits or Limits(), passwords) as stream,
        ):
            said: bytes | str = whole(stream)
    except RefusedError as refusal:
        said = refusal.detail if refusal.code == "archive-refused" else refusal.code
    assert threading.active_count() == 1
    assert asked == ["a.age"] or said == "not-an-age-file"
    return said


@given(st.binary(max_size=99), st.booleans())
@settings(max_examples=15, deadline=None)
def test_what_was_encrypted_comes_out(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    text: bool,  # noqa: FBT001  # given
) -> None:
    """With an identity or a password, as bytes or as text; also nothing."""
    path = tmp_path_factory.getbasetemp() / "a.age"
    sealed = with_password(content, PASSWORD)

    assert undone(path, for_identity(content, text=text), str(IDENTITY)) == content
    assert undone(path, armored(sealed) if text else sealed, PASSWORD) == content


@pytest.mark.parametrize(
    ("make", "secret"),
    [
        (lambda: for_identity(CONTENT), str(IDENTITY)),
        (lambda: for_identity(CONTENT), f"# made today\n# public\n  {IDENTITY}  \n"),
        (lambda: for_identity(CONTENT), f"{OTHER}\n{IDENTITY}\r\n"),
        (lambda: pyrage.encrypt(CONTENT, [pyrage.ssh.Recipient.from_str(SSH_PUBLIC)]), SSH_PRIVATE),
        (lambda: with_password(CONTENT, PASSWORD), PASSWORD),
    ],
    ids=["identity", "identity file", "second identity", "ssh", "password"],
)
def test_what_opens_it_opens_all_of_it(
    tmp_path: Path, make: Callable[[], bytes], secret: str
) -> None:
    """An identity file with comments, one identity of several, an OpenSSH key, a password."""
    assert undone(tmp_path / "a.age", make(), secret) == CONTENT


@pytest.mark.parametrize(
    ("make", "secret", "why"),
    [
        (lambda: for_identity(b"x"), None, "encrypted"),
        (lambda: for_identity(b"x"), "", "encrypted"),
        (lambda: for_identity(b"x"), str(OTHER), "wrong-password"),
        (lambda: for_identity(b"x"), PASSWORD, "needs-identity"),
        (lambda: for_identity(b"x"), "AGE-SECRET-KEY-1ONZIN", "needs-identity"),
        (lambda: for_identity(b"x"), SSH_PRIVATE, "wrong-password"),
        (lambda: with_password(b"x", PASSWORD), None, "encrypted"),
        (lambda: with_password(b"x", PASSWORD), "een ander", "wrong-password"),
        (lambda: with_password(b"x", PASSWORD), str(IDENTITY), "wrong-password"),
        (lambda: b"geen age", PASSWORD, "not-an-age-file"),
        (lambda: b"", PASSWORD, "not-an-age-file"),
        (lambda: b" age-encryption.org/v1\n-> scrypt x", PASSWORD, "not-an-age-file"),
        (lambda: b"age-encryption.org/v2\n-> scrypt x", PASSWORD, "not-an-age-file"),
        (lambda: armored(b"geen age" * 20), PASSWORD, "not-an-age-file"),
        (lambda: b"-----BEGIN AGE ENCRYPTED FILE-----\nabc\n", PASSWORD, "not-an-age-file"),
        (lambda: b"-----BEGIN AGE ENCRYPTED FILE-----\n", PASSWORD, "not-an-age-file"),
    ],
    ids=lambda _value: "-",
)
def test_what_does_not_open_it_says_why(
    tmp_path: Path, make: Callable[[], bytes], secret: str | None, why: str
) -> None:
    """And what is no age file is refused before anybody is asked for its password."""
    assert undone(tmp_path / "a.age", make(), secret) == why


@pytest.mark.parametrize("place", [-1, -100, 100_000, 70_000])
def test_what_was_changed_or_cut_off_is_damaged_and_never_shorter(
    tmp_path: Path, place: int
) -> None:
    """Its first blocks decrypt well; the end is an error all the same."""
    for sealed, secret in (
        (for_identity(CONTENT), str(IDENTITY)),
        (with_password(CONTENT, PASSWORD), PASSWORD),
    ):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert undone(tmp_path / "a.age", bytes(changed), secret) == "damaged"
        assert undone(tmp_path / "a.age", sealed[:place], secret) == "damaged"


def test_a_header_that_was_changed_is_no_wrong_password(tmp_path: Path) -> None:
    """It is another matter: ask for the file again."""
    sealed = for_identity(b"x")
    changed = sealed.replace(b"\n--- ", b"\n--- A", 1)

    assert undone(tmp_path / "a.age", changed, str(IDENTITY)) == "damaged"


def test_a_file_with_a_password_fits_the_memory_twice_or_is_refused(tmp_path: Path) -> None:
    """To the byte; one with an identity is a stream, and has no bound of its own."""
    sealed = with_password(CONTENT, PASSWORD)
    size = len(sealed)
    fits, too_little = (Limits(max_container_memory=size * 2 - less) for less in (0, 1))

    assert undone(tmp_path / "a.age", sealed, PASSWORD, fits) == CONTENT
    assert undone(tmp_path / "a.age", sealed, PASSWORD, too_little) == "memory"
    assert undone(tmp_path / "a.age", for_identity(b"x"), str(IDENTITY), too_little) == b"x"


@pytest.mark.parametrize("armour", [bytes, armored])
def test_a_password_that_costs_too_much_to_try_is_refused_before_it_is_tried(
    tmp_path: Path, armour: Callable[[bytes], bytes]
) -> None:
    """Whoever made the file chose how many gigabytes; to the byte, and nothing is derived."""
    sealed = with_password(b"x", PASSWORD)

    def asking(work: int) -> bytes:
        return armour(re.sub(rb"(-> scrypt \S+) 1\n", rb"\1 %d\n" % work, sealed))

    fits, too_little = (Limits(max_container_memory=(1 << 13) - less) for less in (0, 1))
    assert undone(tmp_path / "a.age", asking(3), PASSWORD, too_little) == "memory"
    assert undone(tmp_path / "a.age", asking(3), PASSWORD, fits) == "wrong-password"
    assert undone(tmp_path / "a.age", asking(21), PASSWORD) == "memory"
    assert undone(
        tmp_path / "a.age", asking(63), PASSWORD, Limits(max_container_memory=1 << 80)
    ) == ("work-factor")
    assert undone(tmp_path / "a.age", asking(300), PASSWORD) == "damaged"


def test_where_the_file_stood_does_not_matter(tmp_path: Path) -> None:
    """It is looked at from its start."""
    for sealed, secret in (
        (for_identity(b"x"), str(IDENTITY)),
        (with_password(b"x", PASSWORD), PASSWORD),
    ):
        (tmp_path / "a.age").write_bytes(sealed)
        with (tmp_path / "a.age").open("rb") as file:
            file.seek(7)
            with decrypted("a", file, Limits(), lambda _n, said=secret: said) as stream:  # type: ignore[misc]  # bound early
                assert whole(stream) == b"x"


def test_a_reader_that_stops_ends_the_thread(tmp_path: Path) -> None:
    """Without reading on; whoever reads is not told that all is well."""
    (tmp_path / "a.age").write_bytes(for_identity(CONTENT))
    with (
        (tmp_path / "a.age").open("rb") as file,
        decrypted("a", file, Limits(), lambda _name: str(IDENTITY)) as stream,
    ):
        assert stream.read(10) == CONTENT[:10]

    assert threading.active_count() == 1


def test_what_must_be_held_is_held_within_bounds() -> None:
    """To the byte; at its start, to be read in any order."""
    limits = Limits(max_container_memory=70_000)

    held = in_memory(Trickle(CONTENT[:70_000], 999), limits)
    assert isinstance(held, io.BytesIO)
    assert (held.tell(), held.read()) == (0, CONTENT[:70_000])
    stream = Trickle(CONTENT, 999)
    with pytest.raises(RefusedError) as caught:
        in_memory(stream, limits)
    assert caught.value.detail == "memory"
    assert stream.left > 128_000


def test_the_text_form_is_read_over_its_line_ends(tmp_path: Path) -> None:
    """Whatever they are, and wherever the lines end."""
    sealed = with_password(b"<feed/>", PASSWORD)
    for text in (armored(sealed), armored(sealed).replace(b"\n", b"\r\n")):
        assert undone(tmp_path / "a.age", text, PASSWORD) == b"<feed/>"
    assert base64.b64decode(armored(sealed).split(b"\n")[1]) == sealed[:48]
