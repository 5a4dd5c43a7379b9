"""The pack itself: papers, their list, and a signature over that list.

bewijs.zip
├── README.txt         how anybody checks it, and what it proves
├── *.json, errors.csv the papers
├── manifest.sha256    SHA-256 of each of them, as `sha256sum` writes it
└── signature.jws      Ed25519 over the SHA-256 of that list, and the moment
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from kt_migrate.errors import ForgedError, said
from kt_migrate.evidence.container import packed, unpacked
from kt_migrate.evidence.manifest import MANIFEST, SIGNATURE, manifest_of, require_listed
from kt_migrate.signing import Signer, opened

SCHEMA = "kt-migrate-evidence/1"
README, ERRORS, ABOUT = "README.txt", "errors.csv", "pack.json"
ALWAYS = ("pack", "binding", "versions", "books", "totals", "success", "figures")
"""JSON papers that every pack has."""
WHEN_THERE = ("verify", "judged", "gates", "probe", "rollback", "estimate", "sample")
"""JSON papers of what was done; `pack.json` lists those that are absent."""
_LATER = frozenset({"judged"})
"""Of these, what the first packs did not have: they do not say that it is absent."""
_NEEDED = frozenset({README, ERRORS, *(f"{name}.json" for name in ALWAYS)})
_KNOWN = _NEEDED | {f"{name}.json" for name in WHEN_THERE}
_FIX = said("Ask who made it for the file as it was made, and trust nothing in this one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack of which list and signature are right.

    Attributes:
        papers: content of each JSON paper, by its name without `.json`.
        thumbprint: of the key that signed it.
        at: when, as the signer says.
    """

    papers: Mapping[str, Any]
    thumbprint: str
    at: str


def pack_of(members: Mapping[str, bytes], signer: Signer, at: datetime) -> bytes:
    """Put papers in a signed pack; the same papers and moment give the same bytes.

    Args:
        members: every paper, and README.txt, by its name.
        signer: who signs.
        at: the moment of signing, with a zone.
    """
    listed = manifest_of(members)
    token = signer.sign(_statement(listed, at.isoformat(timespec="seconds")))
    return packed({**members, MANIFEST: listed, SIGNATURE: f"{token}\n".encode()})


def _statement(listed: bytes, at: str) -> bytes:
    digest = hashlib.sha256(listed).hexdigest()
    said = {"schema": SCHEMA, "at": at, "manifest": digest}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def opened_pack(content: bytes, name: str, thumbprint: str = "") -> Pack:
    """Check that a pack is what its signer made, with nothing but its bytes.

    Args:
        content: the file.
        name: how to call it to a person.
        thumbprint: of the key that must have signed it; empty: any, and the result says which.

    Raises:
        ForgedError: it is not; says what is wrong.
    """
    members = unpacked(content, name)
    require_listed(members, name)
    signed = opened(members[SIGNATURE].decode("ascii", "replace").removesuffix("\n"))
    if thumbprint and signed.thumbprint != thumbprint:
        raise ForgedError(
            "The evidence pack was signed with another key than the one that you name.",
            where=f"{name}: {signed.thumbprint}",
            fix="Ask whose key this is; trust the pack only when you know.",
        )
    at = _moment(signed.content, members[MANIFEST], name)
    papers = _papers(members, name)
    return Pack(papers=papers, thumbprint=signed.thumbprint, at=at)


def _moment(said: bytes, listed: bytes, name: str) -> str:
    """Return when the list was signed."""
    try:
        at = str(orjson.loads(said)["at"])
        datetime.fromisoformat(at)
    except (ValueError, KeyError, TypeError):
        at = ""
    if not at or _statement(listed, at) != said:
        raise ForgedError(
            "The signature of the evidence pack is not over its list of files.",
            where=name,
            fix=_FIX,
        )
    return at


def _papers(members: Mapping[str, bytes], name: str) -> dict[str, Any]:
    """Read the papers, which are those of the format and no other."""
    rest = members.keys() - {MANIFEST, SIGNATURE}
    unknown, missing = sorted(rest - _KNOWN), sorted(_NEEDED - rest)
    if unknown or missing:
        raise ForgedError(
            said(
                "An evidence pack of the form {schema} has other papers; extra: {value}; "
                "missing: {value2}.",
                schema=SCHEMA,
                value=", ".join(unknown) or "-",
                value2=", ".join(missing) or "-",
            ),
            where=name,
            fix="Ask who made it for the file as it was made, or use the kt-migrate that made it.",
        )
    papers = {n.removesuffix(".json"): _json(n, members[n], name) for n in rest if _is_json(n)}
    about, binding = papers["pack"], papers["binding"]
    same = about.get("plan") == binding.get("plan") and about.get("schema") == SCHEMA
    absent = sorted(n for n in WHEN_THERE if n not in papers)
    first = [n for n in absent if n not in _LATER]
    if not same or about.get("absent") not in (absent, first):
        raise misshapen(ABOUT, name)
    return papers


def _is_json(name: str) -> bool:
    return name.endswith(".json")


def _json(member: str, content: bytes, name: str) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not _printable(found):
        raise misshapen(member, name)
    return found


def _printable(content: object) -> bool:
    """Whether no text in a paper can steer the terminal that shows it."""
    left = [content]
    while left:
        match left.pop():
            case dict() as inner:
                left += [*inner.keys(), *inner.values()]
            case list() as inner:
                left += inner
            case str() as text if not text.isprintable():
                return False
            case _:
                pass
    return True


def misshapen(member: str, name: str) -> ForgedError:
    """Return the error of a paper that is not of its form."""
    return ForgedError(
        said("A paper of the evidence pack is not of its form: {member}.", member=member),
        where=name,
        fix=_FIX,
    )
