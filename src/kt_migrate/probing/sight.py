"""Looks at a server, and takes a refusal for an answer. Only GETs leave."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

import httpx

from kt_migrate.kt2.answers import Refused, parse_resource
from kt_migrate.kt2.search import Page, no_bundle, parse_page
from kt_migrate.model import Resource


class Glancer(Protocol):
    """What looking needs of a client (`FhirClient`)."""

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET anything below the FHIR base."""
        ...

    async def profile_versions(self, package: str) -> tuple[str, ...]:
        """Ask which versions of a profile package the service runs."""
        ...


class Login(Protocol):
    """What looking needs of a login."""

    scope: str
    lifetime: int | None

    async def token(self, refused: str = "") -> str:
        """Return a token."""
        ...


class LoggedIn(Glancer, Protocol):
    """A client that can look, and has a login (`FhirClient`)."""

    @property
    def login(self) -> Login:
        """What the token is, and allows."""
        ...


class Sight:
    """Searches and reads as a client does, but for 403: that is an answer, and stops nothing."""

    def __init__(self, client: Glancer) -> None:
        self._client = client

    async def search(self, address: str) -> Page | Refused:
        """GET one page of a search; the address is relative to the FHIR base.

        Raises:
            LoginError: 401 twice.
            ServerUnavailableError: no answer, or no Bundle.
        """
        answer = await self._client.glance(address)
        if answer.is_client_error:
            return Refused(status=answer.status_code)
        bundle = parse_resource(answer.content)
        if not answer.is_success or bundle is None or bundle.get("resourceType") != "Bundle":
            raise no_bundle(answer.status_code, address)
        return parse_page(bundle, address.partition("?")[0])

    async def counted(self, search: str) -> int | Refused:
        """Return how many resources a search has; the refusal, also when it does not say."""
        page = await self.search(f"{search}&_summary=count")
        if isinstance(page, Refused):
            return page
        return Refused(status=HTTPStatus.OK) if page.total is None else page.total

    async def read(self, address: str) -> Resource | int:
        """GET one resource; else the HTTP status that came instead of it."""
        answer = await self._client.glance(address)
        resource = parse_resource(answer.content) if answer.is_success else None
        return answer.status_code if resource is None else resource

    async def statement(self, *, openly: bool) -> Resource | int:
        """GET the CapabilityStatement; else the HTTP status that came.

        Args:
            openly: as anybody may; some servers want a token for it.
        """
        answer = await self._client.glance("metadata", openly=openly)
        resource = parse_resource(answer.content) if answer.is_success else None
        if resource is None or resource.get("resourceType") != "CapabilityStatement":
            return answer.status_code
        return resource
