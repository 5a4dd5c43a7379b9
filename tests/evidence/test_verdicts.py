"""What people said of a sample, in a pack: a line per dossier, held against the signed ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.papering import (
    PLAN,
    VERDICTS,
    about_a_sample,
    good,
    ledger,
    measured,
    sample,
    verdicts,
)
from going import NOON, decision
from judged_scene import judged
from kt_migrate.errors import ExitCode
from kt_migrate.evidence.checks import Check, Holds, checked, ending
from kt_migrate.evidence.papers import document
from kt_migrate.evidence.people import People, gates_paper
from kt_migrate.evidence.verdicts import MOST, judged_paper, measured_of
from kt_migrate.gates.chain import START, Chain
from kt_migrate.gates.evidence import Evidence, RunFacts
from kt_migrate.gates.keeping import held_ledger, read_ledger
from kt_migrate.gates.measuring import measure
from kt_migrate.gates.records import Gate, Kind
from kt_migrate.gates.records import Verdict as Met
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.judged import Judged, Verdict, judged_facts, write_judged

NOBODY = People(())


def found(paper: dict[str, Any] | None, *about: dict[str, Any]) -> dict[str, Check]:
    """Return what comes of a paper of verdicts, and of lines of the ledger about it."""
    papers = good()
    rest = [line for line in papers["gates"]["lines"] if line["point"] != "Q.3.1"]
    papers["gates"] = ledger(*rest, *about)
    if paper is None:
        del papers["judged"]
    else:
        papers["judged"] = paper
    return {check.name: check for check in checked(papers)}


def code(checks: dict[str, Check]) -> ExitCode:
    """Return how a pack ends."""
    return ending(tuple(checks.values()))


def test_every_dossier_good_and_measured_so_holds() -> None:
    """Both by themselves: what was said, and that the ledger says the same."""
    checks = found(verdicts(), measured())

    assert (checks["judged"].holds, checks["measured"].holds) == (Holds.YES, Holds.YES)
    assert code(checks) is ExitCode.OK


def test_one_dossier_that_is_wrong_is_no_pass_whoever_says_so() -> None:
    """In whichever sample, whatever the gates decided, and against anybody's word."""
    bad = verdicts(sample("good", "good"), sample("good", "wrong", "unsure", None, seed="t"))
    line = about_a_sample(5, "measured", "not-met", count=1)
    word = about_a_sample(6, "attested", "met")
    checks = found(bad, line, word)

    assert checks["judged"] == Check("judged", Holds.NO, "Q.3.1")
    assert checks["measured"].holds is Holds.YES
    assert code(checks) is ExitCode.NOT_APPROVED


@pytest.mark.parametrize("said", [None, "unsure"])
def test_what_was_not_judged_whole_is_no_pass_but_by_a_persons_word(said: str | None) -> None:
    """The word must be about these verdicts, and be a yes."""
    half = verdicts(sample("good", said, "good"))
    line = about_a_sample(5, "measured", "open", count=1)
    words = {
        "met": about_a_sample(6, "attested", "met"),
        "other": about_a_sample(6, "attested", "met") | {"judged": {"judged": ""}},
        "not-met": about_a_sample(6, "attested", "not-met"),
    }
    holds = {name: found(half, line, word)["judged"].holds for name, word in words.items()}
    checks = found(half, line)

    assert (checks["judged"].holds, checks["measured"].holds) == (Holds.ABSENT, Holds.YES)
    assert code(checks) is ExitCode.COULD_NOT_LOOK
    assert holds == {"met": Holds.YES, "other": Holds.ABSENT, "not-met": Holds.NO}


def test_a_word_that_says_no_goes_before_verdicts_that_say_yes() -> None:
    """The last one counts."""
    no, yes = (about_a_sample(n, "attested", v) for n, v in ((6, "not-met"), (7, "met")))

    assert found(verdicts(), measured(), no)["judged"].holds is Holds.NO
    assert found(verdicts(), measured(), no, yes)["judged"].holds is Holds.YES


def test_without_a_sample_it_is_said_that_there_is_none() -> None:
    """Absent, and no pass; unless somebody attests that dossiers were judged elsewhere."""
    word = about_a_sample(5, "attested", "met") | {"judged": {"judged": ""}}
    other = word | {"plan": "b" * 64}
    nothing, attested = found(None), found(None, word)

    assert nothing["judged"] == Check("judged", Holds.ABSENT)
    assert "measured" not in nothing
    assert code(nothing) is ExitCode.COULD_NOT_LOOK
    assert attested["judged"] == Check("judged", Holds.YES, "Q.3.1")
    assert found(None, other)["judged"].holds is Holds.ABSENT


def test_verdicts_that_the_ledger_knows_and_the_pack_does_not_are_missed() -> None:
    """A paper that was left out."""
    checks = found(None, measured())

    assert checks["measured"] == Check("measured", Holds.NO, "judged.json")
    assert code(checks) is ExitCode.MISMATCH


def test_verdicts_that_no_gate_looked_at_are_not_called_measured() -> None:
    """Nobody measured, before they were given, or of another plan."""
    before = about_a_sample(5, "measured", "open") | {"judged": {"judged": "", "why": "not-judged"}}

    for lines in ((), (before,), (measured() | {"plan": "b" * 64},)):
        assert found(verdicts(), *lines)["measured"].holds is Holds.ABSENT


@pytest.mark.parametrize("name", ["judged", "count", "percent", "population", "seed", "rules"])
def test_every_figure_of_the_ledger_is_worked_out_again(name: str) -> None:
    """A verdict, a dossier or a stratum that was changed shows in one of them."""
    other: Any = {"judged": "e" * 64, "seed": "t", "rules": ["r1"]}.get(name, 4)
    changed: dict[str, Any] = {name: other}
    checks = found(verdicts(), measured(5, **changed))

    assert checks["measured"] == Check("measured", Holds.NO, name)
    assert code(checks) is ExitCode.MISMATCH


def test_the_last_measurement_counts() -> None:
    """An earlier one was of what was said until then."""
    earlier = about_a_sample(5, "measured", "open", count=2)

    assert found(verdicts(), earlier, measured(6))["measured"].holds is Holds.YES
    assert found(verdicts(), measured(5), earlier | {"number": 6})["measured"].holds is Holds.NO


def spoil(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return a sample that something was done to."""
    made = sample("good", "good", "good")
    change(made)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["dossiers"].pop(),
        lambda one: one["dossiers"].clear(),
        lambda one: one["dossiers"][1].update(pseudonym="P-3"),
        lambda one: one["dossiers"][1].update(verdict="fine"),
        lambda one: one["dossiers"][1].update(kind="people"),
        lambda one: one["strata"].pop(0),
        lambda one: one["strata"].append(one["strata"][0]),
        lambda one: one["strata"][1].update(drawn=1),
        lambda one: one["strata"][1].update(of=1),
        lambda one: one["strata"][1].update(of=MOST),
    ],
)
def test_a_sample_that_is_not_what_it_says_it_drew_is_refused(
    change: Callable[[dict[str, Any]], object],
) -> None:
    """Each stratum has what was drawn of it, each dossier is one; none takes for ever."""
    with pytest.raises(ValueError, match="samples"):
        measured_of(verdicts(spoil(change)))


def test_of_what_was_undone_no_sample_is_asked() -> None:
    """There is nothing of it any more."""
    undone = good(rollback={"pending": 0, "left": 0, "proof": {"wrong": 0, "overtaken": 0}})

    assert not {check.name for check in checked(undone)} & {"judged", "measured"}


def kept(root: Path, *samples: Judged) -> Path:
    """Return a run folder with samples."""
    folder = root / "local" / "001"
    folder.mkdir(parents=True)
    for one in samples:
        write_judged(folder, one)
    return folder


def said(of: Judged, *verdicts: Verdict | None, by: str = "Z. Voorbeeld") -> Judged:
    """Say something of each dossier."""
    for one, verdict in zip(of.dossiers, verdicts, strict=True):
        who: dict[str, Any] = {"by": by, "at": "2026-11-28T12:00:00+00:00", "remark": True}
        of = of.with_judgement(replace(one, verdict=verdict, **(who if verdict else {})))
    return of


WRITTEN = patch("kt_migrate.reports.judged.written_at", return_value="1.0")


def test_a_dossier_is_a_pseudonym_and_who_judged_it_a_number(tmp_path: Path) -> None:
    """With stratum, verdict, rules and when; the number is the one that the ledger's lines have."""
    with held_ledger(tmp_path, "local") as book:
        first = decision("local", "p", by="K. Bakker")
        book.add(first, replace(decision("local", "p", by="Z Voorbeeld"), role="zorgaanbieder"))
    chain = read_ledger(tmp_path, "local")
    of = said(judged(2), Verdict.GOOD, Verdict.WRONG)
    folder = kept(tmp_path, of, said(judged(1, seed="t"), Verdict.GOOD, by="N. Nieuw"))
    people = People.of(chain, ["Z. Voorbeeld", "N. Nieuw"])
    with WRITTEN:
        paper = judged_paper(folder, "p", people)
    assert paper is not None
    text = document({"judged": paper, "gates": gates_paper(chain, START, people)}).decode()
    samples: Any = paper["samples"]
    rows = {one["seed"]: one["dossiers"] for one in samples}

    assert rows["s"][0] == {
        "pseudonym": pseudonym(of.dossiers[0].link),
        "kind": "alone",
        "ending": "migrated",
        "verdict": "good",
        "rules": ["r"],
        "at": "2026-11-28T12:00:00+00:00",
        "role": "zorgaanbieder",
        "person": 2,
    }
    assert (rows["t"][0]["role"], rows["t"][0]["person"]) == ("", 3)
    for word in ("Voorbeeld", "Nieuw", "Bakker", "epd.example", "remark", "_history"):
        assert word not in text


def test_who_the_ledger_knows_in_two_roles_has_none_in_a_verdict() -> None:
    """Nobody said in which role the dossiers were judged; a made up word is none either."""
    one = decision("local", "p", by="K. Bakker")
    people = People(
        [one, replace(one, role="it-deelnemer"), replace(one, by="P. Piet", role="x y")]
    )

    assert (people.role("k bakker"), people.number("k bakker")) == ("", 1)
    assert people.role("P. Piet") == "(other)"
    assert (people.role("Nobody"), people.number("Nobody")) == ("", None)


def test_what_was_judged_before_the_last_write_is_a_number(tmp_path: Path) -> None:
    """It counts no more, and is not passed over in silence."""
    old = said(judged(2, written="0.5"), Verdict.GOOD, Verdict.WRONG)
    folder = kept(tmp_path, old, judged(2, seed="t"))
    with WRITTEN:
        paper = judged_paper(folder, "p", NOBODY)
        none = judged_paper(kept(tmp_path / "other", judged(2)), "p", NOBODY)

    assert paper == {"judged": "", "before": 1, "samples": []}
    assert none is None
    assert found(paper)["judged"].holds is Holds.ABSENT


def test_what_is_no_word_of_ours_stays_behind(tmp_path: Path) -> None:
    """Whatever somebody wrote into the file of a sample."""
    one = said(judged(1, seed="Jan Jansen <b>"), Verdict.GOOD)
    odd = replace(one.dossiers[0], rules=("Jan Jansen", "r1"), kind="Jan Jansen", at="Jan Jansen")
    folder = kept(tmp_path, one.with_judgement(odd))
    with WRITTEN:
        paper = judged_paper(folder, "p", NOBODY)

    assert paper is not None
    assert "Jan" not in document(paper).decode()


VERDICT = st.sampled_from([Verdict.GOOD] * 6 + [None, *Verdict])
SAMPLE = st.tuples(st.lists(VERDICT, min_size=1, max_size=5), st.integers(5, 300))


@given(st.lists(SAMPLE, max_size=3), st.sampled_from(["1.0", "2.0"]))
def test_what_the_gate_measures_is_what_the_paper_comes_to(
    drawn: list[tuple[list[Verdict | None], int]], now: str
) -> None:
    """Two roads from the same verdicts, whatever they are: the gate's, and the pack's."""
    samples = [
        said(judged(len(verdicts), of, seed=str(n)), *verdicts)
        for n, (verdicts, of) in enumerate(drawn)
    ]
    with TemporaryDirectory() as root, WRITTEN as written:
        written.return_value = now
        folder = kept(Path(root), *samples)
        facts = judged_facts(folder, "p")
        run = RunFacts(env="local", run="001", plan=PLAN, binding={}, judged=facts)
        finding = measure(Evidence(run=run), Chain(), Gate.POST, NOON)["Q.3.1"]
        paper = judged_paper(folder, "p", NOBODY)
        record = replace(decision("local", PLAN, by=""), kind=Kind.MEASURED, gate=Gate.POST)
        record = replace(record, point="Q.3.1", verdict=finding.verdict, on=finding.as_json())
        with held_ledger(Path(root), "local") as book:
            book.add(record)
        lines: Any = gates_paper(read_ledger(Path(root), "local"), START)["lines"]
    checks = found(paper, *lines)

    assert (
        checks["judged"].holds
        is {
            Met.MET: Holds.YES,
            Met.NOT_MET: Holds.NO,
            Met.OPEN: Holds.ABSENT,
        }[finding.verdict]
    )
    assert (paper is None) is ("measured" not in checks)
    assert paper is None or checks["measured"].holds is Holds.YES
    assert VERDICTS not in str(paper)
