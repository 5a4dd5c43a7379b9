"""The answers of a first screen, by themselves: what does not come, why, and who must act."""

from __future__ import annotations

from collections import Counter

import pytest

from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.language import shown
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.errors.groups import Group
from kt_migrate.reports.page.answers import what_is_not, who_acts, why_not
from kt_migrate.reports.page.flows import reasons_of
from kt_migrate.reports.page.model import Fate, Flow, Reason, Tone
from kt_migrate.reports.page.things import left_because

KINDS = ("Patient", "Practitioner", "RelatedPerson", "Organization", "CareTeam", "Riddle", "Puzzle")
LINE = IssueRow(
    source_type="Patient", event="", link="u:1", code="value-missing", path="", rule="", detail=""
)


def flow(source: str, **parts: int) -> Flow:
    """Return the flow of a type."""
    return Flow(name=source, source=source, parts={Fate(name): n for name, n in parts.items()})


def reason(code: str, count: int, *, error: bool = True) -> Reason:
    """Return a reason that means its own code."""
    return Reason(code=code, meaning=code, count=count, error=error)


def group(code: str, **holders: int) -> Group:
    """Return the lines of one reason."""
    return Group(code, LINE, sum(holders.values()), Counter(), Counter(holders))


def test_five_kinds_are_named_and_the_rest_is_counted() -> None:
    """Objects, not kinds; what came wholly is not named."""
    flows = [flow(name, migrated=1, rejected=place) for place, name in enumerate(KINDS)]

    answer = what_is_not(flows, (0, 0))

    assert answer.answer == "21 objecten vallen uit."
    assert [line.partition(" ")[0] for line in answer.more] == ["1", "2", "3", "4", "5", "6"]
    assert answer.more[-1] == "6 van andere soorten"
    assert len(what_is_not(flows[:6], (0, 0)).more) == 5


def test_what_stays_behind_by_choice_is_said_each_by_itself() -> None:
    """Out of scope, not drawn, without a place: none of them is a reject."""
    answer = what_is_not([flow("Patient", migrated=1, out_of_scope=2, not_drawn=3)], (4, 0))

    assert (answer.answer, answer.tone) == ("Er valt niets uit.", Tone.GOOD)
    assert [line.partition(" ")[0] for line in answer.more] == ["2", "3", "4"]
    assert what_is_not([flow("Patient", migrated=1)], (0, 0)).more == ()


@pytest.mark.parametrize(("there", "lines"), [("migrated", 1), ("undone", 1), ("pending", 0)])
def test_before_anything_was_written_nothing_is_late(there: str, lines: int) -> None:
    """All of a plan is still to come; of a run that is told."""
    flows = [flow("Patient", **{"pending": 2, there: 2}), flow("CareTeam", pending=1)]

    more = what_is_not(flows, (0, 0)).more

    assert len(more) == lines
    assert not lines or more[0].startswith("3 objecten moeten nog komen")


def test_three_reasons_are_named_and_the_rest_is_counted() -> None:
    """By their lines; what is only worth knowing is no reason."""
    reasons = tuple(reason(f"r{place}", 10 - place) for place in range(5))
    known = reason("notice", 99, error=False)

    answer = why_not((*reasons, known))

    assert answer.answer == "Er zijn 5 redenen."
    assert answer.more == ("10 keer: r0", "9 keer: r1", "8 keer: r2", "13 om andere redenen")
    assert len(why_not((*reasons[:3], known)).more) == 3
    assert why_not((known,)).tone is Tone.GOOD


def test_what_is_still_to_do_is_no_reason_of_itself() -> None:
    """Only of a run that stopped; of one that did not it is what the server refused to take."""
    reasons = (reason("server-unavailable", 8), reason("value-missing", 2))

    stopped, ended = why_not(reasons, "Nog te doen."), why_not(reasons)

    assert (stopped.answer, stopped.more) == (
        "Er is 1 reden.",
        ("Nog te doen.", "2 keer: value-missing"),
    )
    assert ended.answer == "Er zijn 2 redenen."
    assert why_not(reasons[:1], "Nog te doen.").tone is Tone.OPEN


@pytest.mark.parametrize("late", ["reference-missing", "reference-not-written"])
def test_nobody_begins_with_what_goes_by_itself(late: str) -> None:
    """Also when it is the most; with nothing else, it is what there is."""
    title = shown(CATALOGUE["value-missing"].title)
    groups = [group(late, zorgaanbieder=9), group("value-missing", zorgaanbieder=2, iemand=1)]

    one, other = who_acts(groups).more

    assert one.startswith(
        f"zorgaanbieder: 11 regels van de foutenlijst. Begin met 2 keer “{title}”"
    )
    assert other.startswith(f"iemand: 1 regel van de foutenlijst. Begin met 1 keer “{title}”")
    assert "Begin met 9 keer" in who_acts(groups[:1]).more[0]


def test_a_notice_is_nobodys_turn_and_what_follows_is_said() -> None:
    """Whose turn it is follows from errors alone."""
    notice = next(e.code for e in CATALOGUE.values() if e.error_class is ErrorClass.NOTICE)

    answer = who_acts([group(notice, zorgaanbieder=3)], ("Hierna: x",))

    assert (answer.answer, answer.tone) == ("Niemand hoeft iets op te lossen.", Tone.GOOD)
    assert answer.more == ("Hierna: x",)


@pytest.mark.parametrize("why", ["status-overruled", "goal-removed", "activity-removed"])
def test_what_the_plan_itself_leaves_behind_has_its_reason(why: str) -> None:
    """No rule says it, so the page does."""
    assert left_because("CarePlanActivityStatus", why, "") != ""
    assert left_because("Riddle", "no-riddle", "Omdat.") == "Omdat."


def test_errors_come_first_and_the_most_of_them_before_the_rest() -> None:
    """A notice may be frequent: nobody has to act on it, so it has no holder."""
    notice = next(e.code for e in CATALOGUE.values() if e.error_class is ErrorClass.NOTICE)
    groups = [
        group(notice, zorgaanbieder=99),
        group("value-missing", zorgaanbieder=2),
        group("code-unknown", iemand=3, zorgaanbieder=4),
        group("file-unreadable", iemand=2),
    ]

    found = reasons_of(groups)

    assert [(one.code, one.count) for one in found] == [
        *(("code-unknown", 7), ("file-unreadable", 2), ("value-missing", 2), (notice, 99)),
    ]
    assert [one.holder for one in found] == [
        "zorgaanbieder · iemand",
        "iemand",
        "zorgaanbieder",
        "",
    ]
    assert [one.error for one in found] == [True, True, True, False]
