"""What a store does for the rules: two kinds, SQLite and another FHIR server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kt_migrate.model import Resource
from kt_migrate.sandbox.audit_events import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A resource as it lies in the store. `created` False: it was there already."""

    resource: Resource
    created: bool
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The store refuses: an HTTP status, and why (no content of the resource)."""

    status: int
    why: str
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a search.

    Attributes:
        resources: of this page.
        total: of the whole search, when asked.
        rest: query of the next page; empty: this is the last.
    """

    resources: Sequence[Resource]
    total: int | None
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search.

    Attributes:
        r4_type: the type.
        parameters: name → values, as sent.
        origins: only resources of these Devices (search narrowing); None: all.
    """

    r4_type: str
    parameters: Mapping[str, Sequence[str]]
    origins: frozenset[str] | None


class Store(Protocol):
    """Keeps resources. Knows nothing of tokens, scopes and origins."""

    validates: bool
    """Whether it checks resources against the profiles itself."""

    async def start(self) -> None:
        """Be ready for requests."""

    async def stop(self) -> None:
        """Let go of everything."""

    async def device(self, client_id: str) -> str:
        """Return the logical id of a client's Device, made when it is not there."""
        ...

    async def create(self, resource: Resource, if_none_exist: str | None) -> Saved | Trouble:
        """Keep a new resource, or return the one that matches."""
        ...

    async def read(self, r4_type: str, logical_id: str, version: str = "") -> Resource | Trouble:
        """Return a resource, or one version of it."""
        ...

    async def history(self, r4_type: str, logical_id: str) -> Resource | Trouble:
        """Return a Bundle of all versions of a resource, the newest first."""
        ...

    async def update(self, resource: Resource, version: str) -> Saved | Trouble:
        """Replace the resource with this id, if `version` is its present one."""
        ...

    async def delete(self, r4_type: str, logical_id: str) -> Trouble | None:
        """Delete a resource; None is done."""
        ...

    async def search(self, query: Query) -> Page | Trouble:
        """Search one type."""
        ...

    def audit(self, call: Call) -> None:
        """Note one call."""
