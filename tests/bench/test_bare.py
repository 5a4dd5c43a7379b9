"""The bare load beside which a trial is measured: the same resources, and honest figures."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

import pytest
from bare import Bare, Body, bodies_of
from sweeping import _more, in_flight_line, smallest_good, swept

from asking import assertion
from kt_migrate.kt2.keys import Key as SigningKey
from kt_migrate.kt2.login import Credentials
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.server import Running
from support import SandboxMaker, verify_all


def token_of(served: Running, key: SigningKey) -> str:
    """Log in."""
    import httpx  # noqa: PLC0415

    form = assertion(key, served)
    token: str = httpx.post(served.sandbox.token_endpoint, data=form).json()["access_token"]
    return token


def test_a_bare_load_writes_what_a_trial_writes(
    sandbox: SandboxMaker,
    example_plan: Plan,
    tmp_path: Path,
    key: SigningKey,
    credentials: Credentials,
) -> None:
    """One request each; a verification finds the whole plan, with its references."""
    served = sandbox()
    bodies = bodies_of(example_plan.path)
    bare = Bare(served.base, token_of(served, key))

    rate = asyncio.run(bare.whole(bodies, 4))

    assert rate > 0
    assert served.faults.writes == len(bodies) == example_plan.count()
    assert verify_all(example_plan, tmp_path, served.base, credentials).passed


def test_a_sweep_writes_more_of_the_same_beside_it(
    sandbox: SandboxMaker, example_plan: Plan, key: SigningKey
) -> None:
    """Under other temporary identifiers, up and down the numbers."""
    served = sandbox()
    bodies = bodies_of(example_plan.path)
    bare = Bare(served.base, token_of(served, key))
    asyncio.run(bare.whole(bodies, 4))

    rates = swept(bare, bodies, (1, 4), 0.05)

    assert list(rates) == [1, 4]
    assert min(rates.values()) > 0
    assert served.faults.writes == len(bare.ids) > len(bodies)
    assert len(set(bare.ids.values())) == len(bare.ids)


def test_a_body_once_more_differs_by_its_temporary_identifier_only() -> None:
    """Other identifiers stay."""
    key = Key(r4_type="Patient", system="s", value="a")
    other = {"system": "bsn", "value": "1"}
    mine = {"use": "temp", "system": "s", "value": "a"}
    body = Body(2, key, {"identifier": [other, mine], "active": True})

    again = body.again("x")

    assert again.key == Key(r4_type="Patient", system="s", value="a~x")
    assert again.resource == {"identifier": [other, {**mine, "value": "a~x"}], "active": True}
    assert body.resource["identifier"][1] == mine
    keys = [one.key.value for one in islice(_more([body]), 3)]
    assert keys == ["a~again1", "a~again2", "a~again3"]


@pytest.mark.parametrize(
    ("rates", "enough"),
    [({1: 10.0, 2: 19.0, 4: 20.0, 8: 15.0}, 2), ({1: 10.0, 2: 18.9, 4: 20.0}, 4), ({1: 5.0}, 1)],
)
def test_the_smallest_number_that_is_as_good(rates: dict[int, float], enough: int) -> None:
    """Within 5 % of the best."""
    assert smallest_good(rates) == enough
    assert f"is {enough}: ratio {6 / enough:.2f}" in in_flight_line("x", 6, rates)
