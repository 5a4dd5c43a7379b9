"""The page over real sockets: it is on this machine alone, and ends."""

from __future__ import annotations

import time

import httpx
import pytest

from judged_scene import session
from kt_migrate.judging.server import running

pytestmark = pytest.mark.integration


def gone(origin: str) -> bool:
    """Whether an address answers no more, within ten seconds."""
    for _try in range(100):
        try:
            httpx.get(origin, timeout=2)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def test_the_address_answers_until_somebody_ends_it() -> None:
    """On 127.0.0.1; afterwards nobody listens there."""
    found, _kept = session()
    with running(found) as address:
        origin = address.partition("/enter/")[0]
        with httpx.Client(headers={"Origin": origin}) as guest:
            assert guest.get(address).headers["location"] == "/"
            assert guest.get(f"{origin}/").status_code == 200
            assert httpx.get(f"{origin}/").status_code == 403
            assert guest.post(f"{origin}/end").status_code == 200

        assert origin.startswith("http://127.0.0.1:")
        assert gone(origin)


def test_it_ends_when_nobody_looks() -> None:
    """What was shown is let go of."""
    found, kept = session()
    with running(found, idle_seconds=30) as address:
        kept.later(31)

        assert gone(address.partition("/enter/")[0])
    assert found.cards == ()


def test_looking_keeps_it_open() -> None:
    """The time counts from the last look of who came in; others count for nothing."""
    found, kept = session()
    assert found.knows(found.enter(found.token))
    kept.later(29)
    assert not found.knows("x")
    assert found.idle() == 29
    assert found.knows(found._cookie)
    assert found.idle() == 0
