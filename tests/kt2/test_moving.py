"""A domain that is read while others write: all that was there when the reading began, or no look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from kt2.paging import Service, patient
from kt2.test_complete import LIMIT, at, ids, spread
from kt2.wire import SYSTEM, Clock, Wire, tell
from kt_migrate.errors import CouldNotLookError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.complete import read_moving
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.search import system_token
from kt_migrate.model import Resource


def read(
    service: Service, credentials: Credentials, on_page: Callable[[], None] = lambda: None
) -> set[str]:
    """Read a service that may change; returns the ids."""
    seen: set[str] = set()

    def keep(resources: Sequence[Resource]) -> int:
        before = len(seen)
        seen.update(str(resource["id"]) for resource in resources)
        on_page()
        return len(seen) - before

    async def story(client: FhirClient, _clock: Clock) -> None:
        search = f"Patient?identifier={system_token(SYSTEM)}"
        assert await read_moving(client, search, keep) == len(seen)

    tell(Wire(service.search), credentials, story)
    return seen


def test_what_was_there_at_the_beginning_is_in_it_though_more_comes(
    credentials: Credentials,
) -> None:
    """One more after each page, above the server's limit too."""
    service = Service(patients=spread(900), limit=LIMIT)
    before = ids(service)

    def more() -> None:
        if len(service.patients) < 905:
            number = len(service.patients)
            service.patients.append(patient(number, at(80_000 + number)))

    assert before <= read(service, credentials, more) <= ids(service)


def test_less_than_there_was_is_no_look(credentials: Credentials) -> None:
    """A search that is cut: nobody knows what was missed."""
    with pytest.raises(CouldNotLookError, match="900 resources, and 600 could be read"):
        read(Service(patients=spread(900), sort="refuses", limit=LIMIT), credentials)
