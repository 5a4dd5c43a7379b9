"""A GO holds for one plan, one environment, two people, for a while; else it says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from going import NOON, decision, give_go
from kt_migrate.errors import ForgedError, GateError
from kt_migrate.gates.keeping import held_ledger, key_path, ledger_path
from kt_migrate.gates.ledger import require_go
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.language import shown
from kt_migrate.signing import new_signer

PLAN = "a" * 64
HOUR = timedelta(hours=1)


def added(root: Path, *records: Record, env: str = "prd2") -> str:
    """Add records and return the digest of the last."""
    with held_ledger(root, env) as ledger:
        return ledger.add(*records).head


def test_a_go_of_two_people_holds(tmp_path: Path) -> None:
    """And says who, until when, and on which record it stands."""
    give_go(tmp_path, "prd2", PLAN, probe="p1", binding={"archive": "x"})
    go = require_go(tmp_path, "prd2", "pre", PLAN, NOON + HOUR, binding={"archive": "x"})
    assert (go.by, go.role, go.second) == ("A. Beslisser", "zorgaanbieder", "B. Tweede")
    assert go.expires == NOON + 72 * HOUR
    assert go.number == 2
    assert go.bound["probe"] == "p1"
    assert len(go.digest) == 64


def test_on_the_sandbox_one_person_is_enough(tmp_path: Path) -> None:
    """So that a weekend can be played."""
    added(tmp_path, decision("local", PLAN), env="local")
    go = require_go(tmp_path, "local", "pre", PLAN, NOON)
    assert (go.by, go.second) == ("A. Beslisser", "")


def nobody(_root: Path) -> None:
    """Decide nothing."""


def one(root: Path) -> None:
    """Let one person decide."""
    added(root, decision("prd2", PLAN))


def the_same(root: Path) -> None:
    """Let one person decide under two spellings."""
    first = added(root, decision("prd2", PLAN, by="Zoë de Vries"))
    added(root, decision("prd2", PLAN, by="zoe  DeVries", role="it-deelnemer", first=first))


def suppliers(root: Path) -> None:
    """Let two suppliers decide."""
    first = added(root, decision("prd2", PLAN, role="it-deelnemer"))
    added(root, decision("prd2", PLAN, by="B", role="it-deelnemer", first=first))


def stranger(root: Path) -> None:
    """Let the second be of no party that may."""
    first = added(root, decision("prd2", PLAN))
    added(root, decision("prd2", PLAN, by="B", role="kt2-support", first=first))


def two_firsts(root: Path) -> None:
    """Let two people decide, each as the first."""
    added(root, decision("prd2", PLAN))
    added(root, decision("prd2", PLAN, by="B"))


def unlike(root: Path) -> None:
    """Let the second have seen another server."""
    first = added(root, decision("prd2", PLAN, probe="p1"))
    added(root, decision("prd2", PLAN, by="B", first=first, probe="p2"))


def other_plan(root: Path) -> None:
    """Give GO for another plan."""
    give_go(root, "prd2", "b" * 64)


def other_environment(root: Path) -> None:
    """Give GO for another environment."""
    give_go(root, "local", PLAN)


def other_gate(root: Path) -> None:
    """Give GO at the other gate."""
    give_go(root, "prd2", PLAN, gate=Gate.POST)


def expired(root: Path) -> None:
    """Let it expire on the minute."""
    give_go(root, "prd2", PLAN, hours=1)


def first_expired(root: Path) -> None:
    """Let the first one's expire, though the second's lasts."""
    first = added(root, decision("prd2", PLAN, hours=1))
    added(root, decision("prd2", PLAN, by="B", first=first))


def endless(root: Path) -> None:
    """Give one without an end."""
    one = replace(decision("prd2", PLAN), expires=None)
    added(root, replace(decision("prd2", PLAN, by="B", first=added(root, one)), expires=None))


def revoked(root: Path) -> None:
    """Take it back."""
    give_go(root, "prd2", PLAN)
    added(root, decision("prd2", PLAN, verdict=Verdict.NO_GO))


def half_revoked(root: Path) -> None:
    """Take it back between the first and the second person."""
    first = added(root, decision("prd2", PLAN))
    added(root, decision("prd2", "", verdict=Verdict.NO_GO))
    added(root, decision("prd2", PLAN, by="B", first=first))


def turned(kind: Kind, verdict: Verdict = Verdict.NOT_MET, plan: str = PLAN) -> Record:
    """Return a record on a point."""
    return replace(decision("prd2", plan), kind=kind, verdict=verdict, point="O.5")


def attested_no(root: Path) -> None:
    """Let somebody say afterwards that a point is not met."""
    give_go(root, "prd2", PLAN)
    added(root, turned(Kind.ATTESTED, plan=""))


def measured_no(root: Path) -> None:
    """Let the tool find afterwards that a point is not met."""
    give_go(root, "prd2", PLAN)
    added(root, turned(Kind.MEASURED))


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (nobody, "Nobody gave GO for prd2 yet."),
        (one, "One person gave GO; prd2 needs two."),
        (the_same, "One person gave GO; prd2 needs two."),
        (suppliers, "One person gave GO; prd2 needs two."),
        (stranger, "One person gave GO; prd2 needs two."),
        (two_firsts, "One person gave GO; prd2 needs two."),
        (unlike, "One person gave GO; prd2 needs two."),
        (other_plan, "The GO that there is was given for another plan."),
        (other_environment, "Nobody gave GO for prd2 yet."),
        (other_gate, "Nobody gave GO for prd2 yet."),
        (expired, "The GO held until 2026-11-28 13:00 UTC."),
        (first_expired, "The GO held until 2026-11-28 13:00 UTC."),
        (endless, "The GO held until 2026-11-28 12:00 UTC."),
        (revoked, "The last decision is NO-GO: it took back every GO before it."),
        (half_revoked, "One person gave GO; prd2 needs two."),
        (attested_no, "Since the GO, this was found not to be met: O.5."),
        (measured_no, "Since the GO, this was found not to be met: O.5."),
    ],
)
def test_no_go_that_holds(tmp_path: Path, done: Callable[[Path], None], said: str) -> None:
    """Each says what is missing, and the command that helps."""
    done(tmp_path)
    with pytest.raises(GateError) as caught:
        require_go(tmp_path, "prd2", "pre", PLAN, NOON + HOUR)
    assert caught.value.what == said
    assert "kt-migrate gate " in caught.value.fix
    assert "--env prd2" in caught.value.fix
    assert caught.value.where.endswith("gates/prd2.ndjson")
    assert caught.value.exit_code == 13
    assert shown(caught.value.what) != said
    assert shown(caught.value.fix) != caught.value.fix


def test_the_second_is_told_what_to_type(tmp_path: Path) -> None:
    """With the roles that may."""
    one(tmp_path)
    with pytest.raises(GateError) as caught:
        require_go(tmp_path, "prd2", "pre", PLAN, NOON)
    assert caught.value.fix == (
        "Let a second person give: kt-migrate gate decide go --gate pre --env prd2 --by NAME "
        "--role it-deelnemer|zorgaanbieder"
    )


def test_what_the_plan_is_bound_to_is_named(tmp_path: Path) -> None:
    """When it is not what the GO saw."""
    give_go(tmp_path, "prd2", PLAN, binding={"archive": "x", "tool": "1"})
    now = {"archive": "y", "tool": "1"}
    with pytest.raises(GateError) as caught:
        require_go(tmp_path, "prd2", "pre", PLAN, NOON, binding=now)
    assert caught.value.what == "The GO was given for something else: archive changed since."
    with pytest.raises(GateError) as caught:
        require_go(tmp_path, "prd2", "pre", PLAN, NOON, binding={"archive": "x", "mode": "m"})
    said = "The GO was given for something else: mode, tool changed since."
    assert caught.value.what == said


def test_a_clock_that_was_put_back_makes_no_go_hold_again(tmp_path: Path) -> None:
    """Neither for who runs, nor for who writes."""
    give_go(tmp_path, "prd2", PLAN, hours=1)
    added(tmp_path, replace(turned(Kind.ATTESTED, Verdict.MET), at=NOON + 2 * HOUR))
    with pytest.raises(GateError, match="clock stands before"):
        require_go(tmp_path, "prd2", "pre", PLAN, NOON)
    with pytest.raises(GateError, match="clock stands before"):
        added(tmp_path, decision("prd2", PLAN, at=NOON + HOUR))


def test_a_point_that_is_met_again_leaves_the_go(tmp_path: Path) -> None:
    """The last word on each point counts; another plan's measurements do not."""
    measured_no(tmp_path)
    added(tmp_path, turned(Kind.MEASURED, Verdict.MET), turned(Kind.MEASURED, plan="other"))
    assert require_go(tmp_path, "prd2", "pre", PLAN, NOON).number == 2


def test_a_go_after_a_no_go_holds(tmp_path: Path) -> None:
    """NO-GO is no end."""
    revoked(tmp_path)
    give_go(tmp_path, "prd2", PLAN, at=NOON + HOUR)
    assert require_go(tmp_path, "prd2", "pre", PLAN, NOON + HOUR).number == 5


def test_another_key_is_no_go(tmp_path: Path) -> None:
    """A ledger that somebody else signed does not open the gate."""
    give_go(tmp_path, "prd2", PLAN)
    key_path(tmp_path).unlink()
    new_signer(key_path(tmp_path))
    with pytest.raises(ForgedError, match="another key than this working folder's"):
        require_go(tmp_path, "prd2", "pre", PLAN, NOON)


def test_a_cut_ledger_is_no_ledger(tmp_path: Path) -> None:
    """A NO-GO cannot be taken away."""
    revoked(tmp_path)
    path = ledger_path(tmp_path, "prd2")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(ForgedError, match="3 lines were written, 2 are there"):
        require_go(tmp_path, "prd2", "pre", PLAN, NOON)
