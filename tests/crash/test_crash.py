"""The crash matrix in small: a case of each kind, and that the matrix can notice anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from crash.cases import PLAIN, STEPS, Case, aims, case_of
from crash.domain import Domain, make_domains
from crash.playing import CaseError, play
from crash.traps import Trap
from kt_migrate.load import states
from kt_migrate.load.states import Phase

SEEDS = (
    16,  # died before a write left, and again when the look-up said that it was not there
    26,  # a correction; died after the commit of an update
    43,  # no conditional create; died when it left what was there
    73,  # died while a write was under way
    80,  # the disk is full
    82,  # the clock jumps
)
SECOND = 55
"""A second process at the second start, in which what was refused goes again."""
FOUND = {
    68: "a repair that died after its marks: the next start ended with 23, for ever",
}
"""What the matrix found, by seed; mended since."""


@pytest.fixture(scope="session")
def domains(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Domain]:
    """Return the working folders that cases begin with."""
    return make_domains(tmp_path_factory.mktemp("domains"))


@pytest.mark.integration
@pytest.mark.parametrize("seed", [*SEEDS, *FOUND])
def test_whatever_befalls_a_start_the_end_is_the_same(
    seed: int, domains: Mapping[str, Domain], tmp_path: Path
) -> None:
    """Nothing double, nothing lost, no write too many, balanced books, equal totals, verified."""
    played = play(case_of(seed), domains, tmp_path)
    assert played.reached, "nothing befell it"


@pytest.mark.integration
def test_a_second_process_is_refused_and_leaves_everything(
    domains: Mapping[str, Domain], tmp_path: Path
) -> None:
    """While the first stands still in the midst; then the first goes on, or is killed."""
    assert play(case_of(SECOND), domains, tmp_path).refused == 1


@pytest.mark.integration
def test_the_matrix_notices_a_writer_that_is_careless(
    domains: Mapping[str, Domain], tmp_path: Path
) -> None:
    """A broken one on purpose: it does not wait for its intents to be on disk."""
    careless = Trap(kind="careless", nth=10)
    case = Case(
        seed=0,
        aim="careless",
        scene=replace(PLAIN, conditional=False),
        traps=(careless,),
        second=frozenset(),
        faults={},
    )
    with pytest.raises(CaseError, match="without an intent on disk"):
        play(case, domains, tmp_path)


def test_every_aim_is_a_step_that_there_is() -> None:
    """The steps of the list are those of the table; each has its turn within one round."""
    table = {f"{a or Phase.PLANNED}→{b}" for a, ends in states.STEPS.items() for b in ends}
    assert {step for step, _scene, _start in STEPS} <= table
    count = len(aims())
    assert {case_of(seed).aim for seed in range(count)} >= {
        f"{when} the commit of {step}"
        for step, _scene, _start in STEPS
        for when in ("before", "during", "after")
    }


def test_a_seed_draws_the_same_case_again() -> None:
    """A finding is played again by its seed."""
    assert [case_of(seed) for seed in range(200)] == [case_of(seed) for seed in range(200)]
    assert len({str(replace(case_of(seed), seed=0)) for seed in range(200)}) == 200
