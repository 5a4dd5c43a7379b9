"""Which requests a whole reading makes: each address is known, none is made for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from kt2.paging import patient
from kt2.wire import SYSTEM, key
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.complete import ASK_AT_ONCE, SPARE_REQUESTS, read_complete
from kt_migrate.kt2.search import Found, Page
from kt_migrate.model import Key, Resource

SEARCH = f"Patient?identifier={quote(SYSTEM, safe='')}%7C"
COUNT = f"{SEARCH}&_summary=count"
SORTED = f"{SEARCH}&_sort=_lastUpdated&_count=200"
BY_ID = f"{SEARCH}&_sort=_id&_count=200"
PLAIN = f"{SEARCH}&_count=200"


def at(second: int) -> str:
    """Return an instant as HAPI writes it."""
    return f"2026-11-25T05:{second // 60:02}:{second % 60:02}.5+01:00"


def quoted(second: int) -> str:
    """Return an instant as a search asks it."""
    return quote(at(second), safe="")


def since(second: int) -> str:
    """Return the address that goes on from an instant."""
    return f"{SORTED}&_lastUpdated=ge{quoted(second)}"


def page(*resources: Resource, link: str = "") -> Page:
    """Return a page."""
    return Page(resources=resources, next=link, total=None)


def counted(*totals: int) -> list[Page | Refused]:
    """Return counts."""
    return [Page(resources=[], next="", total=total) for total in totals]


@dataclass
class Told:
    """Gives what it was told per address, one after the other; keeps what it was asked."""

    answers: dict[str, list[Page | Refused]]
    there: Mapping[Key, tuple[Found, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    named: list[list[Key]] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Give a page."""
        self.asked.append(address)
        left = self.answers[address]
        return left.pop(0) if len(left) > 1 else left[0]

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look up."""
        self.named.append(list(keys))
        return {key: self.there[key] for key in keys if key in self.there}


def read(told: Told, known: Callable[[], Iterable[Key]] = tuple) -> int:
    """Read whole."""
    seen: set[str] = set()

    def keep(resources: Sequence[Resource]) -> int:
        before = len(seen)
        seen.update(str(resource["id"]) for resource in resources)
        return len(seen) - before

    return asyncio.run(read_complete(told, "Patient", SYSTEM, keep, known))


def refusal(told: Told) -> CouldNotLookError:
    """Return why a reading could not look."""
    with pytest.raises(CouldNotLookError) as caught:
        read(told)
    assert caught.value.where.removeprefix("GET ") == "Patient"
    return caught.value


def patients(*seconds: int) -> list[Resource]:
    """Return patients, numbered by the second in which they were changed."""
    return [patient(second, at(second)) for second in seconds]


def test_a_domain_of_one_page_costs_three_requests() -> None:
    """Count, read, count."""
    told = Told({COUNT: counted(2), SORTED: [page(*patients(1, 2))]})

    assert read(told) == 2
    assert told.asked == [COUNT, SORTED, COUNT]


def test_an_empty_domain_costs_three_requests() -> None:
    """Nothing there, and it shows."""
    told = Told({COUNT: counted(0), SORTED: [page()]})

    assert read(told) == 0
    assert told.asked == [COUNT, SORTED, COUNT]


def test_each_request_goes_on_from_the_last_instant_that_was_read() -> None:
    """With its plus quoted; what was read already comes again, and is kept once."""
    told = Told(
        {
            COUNT: counted(5),
            SORTED: [page(*patients(1, 2, 3), link="?2")],
            since(3): [page(*patients(3, 4), link="?2")],
            since(4): [page(*patients(4, 5))],
        }
    )

    assert read(told) == 5
    assert told.asked == [COUNT, SORTED, since(3), since(4), COUNT]


def test_a_page_without_next_is_the_last_only_when_all_were_read() -> None:
    """A limit may have cut it: as long as something is missing, and something new comes."""
    told = Told(
        {
            COUNT: counted(4),
            SORTED: [page(*patients(1, 2))],
            since(2): [page(*patients(2, 3, 4))],
        }
    )

    assert read(told) == 4
    assert told.asked == [COUNT, SORTED, since(2), COUNT]


def test_one_instant_that_fills_a_page_is_read_as_a_window() -> None:
    """From that instant up to the next that can be written; then on from there."""
    begin, end = quoted(3), quoted(3).replace(".5", ".6")
    window = f"{SEARCH}&_lastUpdated=ge{begin}&_lastUpdated=lt{end}"
    one, two, three = (patient(30 + n, at(3)) for n in range(3))
    first = f"{window}&_sort=_lastUpdated&_count=200"
    told = Told(
        {
            COUNT: counted(5),
            SORTED: [page(*patients(1), one, link="?2")],
            since(3): [page(one, two, link="?2")],
            f"{window}&_summary=count": counted(3),
            first: [page(one, two, link="Patient?w2")],
            "Patient?w2": [page(three)],
            f"{SORTED}&_lastUpdated=ge{end}": [page(*patients(9))],
        }
    )

    assert read(told, lambda: [key("1")]) == 5
    assert told.asked == [
        *(COUNT, SORTED, since(3)),
        *(f"{window}&_summary=count", first, "Patient?w2"),
        *(f"{SORTED}&_lastUpdated=ge{end}", COUNT),
    ]
    assert told.named == []


def test_what_a_window_does_not_show_is_asked_by_name_once() -> None:
    """A thousand at a time, and not again at the next instant."""
    windows = {}
    for second in (3, 4):
        begin, end = quoted(second), quoted(second).replace(".5", ".6")
        window = f"{SEARCH}&_lastUpdated=ge{begin}&_lastUpdated=lt{end}"
        windows[f"{window}&_summary=count"] = counted(2)
        windows[f"{window}&_sort=_lastUpdated&_count=200"] = [page(patient(second, at(second)))]
    hidden = {
        key(str(n)): (Found(id=f"p{n}", version="1", resource=patient(n, "")),) for n in (30, 40)
    }
    told = Told(
        {
            COUNT: counted(4),
            SORTED: [page(*patients(3), link="?2")],
            f"{SORTED}&_lastUpdated=ge{quoted(3).replace('.5', '.6')}": [
                page(*patients(4), link="?2")
            ],
            f"{SORTED}&_lastUpdated=ge{quoted(4).replace('.5', '.6')}": [page()],
            **windows,
        },
        hidden,
    )
    names = [key(str(n)) for n in range(2 * ASK_AT_ONCE + 1)]
    asked = []

    def known() -> Iterable[Key]:
        asked.append(1)
        return names

    assert read(told, known) == 4
    assert asked == [1]
    assert [len(part) for part in told.named] == [ASK_AT_ONCE, ASK_AT_ONCE, 1]
    assert [one for part in told.named for one in part] == names


@pytest.mark.parametrize(
    "first",
    [
        Refused(status=400),
        page(*patients(2, 1)),
        page(patient(1, ""), link="?2"),
        page(*patients(1), patient(2, "soon"), *patients(3)),
        page(link="?2"),
    ],
)
def test_a_server_that_does_not_sort_is_read_by_next(first: Page | Refused) -> None:
    """Refused, out of order, without instants, or without anything: sorted by id, and followed."""
    told = Told(
        {
            COUNT: counted(3),
            SORTED: [first],
            BY_ID: [page(*patients(1, 2), link="Patient?2")],
            "Patient?2": [page(*patients(3))],
        }
    )

    assert read(told) == 3
    assert told.asked[:3] == [COUNT, SORTED, BY_ID]
    assert told.asked[-2:] == ["Patient?2", COUNT]


def test_a_server_that_sorts_in_no_way_is_read_as_it_comes() -> None:
    """By `next` all the same."""
    told = Told(
        {
            COUNT: counted(2),
            SORTED: [Refused(status=400)],
            BY_ID: [Refused(status=400)],
            PLAIN: [page(*patients(1), link="Patient?2")],
            "Patient?2": [page(*patients(2))],
        }
    )

    assert read(told) == 2
    assert told.asked == [COUNT, SORTED, BY_ID, PLAIN, "Patient?2", COUNT]


def test_a_server_that_goes_back_in_time_does_not_sort() -> None:
    """The first of a page comes before the instant that was asked from."""
    told = Told(
        {
            COUNT: counted(4),
            SORTED: [page(*patients(1, 3), link="?2")],
            since(3): [page(*patients(2, 4))],
            BY_ID: [page(*patients(1, 2, 3, 4))],
        }
    )

    assert read(told) == 4
    assert BY_ID in told.asked


def test_a_reading_that_brings_something_new_for_ever_ends() -> None:
    """After as many requests as there are resources, and some to spare."""

    class Growing(Told):
        async def search(self, address: str) -> Page | Refused:
            self.asked.append(address)
            if "_summary" in address:
                return counted(3)[0]
            number = len(self.asked)
            return page(*patients(number, number + 1), link="?2")

    told = Growing({})

    refused = refusal(told)

    assert refused.what.startswith("The reading does not end")
    assert len(told.asked) == 1 + 3 + SPARE_REQUESTS


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (3, 3, "The server says that it has 3 resources, and 2 could be read."),
        (1, 1, "The server says that it has 1 resources, and 2 could be read."),
        (2, 3, "The server was changed while it was read: it had 2 resources, then 3."),
        (2, 1, "The server was changed while it was read: it had 2 resources, then 1."),
    ],
)
def test_the_servers_count_is_the_judge(before: int, after: int, said: str) -> None:
    """Before and after; one more or one less is could not look."""
    nothing_new = page(*patients(2))
    window = f"{SEARCH}&_lastUpdated=ge{quoted(2)}&_lastUpdated=lt{quoted(2).replace('.5', '.6')}"
    told = Told(
        {
            COUNT: counted(before, after),
            SORTED: [page(*patients(1, 2))],
            since(2): [nothing_new],
            f"{window}&_summary=count": counted(1),
        }
    )

    assert refusal(told).what == said
