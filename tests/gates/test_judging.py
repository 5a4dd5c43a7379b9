"""Every point must be met for GO; nobody's word goes against what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gate_scene import (
    AFTER,
    ANNA,
    BEFORE,
    BEN,
    DAY,
    EVIDENCE,
    HOUR,
    PROBE,
    REHEARSED,
    RUN,
    TRIAL,
    WRITTEN,
    gone,
    ordered,
    said,
    seen,
)
from going import NOON
from kt_migrate.errors import GateError, UsageError
from kt_migrate.gates.deciding import Person, attestation, go, measurements, no_go
from kt_migrate.gates.evidence import Buffer, Evidence, JudgedFacts, Undone
from kt_migrate.gates.findings import WHY, why_text
from kt_migrate.gates.judging import view
from kt_migrate.gates.keeping import held_ledger
from kt_migrate.gates.people import Role
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.gates.tables import POINTS
from kt_migrate.language import shown

Change = Callable[[Evidence], Evidence]


def fields(change: dict[str, object]) -> dict[str, Any]:
    """Return what is to be replaced, of whatever type."""
    return change


@pytest.fixture(params=list(Gate))
def at(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Gate]:
    """Return a working folder and a gate at which GO is possible."""
    gate: Gate = request.param
    ordered(tmp_path)
    said(tmp_path, EVIDENCE[gate], gate)
    return tmp_path, gate


def test_go_is_possible_when_every_point_is_met(at: tuple[Path, Gate]) -> None:
    """And only what comes after the decision is left."""
    root, gate = at
    found = seen(root, EVIDENCE[gate], gate)
    assert found.in_the_way == ()
    assert [one.point.id for one in found.left] == (
        [] if gate is Gate.PRE else ["Q.8", "Q.9", "Q.10", "Q.11"]
    )
    assert gone(root, EVIDENCE[gate], gate).verdict is Verdict.GO


BLOCKING = [
    (gate, point.id)
    for gate in Gate
    for point in POINTS[gate]
    if point.kind is Kind.ATTESTED and not point.after
]


@pytest.mark.parametrize(("gate", "point"), BLOCKING)
def test_one_point_that_nobody_said_blocks_go(tmp_path: Path, gate: Gate, point: str) -> None:
    """Whichever it is; and it is named."""
    ordered(tmp_path)
    said(tmp_path, EVIDENCE[gate], gate, but=point)
    with pytest.raises(GateError) as caught:
        gone(tmp_path, EVIDENCE[gate], gate)
    assert caught.value.what == f"GO is not possible: not every point is met: {point}."
    assert caught.value.fix.startswith(f"kt-migrate gate {gate} --env prd2 ")


def probe(**change: object) -> Change:
    """Change what the probe saw."""
    return lambda e: replace(e, probe=replace(PROBE, **fields(change)))


def trial(**change: object) -> Change:
    """Change the trial."""
    return lambda e: replace(e, trials=(replace(TRIAL, **fields(change)), REHEARSED))


def undone(**change: object) -> Change:
    """Change the run that was undone."""
    return lambda e: replace(e, trials=(TRIAL, replace(REHEARSED, **fields(change))))


def run(**change: object) -> Change:
    """Change the run itself."""
    return lambda e: replace(e, run=replace(e.run, **fields(change)))


def judged(**change: object) -> JudgedFacts:
    """Change what was said of a sample that was good."""
    whole = JudgedFacts(digest="said", good=25, population=400, fewer_than=12, seed="s")
    return replace(whole, **fields(change))


def other(**change: object) -> Change:
    """Change something else."""
    return lambda e: replace(e, **fields(change))


def bound(name: str) -> dict[str, str]:
    """Return the trial's binding with another component."""
    return {**TRIAL.binding, name: "other"}


PRE_MEASURED: list[tuple[Change, str, str]] = [
    (other(probe=None), "O.3.1", "no-probe"),
    (probe(at=NOON - 24 * HOUR), "O.3.1", "probe-old"),
    (probe(at=NOON + 2 * HOUR), "O.3.1", "probe-old"),
    (probe(plan=""), "O.3.1", "probe-other-plan"),
    (probe(plan="other"), "O.3.1", "probe-other-plan"),
    (probe(environment_file="other"), "O.3.1", "probe-other-settings"),
    (probe(lacking=("scopes",)), "O.3.1", "probe-lacking"),
    (probe(unknown=("subscriptions",)), "O.3.1", "probe-unknown"),
    (probe(points=0), "O.3.1", "probe-nothing"),
    (other(trials=(REHEARSED,)), "O.4", "trial-gone"),
    (trial(sample=True), "O.4", "trial-sample"),
    (trial(sent=False), "O.4", "trial-not-sent"),
    (trial(pending=1), "O.4", "trial-pending"),
    (trial(verified=None), "O.4", "trial-unverified"),
    (trial(written_since=True), "O.4", "trial-unverified"),
    (trial(verified=False), "O.4", "trial-unequal"),
    (trial(findings=1), "O.4", "trial-unequal"),
    (trial(duplicates=1), "O.4", "trial-unequal"),
    (trial(audited=False), "O.4", "trial-unequal"),
    *((trial(binding=bound(n)), "O.4", "trial-differs") for n in ("archive", "algorithm", "tool")),
    (trial(binding=bound("enrichment")), "O.4", "trial-differs"),
    (trial(success="not-met"), "O.4.1", "success-not-met"),
    (trial(success="not-measurable"), "O.4.1", "success-not-measurable"),
    (trial(success="no-criteria"), "O.4.1", "success-no-criteria"),
    (trial(success=""), "O.4.1", "success-no-criteria"),
    (run(census_equal=False), "O.4.3", "unequal"),
    (run(unbalanced=1), "O.4.4", "no-balance"),
    (other(changed="the archive"), "O.4.5", "changed"),
    (other(trials=(TRIAL,)), "O.6.1", "not-rehearsed"),
    (undone(undone=Undone(wholly=False, proven=True, left=2)), "O.6.1", "rehearsed-part"),
    (undone(undone=Undone(wholly=True, proven=False)), "O.6.1", "rehearsed-unproven"),
    (undone(binding=bound("archive")), "O.6.1", "not-rehearsed"),
    (undone(binding=bound("algorithm")), "O.6.1", "not-rehearsed"),
    (other(buffer=None), "P.5", "buffer-unseen"),
    (other(buffer=Buffer(empty=False, waiting=1, failed=0, without_status=0)), "P.5", "buffer-full"),
    (other(buffer=Buffer(empty=False, waiting=0, failed=1, without_status=0)), "P.5", "buffer-unknown"),
    (other(delivered=False), "B.2", "not-as-delivered"),
    (other(shared="keys"), "B.6", "shared"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "point", "why"), PRE_MEASURED)
def test_what_is_measured_before_blocks_go(
    tmp_path: Path, change: Change, point: str, why: str
) -> None:
    """Whatever anybody says; and it is told why, in both languages."""
    said(tmp_path, BEFORE)
    wrong = change(BEFORE)
    blocked(tmp_path, wrong, Gate.PRE, point, why)


POST_MEASURED: list[tuple[Change, str, str]] = [
    (run(plan="unordered"), "P.7", "not-ordered"),
    (run(sent=False), "P.8", "not-sent"),
    (run(pending=4), "P.8", "pending"),
    (run(sample=True), "P.8", "pending"),
    (run(undone=Undone(wholly=False, proven=False)), "P.8", "undone"),
    (run(undone=Undone(wholly=False, proven=False)), "Q.2", "undone"),
    (run(verified=None), "Q.2", "not-verified"),
    (run(verified=False), "Q.2", "unequal"),
    (run(written_since=True), "Q.2", "written-since"),
    (run(findings=1), "Q.2.1", "some"),
    (run(verified=None), "Q.2.1", "not-verified"),
    (run(written_since=True), "Q.2.1", "not-verified"),
    (run(duplicates=1), "Q.2.2", "some"),
    (run(verified=None), "Q.2.2", "not-verified"),
    (run(audited=False), "Q.2.3", "audit-differs"),
    (run(judged=None), "Q.3.1", "not-judged"),
    (run(judged=JudgedFacts(stale=True)), "Q.3.1", "judged-before"),
    (run(judged=judged(wrong=1)), "Q.3.1", "judged-wrong"),
    (run(judged=judged(unsure=1)), "Q.3.1", "judged-part"),
    (run(judged=judged(unjudged=1)), "Q.3.1", "judged-part"),
    (run(judged=judged(good=0)), "Q.3.1", "judged-part"),
    (run(undone=Undone(wholly=False, proven=False)), "Q.3.1", "undone"),
    (run(success="not-met"), "Q.6", "success-not-met"),
    (run(success="no-criteria"), "Q.6", "success-no-criteria"),
]


@pytest.mark.parametrize(("change", "point", "why"), POST_MEASURED)
def test_what_is_measured_after_blocks_go(
    tmp_path: Path, change: Change, point: str, why: str
) -> None:
    """The same of the gate after the migration."""
    ordered(tmp_path)
    said(tmp_path, AFTER, Gate.POST)
    blocked(tmp_path, change(AFTER), Gate.POST, point, why)


def blocked(root: Path, evidence: Evidence, gate: Gate, point: str, why: str) -> None:
    """See that one point stands in the way for one reason, and that GO is refused."""
    found = {one.point.id: one for one in seen(root, evidence, gate).in_the_way}
    finding = found[point].finding
    assert finding is not None
    assert finding.why == why
    assert why_text(finding.as_json())
    with pytest.raises(GateError) as caught:
        gone(root, evidence, gate)
    assert point in caught.value.what


def test_every_reason_has_both_languages_and_fits_a_screen() -> None:
    """30 characters, but for what is filled in."""
    for text in WHY.values():
        assert text
        assert max(len(text), len(shown(text))) <= 42


def test_a_no_of_a_person_counts(tmp_path: Path) -> None:
    """The last word counts, also when it is no; and a measured yes does not help."""
    said(tmp_path, BEFORE)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(BEFORE, ledger.chain, Gate.PRE, NOON)
        point = next(p for p in POINTS[Gate.PRE] if p.id == "P.5")
        who = Person(by="K. Support", role=Role.KT13_SUPPORT)
        ledger.add(attestation(now, point, who, yes=False))
    found = {one.point.id: one.verdict for one in seen(tmp_path, BEFORE).in_the_way}
    assert found == {"P.5": Verdict.NOT_MET}


@pytest.mark.parametrize(
    "buffer",
    [
        Buffer(empty=False, waiting=0, failed=2, without_status=1),
        Buffer(empty=False, waiting=10, failed=0, without_status=0),
    ],
)
def test_what_cannot_be_measured_somebody_may_say(tmp_path: Path, buffer: Buffer) -> None:
    """Of the buffer: who looked into what was given up, or waits for servers that are off."""
    doubt = replace(BEFORE, buffer=buffer)
    said(tmp_path, doubt)
    assert [one.point.id for one in seen(tmp_path, doubt).in_the_way] == ["P.5"]
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(doubt, ledger.chain, Gate.PRE, NOON)
        point = next(p for p in POINTS[Gate.PRE] if p.id == "P.5")
        ledger.add(attestation(now, point, BEN))
    assert seen(tmp_path, doubt).in_the_way == ()


def test_a_word_expires(tmp_path: Path) -> None:
    """On the moment: each point for as long as it says."""
    said(tmp_path, BEFORE)
    assert "O.9" not in ids(tmp_path, BEFORE, 3 * DAY - timedelta(seconds=1))
    assert "O.9" in ids(tmp_path, BEFORE, 3 * DAY)
    assert "B.10" not in ids(tmp_path, BEFORE, 7 * DAY - timedelta(seconds=1))
    assert "B.10" in ids(tmp_path, BEFORE, 7 * DAY)


def ids(root: Path, evidence: Evidence, after: timedelta) -> list[str]:
    """Return what stands in the way some time later."""
    return [one.point.id for one in seen(root, evidence, after=after).in_the_way]


@pytest.mark.parametrize(
    ("gate", "change", "points"),
    [
        (Gate.PRE, trial(errors="other"), ["O.4.2"]),
        (Gate.PRE, trial(rejected=9), ["O.4.2"]),
        (Gate.POST, run(errors="other"), ["Q.1", "Q.4", "Q.5"]),
        (Gate.POST, run(lines=9), ["Q.1", "Q.4", "Q.5"]),
        (Gate.POST, run(run="002"), ["Q.1", "Q.3", "Q.4", "Q.5"]),
    ],
)
def test_a_word_is_about_what_was_seen(
    tmp_path: Path, gate: Gate, change: Change, points: list[str]
) -> None:
    """Another error list, another run: it no longer holds."""
    ordered(tmp_path)
    said(tmp_path, EVIDENCE[gate], gate)
    found = seen(tmp_path, change(EVIDENCE[gate]), gate).in_the_way
    assert [one.point.id for one in found] == points
    assert all(one.stale is not None for one in found)


def test_who_had_a_sample_judged_elsewhere_may_say_so(tmp_path: Path) -> None:
    """Until one is judged here: then the word was about something else."""
    ordered(tmp_path)
    elsewhere = replace(AFTER, run=replace(WRITTEN, judged=None))
    said(tmp_path, elsewhere, Gate.POST)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(elsewhere, ledger.chain, Gate.POST, NOON)
        assert [one.point.id for one in now.in_the_way] == ["Q.3.1"]
        point = next(one.point for one in now.in_the_way)
        assert point.roles == {Role.PROVIDER}
        ledger.add(attestation(now, point, ANNA))
    assert seen(tmp_path, elsewhere, Gate.POST).in_the_way == ()
    half = replace(AFTER, run=replace(WRITTEN, judged=judged(unjudged=3, digest="half")))
    (left,) = seen(tmp_path, half, Gate.POST).in_the_way
    assert (left.point.id, left.stale is not None) == ("Q.3.1", True)


def test_nobodys_word_goes_against_a_dossier_that_was_judged_wrong(tmp_path: Path) -> None:
    """It is a no, and not a question that a person may answer."""
    ordered(tmp_path)
    wrong = replace(AFTER, run=replace(WRITTEN, judged=judged(wrong=1)))
    said(tmp_path, wrong, Gate.POST)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(wrong, ledger.chain, Gate.POST, NOON)
        point = next(one.point for one in now.in_the_way if one.point.id == "Q.3.1")
        ledger.add(attestation(now, point, ANNA))
    found = {one.point.id: one for one in seen(tmp_path, wrong, Gate.POST).in_the_way}

    assert found["Q.3.1"].verdict is Verdict.NOT_MET
    assert found["Q.3.1"].said is not None


def test_the_measurement_of_a_sample_says_what_it_proves(tmp_path: Path) -> None:
    """With its digest, its seed and the rules that were shown; no name, no link."""
    found = seen(tmp_path, AFTER, Gate.POST).measured["Q.3.1"]
    assert found.as_json() == {
        "why": "judged",
        "run": "prd2/001",
        "plan": "plan-prd2",
        "judged": "said",
        "count": 25,
        "percent": 12,
        "population": 400,
        "seed": "s",
        "rules": [],
    }
    assert "25" in why_text(found.as_json())
    assert "12 %" in why_text(found.as_json())


def test_a_word_on_an_archive_is_about_that_archive(tmp_path: Path) -> None:
    """Another one was not confirmed."""
    said(tmp_path, BEFORE)
    other_archive = {**RUN.binding, "archive": "other"}
    found = ids(tmp_path, replace(BEFORE, run=replace(RUN, binding=other_archive)), HOUR)
    assert {"B.1", "B.2", "B.3", "O.4"} <= set(found)


def test_a_trial_that_was_undone_counts_by_what_was_measured_before(tmp_path: Path) -> None:
    """Signed then, and no other trial: so that the trial's environment can be cleaned up."""
    said(tmp_path, BEFORE)
    alone = replace(BEFORE, trials=(TRIAL,))
    with held_ledger(tmp_path, "prd2") as ledger:
        ledger.add(*measurements(view(alone, ledger.chain, Gate.PRE, NOON)))
    gone_since = replace(TRIAL, undone=Undone(wholly=True, proven=True, digest="r"), verified=None)
    cleaned = replace(BEFORE, trials=(gone_since,))
    found = seen(tmp_path, cleaned)
    assert found.in_the_way == ()
    on = {one.point.id: one.finding.on for one in found.standings if one.finding}
    assert on["O.4"]["verify"] == "ver-mgr2"
    assert isinstance(on["O.4"]["measured"], int)
    with held_ledger(tmp_path, "prd2") as ledger:
        first = ledger.add(*measurements(found))
        again = view(cleaned, first, Gate.PRE, NOON + HOUR)
    assert again.measured["O.4"].on["measured"] == on["O.4"]["measured"]
    assert again.measured["O.4"].why == "trial-undone"
    other_plan = replace(cleaned, trials=(replace(gone_since, plan="plan-2"),))
    assert "O.4" in ids(tmp_path, other_plan, HOUR)


def test_the_newest_trial_that_succeeded_counts(tmp_path: Path) -> None:
    """A failed one after it does not take it away; one within the criteria goes first."""
    said(tmp_path, BEFORE)
    failed = replace(TRIAL, run="009", verified=False)
    beside = replace(TRIAL, run="008", success="not-met")
    found = seen(tmp_path, replace(BEFORE, trials=(failed, beside, TRIAL, REHEARSED)))
    assert found.measured["O.4"].on["trial"] == "mgr2/007"
    assert found.measured["O.4.1"].on["trial"] == "mgr2/007"


def test_an_audit_that_was_not_asked_for_is_said_so(tmp_path: Path) -> None:
    """It blocks nothing, and nobody is told that it was confirmed."""
    found = seen(tmp_path, AFTER, Gate.POST).measured["Q.2.3"]
    assert (found.verdict, found.why) == (Verdict.MET, "not-audited")
    asked = seen(tmp_path, replace(AFTER, run=replace(WRITTEN, audited=True)), Gate.POST)
    assert asked.measured["Q.2.3"].why == "audited"


def test_every_measurement_says_on_what_it_stands(tmp_path: Path) -> None:
    """With digests: a third party can look it up."""
    for gate, evidence in EVIDENCE.items():
        for record in measurements(seen(tmp_path, evidence, gate)):
            assert {"plan", "archive", "server", "settings", "verify", "digest"} & set(record.on)


def test_the_order_says_on_which_line_it_stands(tmp_path: Path) -> None:
    """The GO with which the run was begun; after a NO-GO there is none."""
    ordered(tmp_path)
    found = seen(tmp_path, AFTER, Gate.POST).measured["P.7"]
    with held_ledger(tmp_path, "prd2") as ledger:
        last = ledger.chain.lines[-1]
        assert dict(found.on) == {"number": last.number, "digest": last.digest}
        assert found.why == "ordered"
        ledger.add(no_go(view(BEFORE, ledger.chain, Gate.PRE, NOON), ANNA))
    assert seen(tmp_path, AFTER, Gate.POST).measured["P.7"].verdict is Verdict.NOT_MET


def test_what_follows_waits_for_its_turn(tmp_path: Path) -> None:
    """Triggers on after the Eigen verklaring, whatever was said."""
    ordered(tmp_path)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(AFTER, ledger.chain, Gate.POST, NOON)
        point = next(p for p in POINTS[Gate.POST] if p.id == "Q.9")
        ledger.add(attestation(now, point, BEN))
        found = {
            one.point.id: one.verdict for one in view(AFTER, ledger.chain, Gate.POST, NOON).left
        }
        assert found["Q.9"] is Verdict.OPEN
        point = next(p for p in POINTS[Gate.POST] if p.id == "Q.8")
        ledger.add(attestation(now, point, ANNA))
        found = {
            one.point.id: one.verdict for one in view(AFTER, ledger.chain, Gate.POST, NOON).left
        }
    assert sorted(found) == ["Q.10", "Q.11"]


def test_an_environment_without_a_gate_says_so(tmp_path: Path) -> None:
    """Trials need none."""
    with pytest.raises(UsageError, match="mgr2 has no gate"):
        seen(tmp_path, replace(BEFORE, run=TRIAL))


def test_no_points_at_all_is_no_pass(tmp_path: Path) -> None:
    """An empty set of checks fails."""
    empty = replace(seen(tmp_path, BEFORE), standings=())
    with pytest.raises(GateError, match="GO is not possible"):
        go(empty, ANNA)


@pytest.mark.parametrize("number", [0, 2])
def test_subscriptions_that_are_still_paused_are_left_to_do_and_stop_no_decision(
    tmp_path: Path, number: int
) -> None:
    """Until the Eigen verklaring is signed that is as it should be: open, and never a no."""
    ordered(tmp_path)
    said(tmp_path, AFTER, Gate.POST)
    found = seen(tmp_path, replace(AFTER, paused=number), Gate.POST)

    assert found.in_the_way == ()
    assert ("Q.9.1" in [one.point.id for one in found.left]) is (number > 0)
    assert found.measured["Q.9.1"].on["count"] == number
    assert found.measured["Q.9.1"].verdict is (Verdict.OPEN if number else Verdict.MET)
