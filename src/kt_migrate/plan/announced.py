"""What each supplier announces that it brings: `owned.json`, to be exchanged before anybody writes.

It holds no link and no content: of each temporary identifier a digest, by which two suppliers see
that they would bring the same object. Whoever has a link can work its digest out; who has not
learns nothing but how many there are. That is less than a link says, and as much as is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field, StringConstraints, ValidationError

from kt_migrate.config import Environment, Workspace
from kt_migrate.config.clients import Name
from kt_migrate.config.names import Part, Text
from kt_migrate.errors import ClashError, UsageError, said
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan

SCHEMA = "kt-migrate-owned/1"
FILE = "owned.json"
"""In the run folder; to be given to the other suppliers of the domain."""

_SHOWN = 5
"""So many links of a clash are named."""

_MOST_BYTES = 1 << 30

Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32}$")]
R4Type = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z][A-Za-z]{0,63}$")]


class Owned(Part):
    """One supplier's list. Source: docs/suppliers.md.

    Attributes:
        environment, domain: of which it is; lists of others are refused.
        supplier: whose.
        clients: its client ids here: the Devices of what it brings.
        owned: per KT 2.0 type the digests of the temporary identifiers, sorted.
        needs: per other supplier and type the digests of what this one needs of it.
    """

    schema_: Text = Field(alias="schema")
    environment: Text
    domain: Text
    supplier: Name
    clients: tuple[Text, ...]
    owned: Mapping[R4Type, tuple[Digest, ...]]
    needs: Mapping[Name, Mapping[R4Type, tuple[Digest, ...]]] = Field(default={})


@dataclass(frozen=True, slots=True)
class Announced:
    """What the other suppliers announce.

    Attributes:
        domain: as their digests have it.
        lists: one per supplier.
        sha256: over the files, in an order of content; empty: there are none.
    """

    domain: str = ""
    lists: tuple[Owned, ...] = ()
    sha256: str = ""
    _by: dict[str, str] = field(default_factory=dict, repr=False)

    def by(self, key: Key) -> str:
        """Return who announces that it brings this; empty: nobody."""
        return self._by.get(digest_of(self.domain, key), "") if self._by else ""

    def who(self, digest: str) -> str:
        """Return who announces this digest; empty: nobody."""
        return self._by.get(digest, "")

    @property
    def suppliers(self) -> dict[str, str]:
        """Who writes, per client id."""
        return {client: one.supplier for one in self.lists for client in one.clients}


NOBODY = Announced()


def digest_of(domain: str, key: Key) -> str:
    """Return what a list has of a temporary identifier: 128 bits of a SHA-256.

    >>> digest_of("D", Key(r4_type="Patient", system="s", value="v"))
    '4557dad88b8e8b557da8821cf4bcb761'
    """
    text = f"{SCHEMA}\n{domain}\n{key.r4_type}\n{key.system}\n{key.value}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def write_owned(folder: Path, workspace: Workspace, environment: Environment) -> Path | None:
    """Write what a run's plan brings into its folder; None when we have no name among suppliers."""
    supplier = workspace.domain.suppliers.ours
    if not supplier:
        return None
    domain = workspace.domain.domain
    owned: dict[str, list[str]] = {}
    needs: dict[str, dict[str, list[str]]] = {}
    with Plan(folder / "plan.sqlite") as plan:
        for key in plan.all_keys():
            owned.setdefault(key.r4_type, []).append(digest_of(domain, key))
        for one in plan.expected():
            needed = needs.setdefault(one.supplier, {}).setdefault(one.key.r4_type, [])
            needed.append(digest_of(domain, one.key))
    content = {
        "schema": SCHEMA,
        "environment": environment.environment,
        "domain": domain,
        "supplier": supplier,
        "clients": sorted(environment.client_ids),
        "owned": _sorted(owned),
        "needs": {supplier: _sorted(needed) for supplier, needed in sorted(needs.items())},
    }
    path = folder / FILE
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        unfinished.chmod(0o600)
        out.write(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.replace(path)
    return path


def _sorted(digests: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {r4_type: sorted(found) for r4_type, found in sorted(digests.items())}


def read_announced(
    paths: Sequence[Path], workspace: Workspace, environment: Environment
) -> Announced:
    """Read the lists of the other suppliers.

    Raises:
        UsageError: one is no list, or is of another environment or domain, or of ourselves, or two
            are of one supplier.
        ClashError: two of them bring the same, or have a client both.
    """
    domain = workspace.domain.domain
    if not paths:
        return Announced(domain)
    lists, digests = [], []
    for path in paths:
        content = _content(path)
        found = _parsed(path, content)
        _require_of_here(found, path, workspace, environment)
        lists.append(found)
        digests.append(hashlib.sha256(content).digest())
    lists.sort(key=lambda one: one.supplier)
    _require_apart(lists)
    by: dict[str, str] = {}
    for one in lists:
        _add(by, one)
    total = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
    return Announced(domain, tuple(lists), total, by)


def _require_apart(lists: Sequence[Owned]) -> None:
    """Refuse two lists of one supplier, and a client that two suppliers have.

    Args:
        lists: sorted by supplier.
    """
    whose: dict[str, str] = {}
    for before, one in pairwise(lists):
        if before.supplier == one.supplier:
            raise UsageError(
                said("Two of these lists are of {supplier}.", supplier=one.supplier),
                where="--others",
                fix="Give the newest list of each supplier, and no other.",
            )
    for client, supplier in ((client, one.supplier) for one in lists for client in one.clients):
        if (other := whose.setdefault(client, supplier)) != supplier:
            raise ClashError(
                said("{one} and {other} write with one client.", one=other, other=supplier),
                where="--others",
                fix="Each supplier has clients of its own: the server knows by them who brought "
                "what.",
            )


def _add(by: dict[str, str], one: Owned) -> None:
    twice: dict[str, int] = {}
    for digests in one.owned.values():
        for digest in digests:
            if (other := by.setdefault(digest, one.supplier)) != one.supplier:
                twice[other] = twice.get(other, 0) + 1
    for other, count in twice.items():
        raise ClashError(
            said(
                "{one} and {other} both bring the same {count} objects.",
                one=other,
                other=one.supplier,
                count=count,
            ),
            where="--others",
            fix="Let them agree on who brings what; then plan with their new lists.",
        )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError:
        content = b""
    if not content or len(content) == _MOST_BYTES:
        raise UsageError(
            "A supplier's list cannot be read.",
            where=str(path),
            fix="Name the owned.json that the other supplier gave you.",
        )
    return content


def _parsed(path: Path, content: bytes) -> Owned:
    try:
        found = Owned.model_validate(orjson.loads(content))
    except (ValueError, ValidationError):
        found = None
    if found is None or found.schema_ != SCHEMA or not _each_once(found.owned.values()):
        raise UsageError(
            "This is no list of what a supplier brings.",
            where=str(path),
            fix="Ask for the owned.json of its newest run; kt-migrate plan makes it.",
        )
    return found


def _each_once(owned: Iterable[tuple[str, ...]]) -> bool:
    return all(len(set(digests)) == len(digests) for digests in owned)


def _require_of_here(
    found: Owned, path: Path, workspace: Workspace, environment: Environment
) -> None:
    if (found.environment, found.domain) != (environment.environment, workspace.domain.domain):
        raise UsageError(
            "This list is of another environment or domain.",
            where=str(path),
            fix="Environments never mix: ask for the list of this one.",
        )
    if found.supplier == workspace.domain.suppliers.ours:
        raise UsageError(
            "This list is our own.", where=str(path), fix="Give the lists of the others only."
        )
    if shared := environment.client_ids.intersection(found.clients):
        raise ClashError(
            said(
                "{other} writes with {count} clients of ours.",
                other=found.supplier,
                count=len(shared),
            ),
            where=str(path),
            fix="Each supplier has clients of its own: the server knows by them who brought what.",
        )


def require_no_clash(ours: str, keys: Iterable[tuple[Key, str]], announced: Announced) -> None:
    """Refuse to bring what another supplier announces that it brings.

    Args:
        ours: how we are called.
        keys: (temporary identifier, link) of everything that we would bring.
        announced: by the others.

    Raises:
        ClashError: names both, how many, and the first links.
    """
    found = list(_clashes(keys, announced))
    if not found:
        return
    others = sorted({other for _key, _link, other in found})
    shown = "\n".join(f"  {key.r4_type} {link}" for key, link, _other in sorted(found)[:_SHOWN])
    raise ClashError(
        said(
            "{ours} and {others} would both bring the same {count} objects:\n{links}",
            ours=ours,
            others=", ".join(others),
            count=len(found),
            links=shown,
        ),
        where="--others",
        fix="Agree on who brings them, and say so under suppliers in kt-migrate.yaml.",
    )


def _clashes(
    keys: Iterable[tuple[Key, str]], announced: Announced
) -> Iterator[tuple[Key, str, str]]:
    for key, link in keys:
        if other := announced.by(key):
            yield key, link, other
