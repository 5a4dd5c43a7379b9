"""Rows of server.md §1: who gets a token."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from kt_migrate.kt2.keys import Key
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import SandboxSettings
from twin.conftest import clients
from twin.service import Caller, Service, Who, endpoint_of, logged_in, row

pytestmark = pytest.mark.integration


@row("afe8c207")
def test_a_good_assertion_gets_a_token(service: Service, caller: Caller) -> None:
    """With how long it lives, and what it allows: one entry per type."""
    answer = httpx.post(service.endpoint, data=caller.who.assertion(service.endpoint))
    said = answer.json()

    assert answer.status_code == 200
    assert said["access_token"]
    assert said["token_type"].lower() == "bearer"
    assert said["expires_in"] == 300
    assert any(line.startswith("system/Patient.") for line in said["scope"].split())


WRONG: dict[str, dict[str, object]] = {
    "expired": {"exp": int(time.time()) - 600},
    "another audience": {"aud": "https://elsewhere.example/token"},
    "an unknown client": {"iss": str(uuid4()), "sub": str(uuid4())},
    "no jti": {"jti": None},
}


@row("c7b09a6f")
@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_an_assertion_with_a_wrong_claim_gets_none(
    service: Service, claims: dict[str, object]
) -> None:
    """401, plain text."""
    wrong = service.caller.who.signed(service.endpoint, claims)
    answer = httpx.post(service.endpoint, data=wrong)

    assert (answer.status_code, answer.text) == (401, "Access Denied")


@row("c7b09a6f")
def test_an_assertion_is_good_once(service: Service, caller: Caller) -> None:
    """The same jti again: 401."""
    form = caller.who.assertion(service.endpoint)
    answers = [httpx.post(service.endpoint, data=form).status_code for _turn in range(2)]

    assert answers == [200, 401]


@row("c7b09a6f")
def test_rs256_is_too_little(service: Service, caller: Caller) -> None:
    """401, also with a key that says that it is for it."""
    if caller.who.algorithm.startswith("ES"):
        pytest.skip("the key is no RSA key")
    form = caller.who.signed(service.endpoint, {}, "RS256", "" if service.real else "k256")

    assert httpx.post(service.endpoint, data=form).status_code == 401


@row("c7b09a6f")
def test_rs384_goes_with_a_jwks(service: Service, caller: Caller) -> None:
    """The sandbox registers a JWKS, with a kid per algorithm. A public key gets 401."""
    if caller.who.algorithm.startswith("ES"):
        pytest.skip("the key is no RSA key")
    form = caller.who.signed(service.endpoint, {}, "RS384", "" if service.real else "k384")
    status = httpx.post(service.endpoint, data=form).status_code

    assert status in ((200, 401) if service.real else (200,))


@row("65904271")
def test_a_client_is_its_device(service: Service, caller: Caller) -> None:
    """Its id is that of a Device, which is the origin of all that it posts."""
    made = caller.made(service.new("Organization"))
    device = f"Device/{caller.who.client_id}"

    assert made["extension"][0]["valueReference"]["reference"] == device
    assert caller.http.get(f"/{device}").status_code == 200


@row("65904271")
def test_without_its_device_a_client_creates_nothing(
    service: Service, key: Key, tmp_path: Path
) -> None:
    """400 `Device not present`: asked of a sandbox that makes none by itself."""
    settings = SandboxSettings(
        base_path="/api/v1/TEST/fhir/r4",
        clients=clients(key),
        store=tmp_path / "store.sqlite",
        makes_devices=False,
    )
    with running(settings) as served:
        bare = logged_in(served.base, endpoint_of(served.base), Who("all", key, "k1"))
        answer = bare.post(service.new("Organization"))
        bare.http.close()

    assert answer.status_code == 400
    assert "Device not present" in answer.text
