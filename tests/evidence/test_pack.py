"""A pack is what its signer made, or it is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.papering import good
from kt_migrate.errors import ForgedError
from kt_migrate.evidence.container import packed, unpacked
from kt_migrate.evidence.manifest import FORMAT, MANIFEST, SIGNATURE, manifest_of
from kt_migrate.evidence.pack import ERRORS, README, Pack, opened_pack, pack_of
from kt_migrate.evidence.papers import document
from kt_migrate.signing import Signer, new_signer

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Return who signs."""
    return new_signer(tmp_path_factory.mktemp("keys") / "gate.pem")


def members(**more: bytes) -> dict[str, bytes]:
    """Return the members of a pack of which everything holds."""
    papers = {f"{name}.json": document(content) for name, content in good().items()}
    return {**papers, ERRORS: b"code\r\n", README: b"Lees dit.\n", **more}


def opened(content: bytes, thumbprint: str = "") -> Pack:
    """Open a pack."""
    return opened_pack(content, "bewijs.zip", thumbprint)


def test_a_pack_opens_and_says_who_signed_it(ours: Signer) -> None:
    """With its papers, the key's thumbprint and the moment."""
    pack = opened(pack_of(members(), ours, NOON))

    assert pack.thumbprint == ours.thumbprint
    assert pack.at == "2026-11-28T12:00:00+00:00"
    assert pack.papers == good()


def test_only_the_signature_knows_the_moment(ours: Signer) -> None:
    """The same papers give the same bytes at the same moment, and but for it at another."""
    first, same = (pack_of(members(), ours, NOON) for _ in "12")
    later = unpacked(pack_of(members(), ours, NOON.replace(hour=13)), "x")

    assert first == same
    assert {n for n, c in unpacked(first, "x").items() if later[n] != c} == {SIGNATURE}


def test_the_signature_is_checked_without_anything_of_ours(ours: Signer) -> None:
    """As README.txt says: base64, SHA-256, Ed25519."""
    found = unpacked(pack_of(members(), ours, NOON), "x")
    header, payload, signature = found[SIGNATURE].decode().strip().split(".")

    def raw(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "==")

    said = json.loads(raw(payload))
    key = Ed25519PublicKey.from_public_bytes(raw(json.loads(raw(header))["jwk"]["x"]))
    key.verify(raw(signature), f"{header}.{payload}".encode())
    assert said["manifest"] == hashlib.sha256(found[MANIFEST]).hexdigest()
    with pytest.raises(InvalidSignature):
        key.verify(raw(signature), f"{header}.{payload[:-2]}AA".encode())


def test_another_key_than_the_one_that_is_named_is_refused(ours: Signer, tmp_path: Path) -> None:
    """A key in the header proves nothing by itself."""
    other = new_signer(tmp_path / "other.pem")
    content = pack_of(members(), other, NOON)

    assert opened(content).thumbprint == other.thumbprint
    with pytest.raises(ForgedError, match="another key") as caught:
        opened(content, ours.thumbprint)
    assert other.thumbprint in caught.value.where


def spoilt(ours: Signer, **changes: bytes | None) -> bytes:
    """Return a pack of which members were changed, added or removed after signing."""
    found = {**unpacked(pack_of(members(), ours, NOON), "x")}
    for name, content in changes.items():
        place = name.replace("__", ".")
        if content is None:
            del found[place]
        else:
            found[place] = content
    return packed(found)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"books__json": b"{}"}, "list says: changed: books.json"),
        ({"namen__csv": b"naam\r\n"}, "list says: extra: namen.csv"),
        ({"errors__csv": None}, "list says: missing: errors.csv"),
        ({"signature__jws": None}, "missing: signature.jws"),
        ({"manifest__sha256": None}, "no list of the form"),
        ({"manifest__sha256": b"# another/1\n"}, "no list of the form"),
        ({"manifest__sha256": b"# " + FORMAT.encode() + b"\nx\n"}, "no list of the form"),
        ({"manifest__sha256": b"# " + FORMAT.encode()}, "no list of the form"),
        ({"signature__jws": b"x.y.z\n"}, "signature does not belong"),
        ({"signature__jws": b"\xff\xfe"}, "signature does not belong"),
    ],
)
def test_what_was_changed_after_signing_is_named(
    ours: Signer, changes: dict[str, bytes | None], word: str
) -> None:
    """Each member is in the list, and the list is signed."""
    with pytest.raises(ForgedError, match=word):
        opened(spoilt(ours, **changes))


def test_a_list_that_was_made_anew_is_not_what_was_signed(ours: Signer) -> None:
    """Whoever changes a paper can write its SHA-256 too, but not sign it."""
    changed = members(**{"books.json": b'{"types":{}}\n'})
    token = unpacked(pack_of(members(), ours, NOON), "x")[SIGNATURE]
    content = packed({**changed, MANIFEST: manifest_of(changed), SIGNATURE: token})

    with pytest.raises(ForgedError, match="not over its list"):
        opened(content)


@pytest.mark.parametrize(
    "said",
    [
        b"{}",
        b"[]",
        b"x",
        b'{"at": "gisteren"}',
        b'{"at": "2026-11-28T12:00:00+00:00", "manifest": "0", "schema": "x"}',
    ],
)
def test_a_signature_over_something_else_is_refused(ours: Signer, said: bytes) -> None:
    """It is right, and says nothing of this pack."""
    found = {**members(), MANIFEST: manifest_of(members())}

    with pytest.raises(ForgedError, match="not over its list"):
        opened(packed({**found, SIGNATURE: ours.sign(said).encode()}))


def about(**changes: object) -> bytes:
    """Return pack.json with something else in it."""
    content: dict[str, Any] = {**good()["pack"], **changes}
    return document(content)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"namen.csv": b""}, "extra: namen.csv"),
        ({"namen.json": b"{}"}, "extra: namen.json"),
        ({"books.json": b"[]"}, "not of its form: books.json"),
        ({"books.json": b"x"}, "not of its form: books.json"),
        ({"books.json": b'{"a": "\\u001b[2J"}'}, "not of its form: books.json"),
        ({"books.json": b'{"\\u001b[2J": [{"a": 1}]}'}, "not of its form: books.json"),
        ({"books.json": b"[" * 5_000 + b"]" * 5_000}, "not of its form: books.json"),
        ({"pack.json": about(plan="b" * 64)}, "not of its form: pack.json"),
        ({"pack.json": about(schema="x/1")}, "not of its form: pack.json"),
        ({"pack.json": about(absent=[])}, "not of its form: pack.json"),
        ({"pack.json": about(absent=["estimate"])}, "not of its form: pack.json"),
    ],
)
def test_papers_that_are_none_of_the_format_are_refused(
    ours: Signer, more: dict[str, bytes], word: str
) -> None:
    """However well they are signed."""
    with pytest.raises(ForgedError, match=word):
        opened(pack_of(members(**more), ours, NOON))


@pytest.mark.parametrize("said", [["estimate", "judged", "rollback", "sample"], None])
def test_a_pack_without_verdicts_opens_and_so_does_one_of_before_they_were_in_it(
    ours: Signer, said: list[str] | None
) -> None:
    """It says that there are none; the first packs did not know that there could be."""
    less = members(**{"pack.json": about(absent=said) if said else about()})
    del less["judged.json"]

    assert "judged" not in opened(pack_of(less, ours, NOON)).papers


def test_a_paper_that_every_pack_has_may_not_be_missing(ours: Signer) -> None:
    """Not even when the list agrees."""
    less = members()
    del less["totals.json"]

    with pytest.raises(ForgedError, match=r"missing: totals\.json"):
        opened(pack_of(less, ours, NOON))
