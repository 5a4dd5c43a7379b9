"""What the sandbox tells anybody: where to log in, what it can do, a token for an assertion."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate import __version__
from kt_migrate.conformance import PROFILE_PACKAGE, newest_version
from kt_migrate.model import Json, Resource
from kt_migrate.sandbox.responses import json_answer, plain, searchset
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.settings import TYPES

_INTERACTIONS = ["read", "vread", "history-instance", "search-type", "create", "update"]


class OpenRoutes:
    """Handlers that need no token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def smart_configuration(self, _request: Request) -> Response:
        """Say where to log in."""
        return json_answer(
            HTTPStatus.OK,
            {
                "issuer": self._sandbox.token_endpoint.removesuffix("/token"),
                "token_endpoint": self._sandbox.token_endpoint,
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "scopes_supported": ["system/*.cruds"],
                "capabilities": ["client-confidential-asymmetric", "permission-v2"],
            },
        )

    async def metadata(self, _request: Request) -> Response:
        """Say what the service can do."""
        settings = self._sandbox.settings
        codes = [*_INTERACTIONS, "delete"] if settings.deletes else _INTERACTIONS
        resources: list[Json] = [
            {
                "type": r4_type,
                "interaction": [{"code": code} for code in codes],
                "conditionalCreate": settings.conditional_create,
            }
            for r4_type in TYPES
        ]
        return json_answer(
            HTTPStatus.OK,
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "kind": "instance",
                "fhirVersion": "4.0.1",
                "format": ["json"],
                "software": {"name": "kt-migrate sandbox", "version": __version__},
                "implementationGuide": ["http://koppeltaal.nl/fhir/ImplementationGuide"],
                "rest": [{"mode": "server", "resource": resources}],
            },
        )

    async def guide(self, _request: Request) -> Response:
        """Say which profiles apply."""
        guide: Resource = {
            "resourceType": "ImplementationGuide",
            "packageId": PROFILE_PACKAGE,
            "version": self._sandbox.settings.profile_version or newest_version(),
        }
        return json_answer(HTTPStatus.OK, searchset([guide], 1, ""))

    async def token(self, request: Request) -> Response:
        """Give a token for a good assertion."""
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode("latin-1")).items()}
        if form.get("grant_type") != "client_credentials":
            return plain(HTTPStatus.BAD_REQUEST, "Bad Request")
        granted = self._sandbox.tokens.grant(form.get("client_assertion", ""))
        if granted is None:
            return plain(HTTPStatus.UNAUTHORIZED, "Access Denied")
        token, grant = granted
        return json_answer(
            HTTPStatus.OK,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self._sandbox.settings.faults.token_seconds,
                "scope": grant.scopes,
            },
        )
