"""The service that is asked: the sandbox, or a real one that the environment names."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from joserfc import jwt

from kt_migrate.kt2.keys import Key, load_key
from kt_migrate.model import MIGRATION_SYSTEM
from twin.resources import minimal

F = TypeVar("F", bound=Callable[..., object])

ROWS: dict[str, list[str]] = {}
"""By the mark of a row of server.md §1 (see `test_rows`): the tests that ask it."""

KIND = {"Content-Type": "application/fhir+json"}
RUN = uuid.uuid4().hex[:12]
"""What this run writes can be told from all else by this."""


def row(mark: str) -> Callable[[F], F]:
    """Say which row of server.md §1 a test asks."""

    def note(test: F) -> F:
        ROWS.setdefault(mark, []).append(test.__name__)
        return test

    return note


@dataclass(frozen=True, slots=True)
class Who:
    """A registered client."""

    client_id: str
    key: Key
    kid: str
    algorithm: str = "RS512"

    def assertion(self, endpoint: str, **claims: object) -> dict[str, str]:
        """Return a token request; a claim that is None is left out."""
        return self.signed(endpoint, claims)

    def signed(
        self, endpoint: str, claims: Mapping[str, object], algorithm: str = "", kid: str = ""
    ) -> dict[str, str]:
        """Return a token request, signed by another algorithm or with another kid if given."""
        chosen, now = algorithm or self.algorithm, int(time.time())
        own: dict[str, object] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": endpoint,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + 60,
        }
        kept = {name: value for name, value in {**own, **claims}.items() if value is not None}
        header = {"alg": chosen, "kid": kid or self.kid, "typ": "JWT"}
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(header, kept, self.key, algorithms=[chosen]),
        }


@dataclass
class Caller:
    """A client with a token."""

    http: httpx.Client
    who: Who

    def post(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        """POST a resource to its type."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"/{resource['resourceType']}", json=resource, headers=KIND | named)

    def put(self, resource: dict[str, Any], **headers: str) -> httpx.Response:
        """PUT a resource to its id."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/{resource['resourceType']}/{resource['id']}"
        return self.http.put(path, json=resource, headers=KIND | named)

    def made(self, resource: dict[str, Any]) -> dict[str, Any]:
        """POST a resource that is good; return it as the server has it."""
        answer = self.post(resource)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def search(self, r4_type: str, **params: str | list[str]) -> dict[str, Any]:
        """Search; return the Bundle."""
        answer = self.http.get(f"/{r4_type}", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def count(self, r4_type: str, **params: str | list[str]) -> int:
        """Return how many a search has, as the server counts."""
        return int(self.search(r4_type, _summary="count", **params)["total"])


@dataclass
class Service:
    """One service, and who asks it.

    Attributes:
        base: its FHIR base.
        real: whether it is another than the sandbox.
        caller: may do everything.
        other: may create, and read and change what is its own; None: nobody gave its key.
        limit: after so many hits its searches end.
        many: whether more than that may be written to it.
    """

    base: str
    endpoint: str
    real: bool
    caller: Caller
    other: Caller | None
    limit: int
    many: bool
    _full: str = ""
    _made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def another(self) -> Caller:
        """Return the other client, or skip."""
        if self.other is None:
            pytest.skip("no second client: KT2_OTHER_CLIENT_ID, KT2_OTHER_KEY, KT2_OTHER_KID")
        return self.other

    def value(self) -> str:
        """Return a new identifier."""
        return f"https://twin.example/{RUN}/{uuid.uuid4().hex}"

    def one(self, r4_type: str) -> dict[str, Any]:
        """Return a resource of this type that is there; made once."""
        if r4_type not in self._made:
            self._made[r4_type] = self.caller.made(self.new(r4_type))
        return self._made[r4_type]

    def new(self, r4_type: str, **elements: Any) -> dict[str, Any]:  # noqa: ANN401 (as odd as a row asks)
        """Return a good resource that is not there; what it refers to is."""
        return minimal(r4_type, self.value(), self.reference) | elements

    def reference(self, r4_type: str) -> dict[str, str]:
        """Return a reference to one that is there."""
        return {"reference": f"{r4_type}/{self.one(r4_type)['id']}", "type": r4_type}

    def full(self) -> str:
        """Return a system of which there are five identifiers more than a search shows."""
        if not self.many:
            pytest.skip(f"writes {self.limit + 5} resources: say KT2_MANY=1")
        if not self._full:
            self._full = f"urn:twin:{uuid.uuid4().hex}"
            for number in range(self.limit + 5):
                own = [{"use": "temp", "system": self._full, "value": str(number)}]
                self.caller.made(self.new("Organization", identifier=own))
        return self._full


def key_of(resource: dict[str, Any]) -> str:
    """Return the temporary identifier of a resource as a search value."""
    (identifier,) = (i for i in resource["identifier"] if i.get("use") == "temp")
    return f"{identifier['system']}|{identifier['value']}"


def condition(resource: dict[str, Any]) -> dict[str, str]:
    """Return the header of a conditional create on the temporary identifier."""
    return {"If_None_Exist": f"identifier={key_of(resource)}"}


def system(r4_type: str) -> str:
    """Return the system of a type's temporary identifiers."""
    return MIGRATION_SYSTEM + r4_type


def who_says(prefix: str) -> Who | None:
    """Return the client that the environment names, or None."""
    path = os.environ.get(f"{prefix}_KEY")
    if not path:
        return None
    return Who(
        os.environ[f"{prefix}_CLIENT_ID"],
        load_key(Path(path)),
        os.environ.get(f"{prefix}_KID", "k1"),
        os.environ.get(f"{prefix}_ALGORITHM", "RS512"),
    )


def logged_in(base: str, endpoint: str, who: Who) -> Caller:
    """Return a client with a token."""
    answer = httpx.post(endpoint, data=who.assertion(endpoint))
    answer.raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return Caller(httpx.Client(base_url=base, headers=headers, timeout=60), who)


def endpoint_of(base: str) -> str:
    """Ask a service where tokens are given."""
    said = httpx.get(f"{base}/.well-known/smart-configuration").json()
    return str(said["token_endpoint"])
