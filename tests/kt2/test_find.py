"""A look-up by temporary identifier shows everything, or could not look."""

from __future__ import annotations

import pytest

from kt2.paging import Service, patient
from kt2.wire import SYSTEM, Clock, Wire, tell
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import Key


def key(number: int) -> Key:
    """Return the key of a patient."""
    return Key(r4_type="Patient", system=SYSTEM, value=f"https://epd.example/Patient/{number}")


def look(
    service: Service, credentials: Credentials, keys: list[Key]
) -> dict[Key, tuple[Found, ...]]:
    """Look up in a service."""
    found: dict[Key, tuple[Found, ...]] = {}

    async def story(client: FhirClient, _clock: Clock) -> None:
        found.update(await client.find(keys))

    tell(Wire(service.search), credentials, story)
    return found


def copies(number: int) -> Service:
    """Return a service with the same patient many times over."""
    service = Service(patients=[patient(1, "") for _copy in range(number)])
    for place, one in enumerate(service.patients):
        one["id"] = f"copy{place}"
    return service


def test_many_keys_go_in_small_requests(credentials: Credentials) -> None:
    """Each found once; who is not there is left out."""
    service = Service(patients=[patient(n, "") for n in range(300)])

    found = look(service, credentials, [key(n) for n in range(310)])

    assert {k: [one.id for one in v] for k, v in found.items()} == {
        key(n): [f"p{n}"] for n in range(300)
    }
    assert max(map(len, service.asked)) < 5_000
    assert len(service.asked) < 20


def test_an_identifier_given_twice_is_one_resource(credentials: Credentials) -> None:
    """The same temporary identifier twice in one resource makes no duplicate."""
    service = copies(1)
    service.patients[0]["identifier"] = [{"system": SYSTEM, "value": key(1).value}] * 2

    assert len(look(service, credentials, [key(1)])[key(1)]) == 1


def test_duplicates_beyond_a_page_are_all_found(credentials: Credentials) -> None:
    """450 of one key: three pages, counted."""
    service = copies(450)

    assert len(look(service, credentials, [key(1)])[key(1)]) == 450


@pytest.mark.parametrize(("limit", "page"), [(200, 200), (300, 200), (120, 50)])
def test_a_result_that_was_cut_is_could_not_look(
    credentials: Credentials, limit: int, page: int
) -> None:
    """Whether the page without `next` is the first or a later one."""
    service = copies(450)
    service.limit, service.page = limit, page

    with pytest.raises(CouldNotLookError, match="more than the server shows"):
        look(service, credentials, [key(1)])
