"""Who may say and decide what, for how long; and what a GO binds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from gate_scene import (
    AFTER,
    ANNA,
    BEFORE,
    BEN,
    DAY,
    HOUR,
    PROBE,
    RUN,
    gone,
    ordered,
    said,
    seen,
)
from going import NOON
from kt_migrate.errors import GateError, KtMigrateError, UsageError
from kt_migrate.gates.checking import require_founded
from kt_migrate.gates.deciding import Person, attestation, go, no_go, require_person
from kt_migrate.gates.judging import view
from kt_migrate.gates.keeping import held_ledger, ledger_path, read_ledger
from kt_migrate.gates.ledger import require_go
from kt_migrate.gates.people import Role, key_of, same_person
from kt_migrate.gates.points import Point, named_point, role_of
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import shown
from kt_migrate.signing import Signer

LOCAL = replace(
    BEFORE,
    run=replace(RUN, env="local"),
    trials=tuple(replace(trial, env="local") for trial in BEFORE.trials),
)


def point(name: str, gate: Gate = Gate.PRE) -> Point:
    """Return a point."""
    return named_point(POINTS[gate], name)


def in_dutch(error: KtMigrateError) -> bool:
    """Whether an error is said in Dutch, all of it."""
    return shown(error.what) != error.what and shown(error.fix) != error.fix


def test_two_people_make_a_go_for_production(tmp_path: Path) -> None:
    """The care provider first, a supplier second; it binds plan, server and rehearsal."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE)
    with pytest.raises(GateError, match="One person gave GO"):
        require_go(tmp_path, "prd2", "pre", RUN.plan, NOON + HOUR)
    gone(tmp_path, BEFORE, who=BEN, after=2 * HOUR)
    held = require_go(tmp_path, "prd2", "pre", RUN.plan, NOON + 2 * HOUR, binding=RUN.binding)
    assert (held.by, held.second) == ("A. de Vries", "B. Bakker")
    assert held.bound == {
        "binding": dict(RUN.binding),
        "probe": "server-1",
        "rehearsal": {"run": "mgr2/007", "plan": "plan-mgr2"},
    }
    chain = read_ledger(tmp_path, "prd2")
    decided = require_founded(ledger_path(tmp_path, "prd2"), chain)
    assert [line.record.by for line in decided] == ["A. de Vries", "B. Bakker"]


def test_one_person_is_enough_on_the_sandbox(tmp_path: Path) -> None:
    """And the care provider gives it there too."""
    said(tmp_path, LOCAL)
    with pytest.raises(UsageError, match="it-deelnemer cannot give the first GO") as caught:
        gone(tmp_path, LOCAL, who=BEN)
    assert in_dutch(caught.value)
    gone(tmp_path, LOCAL)
    assert require_go(tmp_path, "local", "pre", RUN.plan, NOON + HOUR).second == ""


@pytest.mark.parametrize(
    "name", ["A. de Vries", "a de vries", "A.de Vriés", "  A.   DE VRIES ", "Á. dė Vries"]
)
def test_the_second_is_somebody_else(tmp_path: Path, name: str) -> None:
    """However the name is written."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE)
    with pytest.raises(GateError, match="by the same person") as caught:
        gone(tmp_path, BEFORE, who=Person(by=name, role=Role.SUPPLIER))
    assert in_dutch(caught.value)


@pytest.mark.parametrize("role", [Role.KT2_SUPPORT, Role.KT13_SUPPORT, Role.ORGANISATION])
def test_the_second_is_of_a_party_that_may(tmp_path: Path, role: Role) -> None:
    """The care provider or a supplier."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE)
    with pytest.raises(UsageError, match="cannot give the second GO") as caught:
        gone(tmp_path, BEFORE, who=Person(by="C", role=role))
    assert in_dutch(caught.value)


def keyed(name: str, role: Role, key: Signer) -> Person:
    """Return a person with a key."""
    return Person(by=name, role=role, key=key)


def test_two_people_with_keys_have_two_keys(tmp_path: Path) -> None:
    """One key under two names is one person; the signature stands in the ledger."""
    said(tmp_path, BEFORE)
    mine = Signer(OKPKey.generate_key("Ed25519"))
    first = gone(tmp_path, BEFORE, who=keyed("A. de Vries", Role.PROVIDER, mine))
    assert key_of(first) == mine.thumbprint
    with pytest.raises(GateError, match="or with the same key"):
        gone(tmp_path, BEFORE, who=keyed("B. Bakker", Role.SUPPLIER, mine))
    other = Signer(OKPKey.generate_key("Ed25519"))
    gone(tmp_path, BEFORE, who=keyed("B. Bakker", Role.SUPPLIER, other))
    assert require_go(tmp_path, "prd2", "pre", RUN.plan, NOON + HOUR).second == "B. Bakker"
    decided = [x.record for x in read_ledger(tmp_path, "prd2").lines if x.record.by]
    assert [key_of(record) for record in decided[-2:]] == [mine.thumbprint, other.thumbprint]


def test_a_first_go_for_something_else_is_no_first(tmp_path: Path) -> None:
    """Another server was seen since: the first must be given again, by who may."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE)
    since = replace(BEFORE, probe=replace(PROBE, server="server-2"))
    with pytest.raises(UsageError, match="cannot give the first GO"):
        gone(tmp_path, since, who=BEN)


def test_a_first_go_waits_no_longer_than_it_holds(tmp_path: Path) -> None:
    """And not after a NO-GO, nor for a third."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE, lasts=HOUR)
    with pytest.raises(UsageError, match="cannot give the first GO"):
        gone(tmp_path, BEFORE, who=BEN, after=2 * HOUR)
    gone(tmp_path, BEFORE, after=3 * HOUR)
    with held_ledger(tmp_path, "prd2") as ledger:
        ledger.add(no_go(view(BEFORE, ledger.chain, Gate.PRE, NOON + 4 * HOUR), ANNA))
    with pytest.raises(UsageError, match="cannot give the first GO"):
        gone(tmp_path, BEFORE, who=BEN, after=5 * HOUR)
    gone(tmp_path, BEFORE, after=5 * HOUR)
    gone(tmp_path, BEFORE, who=BEN, after=5 * HOUR)
    with pytest.raises(UsageError, match="cannot give the first GO"):
        gone(tmp_path, BEFORE, who=Person(by="C. Derde", role=Role.SUPPLIER), after=6 * HOUR)


def test_a_go_does_not_outlive_what_it_stands_on(tmp_path: Path) -> None:
    """72 hours, or less when a word ends before; a shorter time may be asked for."""
    said(tmp_path, LOCAL)
    assert gone(tmp_path, LOCAL).expires == NOON + 3 * DAY  # O.9 was said at noon
    assert gone(tmp_path, LOCAL, after=2 * HOUR, lasts=HOUR).expires == NOON + 3 * HOUR
    for wrong in (timedelta(0), -HOUR, timedelta(hours=73)):
        with pytest.raises(UsageError, match="holds for 72 hours at most") as caught:
            gone(tmp_path, LOCAL, after=3 * HOUR, lasts=wrong)
        assert in_dutch(caught.value)


def test_a_go_after_the_migration_binds_what_was_verified(tmp_path: Path) -> None:
    """The verification and the error list that were evaluated."""
    ordered(tmp_path)
    said(tmp_path, AFTER, Gate.POST)
    record = gone(tmp_path, AFTER, Gate.POST)
    assert record.on["bound"] == {
        "binding": dict(RUN.binding),
        "probe": "",
        "rehearsal": {},
        "result": {"verify": "ver-prd2", "errors": "err-prd2"},
    }


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("O.4", Role.PROVIDER, "O.4 is measured; nobody's word takes its place."),
        ("O.10", Role.PROVIDER, "O.10 is the decision itself."),
        ("O.5", Role.SUPPLIER, "A it-deelnemer may not say O.5."),
        ("P.5", Role.PROVIDER, "A zorgaanbieder may not say P.5."),
        ("B.4", Role.PROVIDER, "A zorgaanbieder may not say B.4."),
    ],
)
def test_what_may_not_be_said_is_refused(tmp_path: Path, name: str, role: Role, said: str) -> None:
    """What is measured, what is decided, and what the draaiboek leaves to another party."""
    with pytest.raises(UsageError) as caught:
        attestation(seen(tmp_path, BEFORE), point(name), Person(by="A. B", role=role))
    assert caught.value.what == said
    assert in_dutch(caught.value)


def test_a_word_holds_no_longer_than_its_point_allows(tmp_path: Path) -> None:
    """A shorter time may be asked for."""
    now = seen(tmp_path, BEFORE)
    short = attestation(now, point("O.9"), ANNA, good=HOUR)
    assert short.expires == NOON + 2 * HOUR
    for wrong in (timedelta(0), timedelta(days=4)):
        with pytest.raises(UsageError, match=r"O.9 holds for 3 days at most") as caught:
            attestation(now, point("O.9"), ANNA, good=wrong)
        assert in_dutch(caught.value)


def test_of_what_is_not_there_nothing_can_be_said(tmp_path: Path) -> None:
    """No trial, no acceptable rejects."""
    now = seen(tmp_path, replace(BEFORE, trials=()))
    with pytest.raises(UsageError, match=r"nothing yet of which O.4.2 can be said") as caught:
        attestation(now, point("O.4.2"), ANNA)
    assert in_dutch(caught.value)


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "A", "x" * 81, "A\nB de Vries", "A\u202eB", "…!?", "123456782", "a.b@c.nl"],
)
def test_what_is_no_name_is_refused_and_not_repeated(name: str) -> None:
    """A name has two letters at least, and no marks that move a line."""
    with pytest.raises(UsageError, match="no name of a person") as caught:
        require_person(name, "")
    assert caught.value.where == "--by"
    assert in_dutch(caught.value)
    assert not name.strip(" .A") or name not in str(vars(caught.value))


@pytest.mark.parametrize(
    "remark",
    ["BSN 123456782", "p@example.org", "geboren 01-02-1990", "1990-02-01", "a\nb", "x" * 401],
)
def test_a_remark_tells_nothing_of_a_client(remark: str) -> None:
    """As far as a program can see; and it is not repeated."""
    with pytest.raises(UsageError, match="does not belong in a remark") as caught:
        require_person("A. de Vries", remark)
    assert caught.value.where == "--remark"
    assert in_dutch(caught.value)
    assert remark not in str(vars(caught.value))


def test_a_plain_remark_is_kept(tmp_path: Path) -> None:
    """As it was said."""
    require_person("A. de Vries", "gezien op dinsdag, 12 punten")
    require_person("AB", "x" * 400)
    require_person("x" * 80, "")
    made = attestation(seen(tmp_path, BEFORE), point("O.1"), replace(ANNA, remark="gezien"))
    assert made.remark == "gezien"


def test_a_no_go_stands_on_nothing(tmp_path: Path) -> None:
    """It is always possible, by anybody of the draaiboek."""
    bare = seen(tmp_path, replace(BEFORE, trials=(), probe=None))
    record = no_go(bare, Person(by="K. Support", role=Role.KT2_SUPPORT))
    assert (record.kind, record.verdict, record.expires) == (Kind.DECIDED, Verdict.NO_GO, None)


@pytest.mark.parametrize(("typed", "meant"), [("o.5", "O.5"), (" B.9 ", "B.9"), ("O.4.2", "O.4.2")])
def test_a_point_may_be_typed_as_one_likes(typed: str, meant: str) -> None:
    """Case and spaces aside."""
    assert point(typed).id == meant


@pytest.mark.parametrize(
    ("typed", "near"), [("O.55", "O.5"), ("B9", "B.9"), ("", "O.1"), ("Jan Jansen", "O.1")]
)
def test_an_unknown_point_gets_the_nearest(typed: str, near: str) -> None:
    """And what that is about."""
    with pytest.raises(UsageError) as caught:
        point(typed)
    assert caught.value.fix.startswith(f"Perhaps {near} is meant: ")
    assert caught.value.where == "POINT"
    assert in_dutch(caught.value)
    assert "Jansen" not in str(vars(caught.value))


def test_an_unknown_role_gets_the_nearest() -> None:
    """And all that there are."""
    assert role_of("Zorgaanbieder") is Role.PROVIDER
    with pytest.raises(UsageError) as caught:
        role_of("zorgaanbiedr")
    assert caught.value.fix.startswith("Perhaps zorgaanbieder is meant; there are ")
    assert in_dutch(caught.value)
    assert caught.value.where == "--role"
    with pytest.raises(UsageError) as caught:
        role_of("")
    assert caught.value.fix == (
        "Perhaps zorgaanbieder is meant; there are zorgaanbieder, it-deelnemer, kt2-support, "
        "kt-support, vzvz."
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jan Jansen", "JAN  JANSEN", True),
        ("José", "jose", True),
        ("J. Jansen", "Jan Jansen", False),
    ],
)
def test_names_are_compared_bare(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Case, accents, spaces and marks aside; initials are another name."""
    assert same_person(one, other) is same


def test_go_is_bound_to_the_points_of_the_moment(tmp_path: Path) -> None:
    """Each point, and on which line of the ledger it stands."""
    said(tmp_path, LOCAL)
    record = gone(tmp_path, LOCAL)
    points = record.on["points"]
    assert isinstance(points, dict)
    wanted = [p.id for p in POINTS[Gate.PRE] if p.kind is not Kind.DECIDED]
    assert sorted(points) == sorted(wanted)
    chain = read_ledger(tmp_path, "local")
    for name, number in points.items():
        ground = chain.lines[int(str(number)) - 1].record
        assert (ground.point, ground.verdict) == (name, Verdict.MET)
    assert go(seen(tmp_path, LOCAL), ANNA).on["bound"] == record.on["bound"]
