"""sample: how it ends, what it leaves, and what the gate after the migration makes of it."""

from __future__ import annotations

import json
import re
import stat
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from inside import Done, inside, typed
from judged_scene import RUN, SECRET, sampled
from kt_migrate.errors import ExitCode, ServerUnavailableError
from kt_migrate.judging.session import Session
from kt_migrate.reports.errors.remarks import Status, changing
from kt_migrate.reports.judged import CODE, Verdict, held

LOCAL = ("--env", "local")


def all_good(of: Session) -> None:
    """Judge every dossier good."""
    for place in range(1, len(of.cards) + 1):
        of.judge(place, Verdict.GOOD, "")


def one_wrong(of: Session) -> None:
    """Judge every dossier good but the second."""
    all_good(of)
    of.judge(2, Verdict.WRONG, f"De naam is {SECRET}.")


def one_unsure(of: Session) -> None:
    """Judge every dossier good but the first."""
    all_good(of)
    of.judge(1, Verdict.UNSURE, "")


def half(of: Session) -> None:
    """Judge the first dossier, and no more."""
    of.judge(1, Verdict.GOOD, "")


def nothing(_of: Session) -> None:
    """Close the page."""


def point(folder: Path) -> dict[str, object]:
    """Return what the gate makes of it."""
    done = typed("gate", "post", *LOCAL, "--json", cwd=folder)
    (found,) = [one for one in done.document["points"] if one["id"] == "Q.3.1"]
    return {"verdict": found["verdict"], "why": found["measured"]["why"], **found["measured"]}


def left(folder: Path) -> str:
    """Return everything that the samples of the run left."""
    return "".join(path.read_text("utf-8") for path in (folder / RUN / "judged").iterdir())


def test_all_good_ends_with_0_and_is_evidence(tried: Path) -> None:
    """Every verdict with who, when, link, rules and versions; signed with the rest."""
    done = sampled(tried, all_good, "-n", "6", "--json")
    document, found = done.document, point(tried)
    (path,) = (tried / RUN / "judged").iterdir()
    kept = json.loads(path.read_bytes())

    assert (done.code, document["passed"], document["good"]) == (ExitCode.OK, True, 6)
    assert document["population"] == 15
    assert document["path"] == str(path)
    assert (found["verdict"], found["why"], found["count"]) == ("met", "judged", 6)
    assert found["percent"] == document["fewer_than_percent"]
    assert (kept["seed"], kept["asked"], len(kept["dossiers"])) == ("x", 6, 6)
    for dossier in kept["dossiers"]:
        assert dossier["by"] == "Z. Voorbeeld"
        assert dossier["verdict"] == "good"
        assert dossier["link"].startswith("https://")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", dossier["at"])
        assert dossier["rules"]
        assert all(re.fullmatch(r"\w+/[\w-]+/_history/\d+", seen) for seen in dossier["seen"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert typed("gate", "verify", *LOCAL, cwd=tried).code == 0


def test_one_that_is_wrong_ends_with_33_and_no_word_helps(tried: Path) -> None:
    """Its remark is on the error list as it is given to people, and nowhere else."""
    done = sampled(tried, one_wrong, "-n", "6")
    listed = typed("errors", "list", *LOCAL, cwd=tried)
    exported = typed("errors", "export", *LOCAL, "-o", "lijst.csv", cwd=tried)

    assert done.code == ExitCode.NOT_APPROVED
    assert point(tried)["why"] == "judged-wrong"
    attest = ("gate", "attest", "Q.3.1", *LOCAL, "--by", "Z. Voorbeeld", "--role", "zorgaanbieder")
    typed(*attest, cwd=tried)
    assert point(tried)["verdict"] == "not-met"
    assert exported.code == 0
    assert SECRET in (tried / "lijst.csv").read_text("utf-8-sig")
    assert CODE in listed.out
    for said in (done, listed, exported):
        assert SECRET not in said.out + said.err
    assert SECRET not in left(tried)
    assert SECRET not in (tried / "gates" / "local.ndjson").read_text("utf-8")


@pytest.mark.parametrize(
    ("judge", "why"), [(nothing, "not-judged"), (half, "judged-part"), (one_unsure, "judged-part")]
)
def test_what_is_not_judged_whole_is_no_pass(tried: Path, judge: object, why: str) -> None:
    """Nor *do not know*: 25, and the point is open."""
    assert callable(judge)
    done = sampled(tried, judge, "-n", "6")
    found = point(tried)

    assert done.code == ExitCode.COULD_NOT_LOOK
    assert (found["verdict"], found["why"]) == ("open", why)


def test_the_same_command_goes_on_where_it_was_left(tried: Path) -> None:
    """What was said stands; the rest is asked."""
    sampled(tried, half, "-n", "6")

    def rest(of: Session) -> None:
        assert of.of(1).verdict is Verdict.GOOD
        assert of.next_open(len(of.cards)) == 2
        all_good(of)

    assert sampled(tried, rest, "-n", "6").code == ExitCode.OK


def test_another_seed_takes_no_verdict_away(tried: Path) -> None:
    """Drawing until all are good proves nothing: what was wrong stays wrong."""
    sampled(tried, one_wrong, "-n", "6")
    again = sampled(tried, all_good, "-n", "6", "--seed", "y")

    assert again.code == ExitCode.OK
    assert point(tried)["why"] == "judged-wrong"


def test_a_later_write_makes_it_stale(tried: Path) -> None:
    """A repair wrote again: what was judged was something else."""
    sampled(tried, all_good, "-n", "6")
    (tried / ".sandbox" / "store.sqlite").unlink()
    with inside(tried):
        assert typed("verify", *LOCAL, cwd=tried).code == ExitCode.MISMATCH
        typed("trial", *LOCAL, "--repair", cwd=tried)

    assert point(tried)["why"] == "judged-before"


def test_another_plan_is_another_sample(tried: Path) -> None:
    """A verdict is about the run that it was given of."""
    sampled(tried, all_good, "-n", "6")
    (path,) = (tried / RUN / "judged").iterdir()
    path.write_bytes(path.read_bytes().replace(b'"plan": "', b'"plan": "0'))

    assert point(tried)["why"] == "judged-before"


def test_a_damaged_file_stops_and_is_named(tried: Path) -> None:
    """It is neither a yes nor nothing."""
    sampled(tried, all_good, "-n", "6")
    (path,) = (tried / RUN / "judged").iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    done = typed("gate", "post", *LOCAL, cwd=tried)

    assert done.code == ExitCode.JOURNAL
    assert path.name in done.err


def test_the_address_is_said_and_nothing_is_opened_unasked(tried: Path) -> None:
    """It holds the one-time token, and is on the screen alone."""
    with patch("webbrowser.open") as opened:
        done = sampled(tried, nothing, "-n", "3")
        calls = [opened.call_count]

    def beside(_of: Session) -> None:
        assert begun.wait(10)  # the page is served while a browser in the terminal is open
        ended.set()

    begun, ended = threading.Event(), threading.Event()

    def browse(address: str) -> None:
        begun.set()
        assert ended.wait(10)
        opens.append(address)

    opens: list[str] = []
    with patch("webbrowser.open", browse):
        again = sampled(tried, beside, "-n", "3", "--open")
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+/enter/\S+", done.out)

    assert calls == [0]
    assert all(one in again.out for one in opens)
    assert not any(
        address.encode() in path.read_bytes() for path in tried.rglob("*") if path.is_file()
    )


def test_a_remark_keeps_what_others_filled_in_on_its_line(tried: Path) -> None:
    """Who acts, and where it stands; a new remark opens it again."""
    done = sampled(tried, one_wrong, "-n", "6")
    assert done.code == ExitCode.NOT_APPROVED
    with changing(tried) as remarks:
        ((line, remark),) = remarks.lines()
        remarks.put(line, replace(remark, holder="EPD-team", status=Status.ACCEPTED))

    sampled(tried, lambda of: of.judge(2, Verdict.WRONG, remark.text), "-n", "6")
    with changing(tried) as remarks:
        same = remarks.of(*line)
    sampled(tried, lambda of: of.judge(2, Verdict.WRONG, "Iets anders."), "-n", "6")
    with changing(tried) as remarks:
        other = remarks.of(*line)

    assert (same.holder, same.status) == ("EPD-team", Status.ACCEPTED)
    assert (other.holder, other.status, other.text) == ("EPD-team", Status.OPEN, "Iets anders.")


def test_a_remark_of_another_sample_is_not_shown_as_if_it_were_made_here(tried: Path) -> None:
    """Remarks are of a client, in whichever run; a verdict is of this one."""
    sampled(tried, one_wrong, "-n", "6")
    seen: list[list[str]] = []

    def look(of: Session) -> None:
        seen.append([text for text in of.remarks.values() if text])

    sampled(tried, look, "-n", "6")
    (path,) = (tried / RUN / "judged").iterdir()
    path.unlink()
    sampled(tried, look, "-n", "6")

    assert seen == [[f"De naam is {SECRET}."], []]


def test_two_at_once_do_not_judge_one_run(tried: Path) -> None:
    """Who comes second is told."""
    with held(tried / RUN):
        done = refused(tried)

    assert done.code == ExitCode.LOCKED


def refused(folder: Path, *line: str) -> Done:
    """Give the command where it is refused before anything is served."""
    with inside(folder):
        return typed("sample", *LOCAL, "--idle", "0.02", *line, cwd=folder)


def test_what_cannot_be_asked_is_refused(tried: Path) -> None:
    """A name that is none, a seed that is none, and a run that wrote nothing."""
    assert refused(tried, "--by", "12345678").code == ExitCode.USAGE
    assert refused(tried, "--seed", "a b").code == ExitCode.USAGE
    assert refused(tried, "-n", "0").code == ExitCode.USAGE
    for path in (tried / RUN).glob("journal.sqlite*"):
        path.unlink()
    assert refused(tried).code == ExitCode.USAGE


def test_a_run_that_was_undone_is_not_judged(tried: Path) -> None:
    """There is nothing of it any more."""
    with inside(tried):
        typed("rollback", *LOCAL, "--yes-rollback", "EXAMPLE", cwd=tried)

    assert refused(tried).code == ExitCode.PLAN_STALE


def test_other_rules_than_the_plans_are_not_shown(tried: Path) -> None:
    """The page would explain what nobody did."""
    domain = tried / "kt-migrate.yaml"
    domain.write_text(domain.read_text("utf-8").replace("standard", "small-practice"), "utf-8")

    assert refused(tried).code == ExitCode.PLAN_STALE


def test_a_server_that_does_not_answer_is_no_approval(tried: Path) -> None:
    """25, and no page."""
    error = ServerUnavailableError("The server does not answer (x).", where="GET x", fix="Wait.")
    with patch("kt_migrate.judging.target.FhirClient.find", side_effect=error):
        done = refused(tried)

    assert done.code == ExitCode.COULD_NOT_LOOK
    assert "enter" not in done.out
