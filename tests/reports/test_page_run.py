"""The page of a run: what its first screen answers, and that its numbers are rapport.json's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from kt_migrate.algorithm.success import Judged, Judgement
from kt_migrate.algorithm.success import Verdict as Held
from kt_migrate.books import HashTotal
from kt_migrate.gates.keeping import held_ledger
from kt_migrate.gates.people import Role
from kt_migrate.gates.records import Gate, Record, Verdict
from kt_migrate.gates.records import Kind as Recorded
from kt_migrate.language import set_language
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.plan.estimate import Basis, Estimate
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.page.course import MOST_POINTS, latencies_of, moments_of, streams_of
from kt_migrate.reports.page.model import Fate, Kind, Page, Tone
from kt_migrate.reports.page.planned import plan_page
from kt_migrate.reports.page.run import run_page
from kt_migrate.reports.page.standing import Standing, standing_of
from kt_migrate.reports.result import planned_result, run_result
from kt_migrate.reports.starts import starts_of
from kt_migrate.reports.summary import summary
from kt_migrate.reports.undone import undoing_text
from kt_migrate.undo.looking import Undoing
from reports.test_starts import FIRST, SECOND, at, log
from reports.world import WORLDS, Thing, World, Write, build, sha

HEAD = Thing("MessageHeader", ("Create",), Outcome.NOT_MIGRATED, "message-header", (), 0)
DONE = Thing("Patient", ("Create",), Outcome.MIGRATED, "", (Write("Patient", State.CREATED),), 0)
GONE = Thing("Patient", ("Create",), Outcome.REJECTED, "value-missing", (), 0)
REFUSED = replace(DONE, writes=(Write("Patient", State.REJECTED),))
ACTIONS = Actions(
    env="local",
    run="002",
    writes=2,
    estimate=Estimate(
        basis=Basis.UNKNOWN, per_second=None, measured=None, limit=None, max_in_flight=8
    ),
    actions=(),
)
RIGHT = {"Patient": HashTotal(1, int(sha("1"), 16))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a run folder in a working folder, with nothing in it."""
    path = tmp_path / "runs" / "local" / "002"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def english() -> Iterator[None]:
    """Speak English for the while."""
    set_language("en")
    yield
    set_language("nl")


def standing(folder: Path, world: World) -> Standing:
    """Return where a run stands."""
    build(folder, world)
    return standing_of(folder, run_result(folder))


def page(folder: Path, world: World) -> Page:
    """Return the page of a run."""
    found = standing(folder, world)
    return run_page(found, summary(folder, found.result))


@pytest.mark.parametrize(
    ("world", "tone", "answer"),
    [
        (World([DONE, HEAD], found=RIGHT), Tone.GOOD, "Ja: alles wat mee moest staat in KT 2.0."),
        (
            World([DONE]),
            Tone.OPEN,
            "Volgens ons eigen journaal wel; de server is nog niet teruggelezen.",
        ),
        (World([DONE], sent=False), Tone.OPEN, "Nog niet: er is niets geschreven."),
        (World([DONE, GONE], found=RIGHT), Tone.BAD, "Nee: 1 object kon niet mee."),
        (World([DONE, REFUSED, GONE], found=RIGHT), Tone.BAD, "Nee: 2 objecten konden niet mee."),
        (World([DONE], found=RIGHT, missing=1), Tone.BAD, "Nee: de server is niet zoals gepland."),
        (
            World([DONE, replace(DONE, writes=(Write("Patient", None),))]),
            Tone.OPEN,
            "Nog niet: 1 schrijfactie is nog te doen.",
        ),
    ],
)
def test_the_first_answer_is_the_worst_that_there_is_to_say(
    folder: Path, world: World, tone: Tone, answer: str
) -> None:
    """That nothing failed is no yes; only what was read back is."""
    first = page(folder, world).answers[0]

    assert first.question == "Is alles over?"
    assert (first.tone, first.answer) == (tone, answer)


def test_a_run_that_was_undone_is_over_for_nobody(folder: Path) -> None:
    """Whatever was read back before."""
    found = standing(folder, World([DONE], found=RIGHT))
    undone = replace(found, undoing=Undoing(undone=1))

    made = run_page(undone, summary(folder, found.result))

    assert made.answers[0].answer == "Nee: deze run is teruggedraaid."
    assert made.answers[0].more == (undoing_text(Undoing(undone=1)),)
    assert made.answers[0].parts == {Fate.UNDONE: 1}
    assert made.flows[0].parts[Fate.UNDONE] == 1
    assert "staan in KT 2.0" not in str(made)
    assert Fate.MIGRATED not in made.flows[0].parts


@pytest.mark.parametrize(
    ("undoing", "answer"),
    [
        (Undoing(undone=1, left=1), "Nee: deze run is teruggedraaid, en er is iets van blijven"),
        (Undoing(undone=1, pending=1), "Nee: deze run wordt teruggedraaid, en dat is nog niet"),
        (Undoing(pending=1, left=1), "Nee: deze run wordt teruggedraaid, en dat is nog niet"),
    ],
)
def test_what_was_left_of_an_undone_run_is_said_at_once(
    folder: Path, undoing: Undoing, answer: str
) -> None:
    """That nothing of it is there may only be said when it is so."""
    found = standing(folder, World([DONE], found=RIGHT))

    made = run_page(replace(found, undoing=undoing), summary(folder, found.result))

    assert made.answers[0].answer.startswith(answer)
    assert made.answers[0].tone is Tone.BAD


def test_what_is_still_to_be_written_is_not_called_rejected(folder: Path) -> None:
    """An interrupted run: what was not sent yet waits, what was refused does not."""
    to_do = replace(DONE, writes=(Write("Patient", None),))
    both = replace(DONE, writes=(Write("Patient", State.REJECTED), Write("Task", None)))
    made = page(folder, World([DONE, GONE, to_do, to_do, both]))

    (flow,) = made.flows
    assert (flow.parts[Fate.PENDING], flow.parts[Fate.REJECTED]) == (2, 2)
    assert made.answers[0].parts == {Fate.MIGRATED: 1, Fate.REJECTED: 2, Fate.PENDING: 2}
    _over, what, why, who = made.answers
    assert what.answer == "2 objecten vallen uit."
    assert (
        "2 objecten moeten nog komen: tot dan tellen ze in de boeken als uitgevallen" in what.more
    )
    assert why.more[0].startswith("3 schrijfacties zijn nog te doen")
    assert not [line for line in why.more[1:] if "op tijd" in line]
    assert who.more[-1].startswith("Hierna: kt-migrate trial --env local, dat verdergaat")


def test_an_interrupted_run_without_rejects_has_no_reason_but_that(folder: Path) -> None:
    """It is no error, and it is not all right either."""
    log(folder, [*FIRST])
    made = page(folder, World([DONE, replace(DONE, writes=(Write("Patient", None),))]))

    _over, what, why, _who = made.answers
    assert (what.answer, what.tone) == ("Er valt niets uit.", Tone.GOOD)
    assert (why.answer, why.tone) == ("Alleen omdat het niet klaar is.", Tone.OPEN)
    assert why.more == (
        "1 schrijfactie is nog te doen: de laatste start eindigde, "
        "zonder afscheid (gedood of stroom weg).",
    )


def test_a_run_under_a_go_goes_on_as_a_run(folder: Path) -> None:
    """The next command is the one that goes on, not the one that would be refused."""
    log(folder, SECOND)
    made = page(folder, World([replace(DONE, writes=(Write("Patient", None),))]))

    assert "Hierna: kt-migrate run --env local, dat" in made.answers[3].more[-1]


def test_the_page_of_a_plan_is_that_of_before_anything_was_written(folder: Path) -> None:
    """What the server refused since is no property of the plan."""
    before = standing(folder, World([DONE, GONE, REFUSED], sent=False))
    plain = plan_page(before, ACTIONS, summary(folder, before.result))
    shutil.rmtree(folder)
    folder.mkdir()

    after = standing(folder, World([DONE, GONE, REFUSED], found=RIGHT))
    made = plan_page(after, ACTIONS, summary(folder, planned_result(folder)))

    assert made.flows == plain.flows
    assert made.answers[1:] == plain.answers[1:]
    assert made.answers[0].answer == "Van de 3 objecten die mee moeten, gaan er 2 naar KT 2.0."
    assert plain.answers[0].more[-1] == "Er is nog niets geschreven; een plan schrijft niets."
    assert made.answers[0].more == plain.answers[0].more[:-1]
    assert (len(made.warnings), len(plain.warnings)) == (1, 0)


def test_the_page_of_a_plan_of_nothing_says_so(folder: Path) -> None:
    """An archive in which nothing has to come: no zero of zero."""
    made = plan_page(
        found := standing(folder, World([HEAD], sent=False)),
        replace(ACTIONS, writes=0),
        summary(folder, found.result),
    )

    assert made.answers[0].answer == "Niets: er is geen object dat mee moet."
    assert made.answers[0].more == ("Er is nog niets geschreven; een plan schrijft niets.",)


def test_whether_the_criteria_are_met_stands_on_the_first_screen(folder: Path) -> None:
    """Once there are any: who decides asks for that first."""
    found = standing(folder, World([DONE], found=RIGHT))
    content = summary(folder, found.result)
    assert not [line for line in run_page(found, content).answers[0].more if "riteria" in line]

    met = replace(
        found,
        criteria=Judgement(
            judged=(Judged(name="verified", limit=True, found=None, verdict=Held.NOT_MET),)
        ),
    )
    assert run_page(met, content).answers[0].more[-1] == (
        "De succescriteria van de zorgaanbieder: NIET gehaald."
    )


def test_the_other_answers_say_what_why_and_who(folder: Path) -> None:
    """Kinds in the care provider's words, reasons by size, and whose turn it is."""
    _over, what, why, who = page(folder, World([DONE, GONE, GONE, REFUSED, HEAD])).answers

    assert (what.answer, what.tone) == ("3 objecten vallen uit.", Tone.BAD)
    assert what.more == (
        "3 cliënten",
        "1 object heeft geen plek in KT 2.0, en blijft volgens een regel achter; daarvan "
        "1 envelop van een bericht, zonder eigen inhoud",
    )
    assert why.answer == "Er zijn 2 redenen."
    assert [line.partition(":")[0] for line in why.more] == ["2 keer", "1 keer"]
    assert who.answer == "zorgaanbieder en IT-deelnemer."
    assert who.more[0].startswith(
        "zorgaanbieder: 2 regels van de foutenlijst. Begin met 2 keer “KT 2.0 eist dit element"
    )
    assert who.more[-1] == "Hierna: kt-migrate verify --env local"


def test_all_of_it_is_over_in_ten_seconds(folder: Path) -> None:
    """Nothing failed: four answers, all of them good."""
    made = page(folder, World([DONE], found=RIGHT))

    assert {answer.tone for answer in made.answers} == {Tone.GOOD}
    assert made.answers[0].more[0] == "1 van de 1 objecten die mee moesten staan in KT 2.0: 100 %."
    assert {proof.tone for proof in made.proofs} == {Tone.GOOD, Tone.BAD}  # the census counts none


@settings(max_examples=25, deadline=None)
@given(WORLDS)
def test_the_flows_are_the_books(world: World) -> None:
    """Every object of every type has one place in them, or stands among what was left behind."""
    import tempfile  # noqa: PLC0415  (hypothesis wants a folder per example)

    with tempfile.TemporaryDirectory() as root:
        path = Path(root) / "acc21" / "007"
        path.mkdir(parents=True)
        made = page(path, world)
        books = run_result(path).books.per_type()

    there = Fate.MIGRATED if world.sent else Fate.PENDING
    for flow in made.flows:
        row = books[flow.source]
        assert flow.objects == row.objects
        assert flow.parts[there] == row.ended[Outcome.MIGRATED]
        rejected = flow.parts[Fate.REJECTED] + (
            flow.parts.get(Fate.PENDING, 0) if world.sent else 0
        )
        assert rejected == row.ended[Outcome.REJECTED]
        for fate in (Fate.NOT_MIGRATED, Fate.OUT_OF_SCOPE):
            assert flow.parts[fate] == row.ended[Outcome(fate.value)]
    shown = {flow.source for flow in made.flows}
    rest = {name: row for name, row in books.items() if name not in shown}
    assert all(row.ended[Outcome.NOT_MIGRATED] == row.objects for row in rest.values())
    assert made.left is not None
    left = sum(row.ended[Outcome.NOT_MIGRATED] for row in books.values())
    assert sum(int(str(row[2])) for row in made.left.rows) == left


def test_the_totals_are_proven_by_what_they_were_held_against(folder: Path) -> None:
    """Not read back is open; an altered content is no equal content."""
    right = {proof.name: proof for proof in page(folder, World([DONE], found=RIGHT)).proofs}
    assert right["De inhoud is aan beide kanten gelijk"].tone is Tone.GOOD
    assert right["De server is teruggelezen"].tone is Tone.GOOD

    shutil.rmtree(folder)
    folder.mkdir()
    altered = replace(DONE, writes=(Write("Patient", State.CREATED, altered=True),))
    wrong = {proof.name: proof for proof in page(folder, World([altered], found=RIGHT)).proofs}
    assert wrong["De inhoud is aan beide kanten gelijk"].tone is Tone.BAD

    shutil.rmtree(folder)
    folder.mkdir()
    unread = {proof.name: proof for proof in page(folder, World([DONE])).proofs}
    assert unread["De inhoud is aan beide kanten gelijk"].tone is Tone.OPEN
    assert "De server is teruggelezen" not in unread


def test_the_course_is_what_the_record_says(folder: Path) -> None:
    """Starts, orders and ends in their order; nothing of a clock of ours."""
    log(folder, [*FIRST, *SECOND])
    found = moments_of(starts_of(folder), folder)

    assert [one.at for one in found] == sorted(one.at for one in found)
    assert [one.what for one in found] == [
        "start 1 begon",
        "iemand heeft hem gepauzeerd",
        "start 1 eindigde, zonder afscheid (gedood of stroom weg): 4 schrijfacties afgehandeld, waarvan 1 mislukt, in 22,0 s: 0,2 per seconde",
        "start 2 begon onder een GO",
        "start 2 eindigde, klaar: 7 schrijfacties afgehandeld, waarvan 0 mislukt, in 4,5 s: 1,6 per seconde",
    ]
    assert [one.tone for one in found][2::2] == [Tone.BAD, Tone.GOOD]


def test_the_throughput_is_what_was_settled_per_second(folder: Path) -> None:
    """Over the time at work: the pause between two starts is none."""
    log(folder, [*FIRST, *SECOND])
    one, two = streams_of(folder)

    assert one.points == ((0.0, 1.0), (1.0, 1.0), (22.0, round(3 / 21, 3)))
    assert two.points == ((22.0, 3.0), (24.0, 3.0), (26.0, 0.5))


def test_a_long_run_has_no_more_points_than_show(folder: Path) -> None:
    """And what it came to is still under its line."""
    events: list[dict[str, Any]] = [{"event": "start", "at": at(0), "already": 0}]
    events += [
        {"event": "progress", "at": at(second), "done": 10 * second} for second in range(1, 3_000)
    ]
    log(folder, events)
    (stream,) = streams_of(folder)

    assert len(stream.points) <= MOST_POINTS
    assert {rate for _at, rate in stream.points} == {10.0}
    assert stream.points[-1][0] == 2_999


def test_many_starts_are_one_line(folder: Path) -> None:
    """Five kinds of lines nobody tells apart."""
    log(folder, [*SECOND] * 5)

    assert len(streams_of(folder)) == 1


def test_how_long_answers_took_is_told_per_start_and_of_all(folder: Path) -> None:
    """The last is all of them together; without requests there is nothing to tell."""
    log(folder, [*FIRST, *SECOND])
    found = latencies_of(starts_of(folder))

    assert [(one.name, one.requests) for one in found] == [
        ("start 1", 2),
        ("start 2", 3),
        ("samen", 5),
    ]
    assert found[-1].longest == 0.4
    assert latencies_of(()) == ()


def test_a_run_under_a_go_is_a_run_and_another_a_trial(folder: Path) -> None:
    """The heading says so."""
    build(folder, World([DONE]))
    log(folder, FIRST)
    assert page(folder, World([DONE])).kind is Kind.TRIAL
    log(folder, SECOND)
    made = page(folder, World([DONE]))
    assert (made.kind, made.title) == (Kind.RUN, "Migratie van TEST naar Koppeltaal 2.0")


def other(folder: Path, **changes: object) -> None:
    """Write the report of another run of the working folder."""
    content: dict[str, object] = {
        "schema": "kt-migrate-report/1",
        "env": "mgr2",
        "run": "001",
        "sample": {"asked": "5%"},
        "books": {"Patient": {"migrated": 8, "rejected": 2}},
        "figures": {"began": "2026-01-01T00:00:00+00:00", "seconds": 61.5},
        "verified": None,
        **changes,
    }
    path = folder.parents[1] / "mgr2" / "001"
    path.mkdir(parents=True, exist_ok=True)
    (path / "rapport.json").write_bytes(orjson.dumps(content))


def test_earlier_runs_stand_beside_this_one(folder: Path) -> None:
    """By their own reports, the oldest first."""
    other(folder)
    log(folder, SECOND)
    before, here = page(folder, World([DONE, GONE], found=RIGHT)).trials

    assert (before.name, before.extent, before.share) == ("mgr2 001", "steekproef 5%", 0.2)
    assert (before.here, before.seconds, before.verified) == (False, 61.5, None)
    assert (here.name, here.here, here.share, here.verified) == ("local 002", True, 0.5, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "another/1"},
        {"figures": None},
        {"figures": {"seconds": "x", "began": ""}},
        {"books": {"Patient": {}}},
        {"books": 3},
        {"sample": 3},
    ],
)
def test_a_report_that_cannot_be_read_stops_no_page(
    folder: Path, changes: dict[str, object]
) -> None:
    """It is not named; alone, a run is compared with nothing."""
    other(folder, **changes)

    assert page(folder, World([DONE])).trials == ()


def recorded(folder: Path, **changes: Any) -> None:  # noqa: ANN401
    """Add a line to the ledger of the run's environment."""
    record = Record(
        environment="local",
        kind=Recorded.DECIDED,
        gate=Gate.PRE,
        verdict=Verdict.GO,
        run="002",
        plan="p",
        at=datetime(2026, 11, 26, 12, tzinfo=UTC),
        by="A. de Vries",
        role=Role.PROVIDER,
        remark="Mevrouw Jansen belde",
    )
    with held_ledger(folder.parents[2], "local") as ledger:
        ledger.add(replace(record, **changes))


def test_the_gate_is_told_by_roles_and_numbers(folder: Path) -> None:
    """Of this run; no name and no remark leaves the ledger."""
    recorded(folder)
    recorded(folder, run="001", by="C. Cornelissen")
    recorded(
        folder,
        kind=Recorded.ATTESTED,
        point="O.4",
        verdict=Verdict.MET,
        by="B. Bakker",
        role="broer",
    )
    recorded(folder, gate=Gate.POST, verdict=Verdict.NO_GO, by="a de vries")
    made = page(folder, World([DONE]))

    assert made.gate is not None
    assert [row[:4] for row in made.gate.rows] == [
        ("voor de migratie", "GO", "zorgaanbieder", 1),
        ("na de migratie", "NO-GO", "zorgaanbieder", 1),
    ]
    assert ("besloten", "voor de migratie GO · na de migratie NO-GO") in made.facts
    (lines,) = (table for table in made.tables if table.key == "ledger")
    few = "proefmigratie geslaagd"
    assert [row[2:9] for row in lines.rows] == [
        ("voor de migratie", "besluit", "", "besloten", "GO", "zorgaanbieder", 1),
        ("voor de migratie", "O.4", few, "verklaard", "gehaald", "een andere", 3),
        ("na de migratie", "besluit", "", "besloten", "NO-GO", "zorgaanbieder", 1),
    ]
    assert not [word for word in ("Vries", "Bakker", "Jansen", "broer") if word in str(made)]


def test_the_last_decision_counts(folder: Path) -> None:
    """A NO-GO after a GO stands on the first screen, not the GO."""
    recorded(folder)
    recorded(folder, verdict=Verdict.NO_GO)

    assert ("besloten", "voor de migratie NO-GO") in page(folder, World([DONE])).facts


def test_points_without_a_decision_are_no_decision(folder: Path) -> None:
    """What was measured stands among the technical tables; above it that nobody decided."""
    recorded(folder, kind=Recorded.MEASURED, point="O.4", verdict=Verdict.MET, by="", role="")
    made = page(folder, World([DONE]))

    assert made.gate is not None
    assert made.gate.rows == ()
    assert made.gate.note == "Over deze run is nog niets besloten."
    assert [name for name, _value in made.facts if name == "besloten"] == []
    (lines,) = (table for table in made.tables if table.key == "ledger")
    assert lines.rows[0][6:9] == ("gehaald", "", None)


def test_a_forged_ledger_is_told_and_not_shown(folder: Path) -> None:
    """What it says counts for nothing."""
    recorded(folder)
    ledger = folder.parents[2] / "gates" / "local.ndjson"
    ledger.write_bytes(ledger.read_bytes()[:-40] + b"x" * 39 + b"\n")
    made = page(folder, World([DONE])).gate

    assert made is not None
    assert made.rows == ()
    assert made.note.startswith("Het register is niet te vertrouwen")


def test_nobody_recorded_anything(folder: Path) -> None:
    """Then there is no such section."""
    assert page(folder, World([DONE])).gate is None


def test_what_differs_is_counted_per_type(folder: Path) -> None:
    """Of the last time that somebody looked; when nobody did, nothing is said."""
    made = page(folder, World([DONE], found=RIGHT, missing=3)).server
    assert made is not None
    assert [(row[0], row[1], row[4]) for row in made.rows] == [("Task", 3, "verify-missing")]

    shutil.rmtree(folder)
    folder.mkdir()
    assert page(folder, World([DONE])).server is None


@pytest.mark.usefixtures("english")
def test_a_page_speaks_english_when_that_is_asked(folder: Path) -> None:
    """All of it that is ours."""
    made = page(folder, World([DONE, GONE], found=RIGHT))

    assert made.answers[0].question == "Is everything over?"
    assert made.flows[0].name == "patients"


def test_the_same_record_gives_the_same_page(folder: Path) -> None:
    """Twice read is the same value, whatever the clock says."""
    log(folder, [*FIRST, *SECOND])
    found = standing(folder, World([DONE, GONE, HEAD], found=RIGHT))
    content = summary(folder, found.result)

    assert run_page(found, content) == run_page(standing_of(folder, run_result(folder)), content)
