"""A reading is whole and says so, or could not look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from kt2.paging import Service, patient
from kt2.wire import SYSTEM, Clock, Wire, tell
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.complete import read_complete
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import Key, Resource

LIMIT = 600


def ids(service: Service) -> set[str]:
    """Return what is there."""
    return {str(p["id"]) for p in service.patients}


def read(
    service: Service,
    credentials: Credentials,
    *,
    known: Callable[[], Iterable[Key]] = tuple,
    on_page: Callable[[], None] = lambda: None,
) -> set[str]:
    """Read a service whole; returns the ids."""
    seen: set[str] = set()

    def keep(resources: Sequence[Resource]) -> int:
        before = len(seen)
        seen.update(str(resource["id"]) for resource in resources)
        on_page()
        return len(seen) - before

    async def story(client: FhirClient, _clock: Clock) -> None:
        assert await read_complete(client, "Patient", SYSTEM, keep, known) == len(seen)

    tell(Wire(service.search), credentials, story)
    return seen


def at(second: int, milli: int = 0) -> str:
    """Return an instant as HAPI writes it, with a plus that a URL would eat."""
    return (
        f"2026-11-25T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{milli:03}+01:00"
    )


def spread(count: int) -> list[Resource]:
    """Return patients, each of an instant of its own, not in order."""
    return [patient(n, at(n * 7919 % count)) for n in range(count)]


def same(before: int, together: int, after: int) -> list[Resource]:
    """Return patients of which some share one instant."""
    seconds = [*range(before), *[before] * together, *range(before + 1, before + 1 + after)]
    return [patient(n, at(second, 999)) for n, second in enumerate(seconds)]


def names(service: Service) -> Callable[[], Iterable[Key]]:
    """Return the keys of what is there."""
    return lambda: (
        Key(r4_type="Patient", system=SYSTEM, value=f"https://epd.example/Patient/{n}")
        for n in range(len(service.patients))
    )


def test_more_than_the_servers_limit_is_read_whole(credentials: Credentials) -> None:
    """3,000 where a search ends at 2,200, in hardly more requests than pages."""
    service = Service(patients=spread(3_000), limit=2_200)

    assert read(service, credentials) == ids(service)
    assert len(service.asked) <= 2 + 16


@pytest.mark.parametrize("together", [200, 201, 500, LIMIT])
def test_many_of_one_instant_are_read_by_a_window(credentials: Credentials, together: int) -> None:
    """A whole page of one instant: the keyset cannot move on by itself."""
    service = Service(patients=same(150, together, 150), limit=LIMIT)

    assert read(service, credentials) == ids(service)


def test_more_of_one_instant_than_the_limit_are_asked_by_name(credentials: Credentials) -> None:
    """And without names to ask for, they cannot be shown to be all."""
    service = Service(patients=same(10, LIMIT + 100, 10), limit=LIMIT)

    assert read(service, credentials, known=names(service)) == ids(service)
    with pytest.raises(CouldNotLookError, match="720 resources, and 620 could be read"):
        read(service, credentials)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_a_small_limit_only_takes_more_requests(credentials: Credentials, limit: int) -> None:
    """A page without `next` need not be the last one."""
    service = Service(patients=spread(60 if limit < 200 else 500), limit=limit)

    assert read(service, credentials) == ids(service)


def test_small_pages_are_followed(credentials: Credentials) -> None:
    """The server decides how large a page is."""
    service = Service(patients=same(30, 50, 30), page=20)

    assert read(service, credentials) == ids(service)


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("sort", ["sorts", "ignores"])
def test_a_count_that_lies_is_could_not_look(credentials: Credentials, off: int, sort: str) -> None:
    """Whichever road was taken, the server's own count is the judge."""
    service = Service(patients=spread(450), sort=sort, counts=lambda there: there + off)

    with pytest.raises(CouldNotLookError, match="450 could be read"):
        read(service, credentials)


def test_a_server_that_does_not_count_is_could_not_look(credentials: Credentials) -> None:
    """Nothing can then be shown to be whole."""
    service = Service(patients=spread(3), counts=lambda _there: None)

    with pytest.raises(CouldNotLookError, match="does not count"):
        read(service, credentials)


def test_a_domain_that_changes_meanwhile_is_could_not_look(credentials: Credentials) -> None:
    """One more patient after the first page, which the keyset even sees: still no approval."""
    service = Service(patients=spread(450))

    def more() -> None:
        if len(service.patients) == 450:
            service.patients.append(patient(450, at(80_000)))

    with pytest.raises(CouldNotLookError, match="450 resources, then 451"):
        read(service, credentials, on_page=more)


@pytest.mark.parametrize(
    "service",
    [
        Service(patients=spread(450), sort="refuses"),
        Service(patients=spread(450), sort="ignores"),
        Service(patients=spread(450), filters=False),
        Service(patients=same(0, 450, 0), filters=False),
        Service(patients=[patient(n, "") for n in range(450)]),
        Service(patients=[*spread(300), *[patient(n, "soon") for n in range(300, 450)]]),
    ],
    ids=["refuses", "ignores", "no filter", "no filter, one instant", "no instant", "no instants"],
)
def test_a_server_that_does_not_sort_is_read_by_next(
    service: Service, credentials: Credentials
) -> None:
    """With the right count."""
    service.asked.clear()

    assert read(service, credentials) == ids(service)


def test_a_server_that_does_not_sort_and_cuts_is_could_not_look(credentials: Credentials) -> None:
    """`next` ends at the limit without a word; the count does not."""
    service = Service(patients=spread(900), sort="refuses", limit=LIMIT)

    with pytest.raises(CouldNotLookError, match="900 resources, and 600 could be read"):
        read(service, credentials)


def test_links_that_go_round_end(credentials: Credentials) -> None:
    """A reading never goes on for ever."""
    service = Service(patients=spread(450), sort="refuses", circle=True)

    with pytest.raises(CouldNotLookError, match="circle"):
        read(service, credentials)


def test_nothing_there_is_read_as_nothing(credentials: Credentials) -> None:
    """Zero of zero."""
    assert read(Service(), credentials) == set()
