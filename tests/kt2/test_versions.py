"""Every version of a resource, the oldest first, however a server gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import Page, parse_page
from kt_migrate.kt2.versions import MOST_VERSIONS, read_versions, version_number
from kt_migrate.model import Resource


def version(number: int | str) -> Resource:
    """Return one version."""
    return {"resourceType": "Task", "id": "t", "meta": {"versionId": str(number)}}


@dataclass
class Server:
    """Gives pages of a history, and single versions.

    Attributes:
        pages: of the history; none: it refuses that.
        single: versions that can be had by number.
        asked: every address.
    """

    pages: Sequence[Sequence[Resource]] = ()
    single: Sequence[int] = ()
    asked: list[str] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Give a page."""
        self.asked.append(address)
        if not self.pages:
            return Refused(status=404, issues=())
        number = int(address.rpartition("page=")[2]) if "page=" in address else 0
        rest = f"?page={number + 1}" if number + 1 < len(self.pages) else ""
        return Page(resources=self.pages[number], next=rest, total=None)

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """Give one version."""
        self.asked.append(f"{r4_type}/{logical_id}")
        number = int(logical_id.rpartition("/")[2])
        return version(number) if number in self.single else None


def numbers(server: Server, present: str = "3") -> list[int | None]:
    """Return the numbers of the versions that are read."""
    return [version_number(r) for r in asyncio.run(read_versions(server, "Task", "t", present))]


@pytest.mark.parametrize("pages", [[[3, 2, 1]], [[1, 2, 3]], [[3], [2, 1]], [[3, 1], [2]]], ids=str)
def test_numbers_decide_the_order(pages: list[list[int]]) -> None:
    """Two changes in one instant come in any order; each page is followed."""
    server = Server([[version(n) for n in page] for page in pages])

    assert numbers(server) == [1, 2, 3]
    assert server.asked[0] == "Task/t/_history?_count=200"


def test_versions_without_numbers_come_as_the_server_has_them_the_newest_first() -> None:
    """A history begins with the newest."""
    server = Server([[version("c"), version("b"), version("a")]])
    found = asyncio.run(read_versions(server, "Task", "t", "c"))

    assert [r["meta"] for r in found] == [{"versionId": name} for name in "abc"]


def test_a_server_without_history_is_asked_by_number() -> None:
    """What it lacks in between is left out."""
    server = Server(single=(1, 3))

    assert numbers(server) == [1, 3]
    assert server.asked[1:] == [f"Task/t/_history/{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize("present", ["3", "abc", "", str(MOST_VERSIONS + 1)])
def test_what_gives_neither_could_not_be_looked_at(present: str) -> None:
    """Nor is any number of versions asked for that no object has."""
    server = Server(single=(1, 2) if present == "3" else ())
    with pytest.raises(CouldNotLookError, match="versions"):
        numbers(server, present)
    assert len(server.asked) <= 4


def test_a_link_to_the_next_page_of_a_history_stays_one() -> None:
    """On the configured base, as with a search."""
    url = "http://fhir.invalid/fhir/DEFAULT/Task/t/_history?_count=1&page=2"
    bundle: Resource = {"resourceType": "Bundle", "link": [{"relation": "next", "url": url}]}

    assert parse_page(bundle, "Task/t/_history").next == "Task/t/_history?_count=1&page=2"
    assert parse_page(bundle, "Task/u/_history").next == "?_count=1&page=2"
