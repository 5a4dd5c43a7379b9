"""Three suppliers at once against a stock HAPI, killed at random: everything once, by the right one.

Stock HAPI knows no ownership: the front stamps `resource-origin` into what it stores there, as the
KT 2.0 service does, and HAPI itself is asked what it holds.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kt_migrate.books import origin_of
from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.puzzle.look import SYSTEMS
from road.beside import straight
from road.suppliers import everything_once_and_by_whom, free_port, made, planned, played, served

pytestmark = [pytest.mark.hapi, pytest.mark.integration]

MESSAGES, KILLS, SEED = 100, 6, 4
PAGE = 200


@pytest.fixture(autouse=True)
def nothing_left(hapi: str) -> Iterator[None]:
    """Take away what another test left on this HAPI, and what this one leaves."""
    with straight(hapi) as somebody:
        somebody.clear(somebody.everything())
        yield
        somebody.clear(somebody.everything())


def held(base: str) -> list[tuple[str, str, str]]:
    """Ask HAPI itself what it has of a migration: type, value and origin."""
    found = []
    for r4_type, name in SYSTEMS:
        system = MIGRATION_SYSTEM + name
        address = f"{base}/{r4_type}?identifier={quote(system, safe='')}%7C&_count={PAGE}"
        with urllib.request.urlopen(_fresh(address), timeout=60) as answer:
            entries = json.loads(answer.read()).get("entry", [])
        assert len(entries) < PAGE, "one page has to be enough for this count"
        for resource in (entry["resource"] for entry in entries):
            origin = _client(base, origin_of(resource))
            found += [(r4_type, value, origin) for value in _values(resource, system)]
    return found


@lru_cache
def _client(base: str, origin: str) -> str:
    """Return an origin as KT 2.0 has it: HAPI gives a Device an id of its own."""
    with urllib.request.urlopen(f"{base}/{origin}", timeout=60) as answer:
        return f"Device/{json.loads(answer.read())['identifier'][0]['value']}"


def _fresh(address: str) -> urllib.request.Request:
    """HAPI remembers the answer to a search for a minute, unless it is asked not to."""
    return urllib.request.Request(address, headers={"Cache-Control": "no-cache"})


def _values(resource: dict[str, Any], system: str) -> list[str]:
    return [i["value"] for i in resource["identifier"] if i.get("system") == system]


def test_three_at_once_on_a_stock_hapi_bring_everything_once(hapi: str, tmp_path: Path) -> None:
    """And at each moment `domain status` says what HAPI itself has, and has not."""
    team = made(tmp_path, MESSAGES, free_port(), per_second=6)

    def count() -> list[tuple[str, str, str]]:
        return held(hapi)

    with served(team, "--upstream", hapi):
        planned(team)
        seen = played(team, count, KILLS, SEED)
        everything_once_and_by_whom(team, count)

    assert team.kills.total() >= 3
    assert seen[-1]["complete"]
