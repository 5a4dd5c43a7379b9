"""A stock HAPI server as the judge; see launcher.py."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from launcher import hapi as serve_hapi
from launcher import missing

from kt_migrate.model import Json, Resource

Judge = Callable[[Resource], tuple[str, ...]]


def skip_without(lacks: str) -> None:
    """Skip a test on a machine that lacks something; in CI that is a failure."""
    if lacks and os.environ.get("CI"):
        pytest.fail(f"the judge cannot start: {lacks}")
    if lacks:
        pytest.skip(f"no HAPI judge on this machine: {lacks}")


@pytest.fixture(scope="session")
def hapi() -> Iterator[str]:
    """Serve HAPI; without what it needs the tests are skipped, in CI that is a failure."""
    skip_without(missing())
    with serve_hapi() as base:
        yield base


@pytest.fixture(scope="session")
def judge(hapi: str) -> Judge:
    """Return what HAPI's validator finds wrong: errors only, without values."""
    return asking(hapi)


def asking(base: str) -> Judge:
    """Return the judge at an address."""

    def ask(resource: Resource) -> tuple[str, ...]:
        body = json.dumps(literal(resource)).encode()
        request = urllib.request.Request(
            f"{base}/{resource['resourceType']}/$validate",
            data=body,
            headers={"Content-Type": "application/fhir+json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            content = json.loads(error.read())
        return tuple(
            f"{issue.get('location', ['?'])[0]}: {issue.get('diagnostics', '')[:200]}"
            for issue in content["issue"]
            if issue["severity"] in ("error", "fatal")
        )

    return ask


def literally(resource: Resource) -> Resource:
    """Return a resource with literal references."""
    return {name: literal(value) for name, value in resource.items()}


def literal(value: Json) -> Json:
    """Replace conditional references, which `$validate` takes for malformed URLs."""
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, dict):
        return {
            name: re.sub(r"\?identifier=.*", "/00000000-0000-4000-8000-000000000000", item)
            if name == "reference" and isinstance(item, str)
            else literal(item)
            for name, item in value.items()
        }
    return value
