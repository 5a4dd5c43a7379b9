"""What a sandbox says of itself: what it offers, what time it is, what it does not give."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

from asking import ask, assertion
from kt_migrate.kt2.capabilities import interactions_of
from kt_migrate.kt2.keys import Key
from kt_migrate.sandbox.settings import TYPES, Faults
from support import SandboxMaker


@pytest.mark.parametrize("deletes", [True, False])
def test_the_statement_says_what_may_be_done_per_type(
    inside: SandboxMaker, *, deletes: bool
) -> None:
    """Delete only where it is offered."""
    served = inside(deletes=deletes)
    said = interactions_of(ask(served, "GET", f"{served.base}/metadata").json())

    assert set(said) == set(TYPES)
    always = {"read", "vread", "history-instance", "search-type", "create", "update"}
    assert set(said.values()) == {frozenset(always | ({"delete"} if deletes else set()))}


@pytest.mark.parametrize("off", [0, 3_600, -3_600])
def test_every_answer_says_what_time_it_is_by_the_servers_clock(
    inside: SandboxMaker, off: int
) -> None:
    """Ahead or behind, as it was asked."""
    served = inside(Faults(clock_off=off))
    answer = ask(served, "GET", f"{served.base}/metadata")

    said = parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert abs(said - off - time.time()) < 60


@pytest.mark.parametrize(("off", "status"), [(0, 200), (60, 200), (120, 401), (-120, 401)])
def test_an_assertion_is_judged_by_that_clock(
    inside: SandboxMaker, key: Key, off: int, status: int
) -> None:
    """One that lives for ninety seconds is too old, or not of yet."""
    served = inside(Faults(clock_off=off))
    now = int(time.time())
    form = assertion(key, served, iat=now, nbf=now, exp=now + 90)

    assert ask(served, "POST", served.sandbox.token_endpoint, **form).status_code == status
