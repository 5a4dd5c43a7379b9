"""What the papers of a pack say, held against each other. Pure.

That they are as they were signed is not asked here (`evidence.pack`), but whether what was signed
adds up: the books by themselves, plan against journal against server, the chain of the ledger.
A paper that is not there proves nothing: that is *absent*, and no pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kt_migrate.errors import ExitCode
from kt_migrate.evidence.people import JUDGED
from kt_migrate.evidence.verdicts import measured_of, verdict_of
from kt_migrate.model import Outcome

START = "0" * 64
"""What the first line of a ledger has as digest of the line before."""
_TWO_PEOPLE = "prd2"


class Holds(StrEnum):
    """What came of a check."""

    YES = "yes"
    NO = "no"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: whole, books, totals, verify, gates, success, judged, measured, probe, chain or
            rollback.
        holds: what came of it.
        found: what was found, in names and figures of the papers.
    """

    name: str
    holds: Holds
    found: str = ""


CODES = {
    "books": ExitCode.BOOKS,
    "totals": ExitCode.MISMATCH,
    "verify": ExitCode.MISMATCH,
    "rollback": ExitCode.MISMATCH,
    "measured": ExitCode.MISMATCH,
    "chain": ExitCode.FORGED,
    "judged": ExitCode.NOT_APPROVED,
    "gates": ExitCode.NO_GO,
    "success": ExitCode.NO_GO,
    "probe": ExitCode.LACKING,
}
"""How a pack ends of which a check does not hold; the first in this order."""
_NOBODY = {"judged": "", "samples": []}
"""What a pack says of a sample without a paper of it."""
Papers = Mapping[str, Any]


def checked(papers: Papers) -> tuple[Check, ...]:
    """Hold the papers of a pack against each other.

    Args:
        papers: content of each JSON paper, by its name without `.json`.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: a paper is not of its form.
    """
    held = (_rollback,) if "rollback" in papers else (_verify, _success, _judged, _measured)
    drawn = (_whole,) if "sample" in papers else ()
    every = (*drawn, _books, _totals, *held, _probe, _chain, _gates)
    return tuple(found for check in every if (found := check(papers)) is not None)


def ending(checks: tuple[Check, ...]) -> ExitCode:
    """Return how `evidence verify` ends."""
    wrong = {check.name for check in checks if check.holds is Holds.NO}
    for name, code in CODES.items():
        if name in wrong:
            return code
    absent = any(check.holds is Holds.ABSENT for check in checks)
    return ExitCode.COULD_NOT_LOOK if absent else ExitCode.OK


def _held(name: str, wrong: Iterator[str]) -> Check:
    """Return a check that holds when nothing is wrong."""
    found = sorted(set(wrong))
    return Check(name, Holds.NO if found else Holds.YES, ", ".join(found))


def _whole(papers: Papers) -> Check:
    """A sample shows nothing of what was not drawn."""
    drawn = papers["sample"]
    return Check("whole", Holds.ABSENT, f"{drawn['writes']} / {drawn['writes_of']}")


def _books(papers: Papers) -> Check:
    if "books" not in papers:
        return Check("books", Holds.ABSENT)
    return _held("books", _unbalanced(papers["books"]))


def _unbalanced(books: Mapping[str, Any]) -> Iterator[str]:
    """Yield the types whose accounts do not add up: by event, all together, against the census."""
    types, events = books["types"], books["events"]
    yield from types.keys() ^ events.keys()
    for source_type, row in types.items():
        rows = list(events.get(source_type, {}).values())
        summed = {name: sum(each[name] for each in rows) for name in row}
        if summed != row or not all(map(_balances, (row, *rows))):
            yield source_type
    for source_type, counted in books["census"].items():
        known = types.get(source_type, {"objects": 0})["objects"]
        if counted + books["without_link"].get(source_type, 0) != known:
            yield source_type


def _balances(row: Mapping[str, Any]) -> bool:
    fates = sum(row[outcome.value] for outcome in Outcome)
    whole = all(isinstance(n, int) and n >= 0 for n in row.values())
    return whole and row["read"] == row["superseded"] + row["objects"] and row["objects"] == fates


def _totals(papers: Papers) -> Check:
    """Hold plan, journal and server together; of what was undone, plan and journal."""
    rows = papers.get("totals", {})
    sides = ("journal",) if "rollback" in papers else ("journal", "server")
    if not rows or any(row[side] is None for row in rows.values() for side in sides):
        return Check("totals", Holds.ABSENT)
    differ = (r4 for r4, row in rows.items() if any(row[side] != row["plan"] for side in sides))
    return _held("totals", differ)


def _verify(papers: Papers) -> Check:
    if "verify" not in papers:
        return Check("verify", Holds.ABSENT)
    said = papers["verify"]
    passed = said["passed"] is True and said["audited"] is not False
    listed = ", ".join(f"{code} {n}" for code, n in sorted(said["listed"].items()))
    return Check("verify", Holds.YES if passed else Holds.NO, listed)


def _rollback(papers: Papers) -> Check:
    """Whether what was undone is proven gone: nothing pending, left or wrong, nobody overtaken."""
    said = papers["rollback"]
    proof = said["proof"]
    if proof is None:
        return Check("rollback", Holds.ABSENT)
    wrong = {name: said[name] for name in ("pending", "left")}
    wrong |= {name: proof[name] for name in ("wrong", "overtaken")}
    return _held("rollback", (f"{name} {count}" for name, count in wrong.items() if count))


def _success(papers: Papers) -> Check:
    said = papers.get("success", {}).get("verdict", "")
    if said not in ("met", "not-met"):
        return Check("success", Holds.ABSENT, said)
    return Check("success", Holds.YES if said == "met" else Holds.NO)


def _judged(papers: Papers) -> Check:
    """Whether the dossiers of a sample were judged good: here, or else as a person attests."""
    paper = papers.get("judged", _NOBODY)
    said, last = verdict_of(paper), _of_sample(papers, "attested")
    holds = last is not None and last["judged"]["judged"] == paper["judged"]
    word = last["verdict"] if last is not None and holds else ""
    if said == "wrong" or word == "not-met":
        return Check("judged", Holds.NO, JUDGED)
    if said == "good":
        return Check("judged", Holds.YES)
    return Check("judged", Holds.YES if word == "met" else Holds.ABSENT, JUDGED if word else "")


def _measured(papers: Papers) -> Check | None:
    """Whether the ledger says of the verdicts what they come to; None: there are none anywhere."""
    line, paper = _of_sample(papers, "measured"), papers.get("judged")
    figures = {} if line is None else line["judged"]
    if paper is None:
        return Check("measured", Holds.NO, "judged.json") if figures.get("judged") else None
    if not figures.get("judged") and paper["judged"]:
        return Check("measured", Holds.ABSENT)
    differ = (name for name, value in measured_of(paper).items() if figures.get(name) != value)
    return _held("measured", differ)


def _of_sample(papers: Papers, kind: str) -> Mapping[str, Any] | None:
    """Return the last line of the ledger about the sample of this plan; None: there is none."""
    plan = papers["binding"]["plan"]
    lines = papers.get("gates", {"lines": []})["lines"]
    mine = (line for line in reversed(lines) if line["kind"] == kind and line["point"] == JUDGED)
    return next((line for line in mine if line["plan"] == plan), None)


def _probe(papers: Papers) -> Check:
    if "probe" not in papers:
        return Check("probe", Holds.ABSENT)
    needed = [point for point in papers["probe"]["points"] if point["needed"]]
    points = {point["id"]: point["verdict"] for point in needed}
    unknown = sorted(point for point, verdict in points.items() if verdict == "unknown")
    lacking = sorted(point for point, verdict in points.items() if verdict == "not-met")
    if lacking:
        return Check("probe", Holds.NO, ", ".join(lacking))
    return Check("probe", Holds.ABSENT if unknown else Holds.YES, ", ".join(unknown))


def _chain(papers: Papers) -> Check:
    if "gates" not in papers:
        return Check("chain", Holds.ABSENT)
    return _held("chain", _breaks(papers["gates"]))


def _breaks(gates: Mapping[str, Any]) -> Iterator[str]:
    """Yield the numbers of the lines that do not follow on the one before."""
    before = START
    for number, line in enumerate(gates["lines"], 1):
        if line["number"] != number or line["prev"] != before:
            yield str(number)
        before = line["sha256"]
    if gates["head"] != before:
        yield str(len(gates["lines"]))


def _gates(papers: Papers) -> Check:
    """Look what was last decided for this plan: GO and GO, or NO-GO of what was undone.

    Every start that says under which GO it wrote must name one of this plan; on prd2 each says so.
    """
    if "gates" not in papers:
        return Check("gates", Holds.ABSENT)
    plan = papers["binding"]["plan"]
    lines = [line for line in papers["gates"]["lines"] if line["plan"] == plan]
    last = {gate: _decision(lines, gate, papers) for gate in ("pre", "post")}
    found = ", ".join(f"{gate} {verdict or '-'}" for gate, verdict in last.items())
    without = _without_go(papers, lines)
    if without:
        return Check("gates", Holds.NO, f"start {', '.join(without)}")
    if last["pre"] == "no-go" or (last["post"] == "no-go" and "rollback" not in papers):
        return Check("gates", Holds.NO, found)
    whole = last["pre"] == "go" and (last["post"] == "go" or "rollback" in papers)
    return Check("gates", Holds.YES if whole else Holds.ABSENT, found)


def _without_go(papers: Papers, lines: list[Mapping[str, Any]]) -> list[str]:
    """Return the numbers of the starts that wrote under no GO of this plan, and should have."""
    asked = papers["binding"]["environment"] == _TWO_PEOPLE
    given = {
        line["sha256"]
        for line in lines
        if line["kind"] == "decided" and line["gate"] == "pre" and line["verdict"] == "go"
    }
    starts = [start["go"] for start in papers["figures"]["starts"]]
    return [str(n) for n, go in enumerate(starts, 1) if (go or asked) and go not in given]


def _decision(lines: list[Mapping[str, Any]], gate: str, papers: Papers) -> str:
    """Return the last decision of a gate; GO on production counts when two people gave it."""
    decided = [line for line in lines if line["kind"] == "decided" and line["gate"] == gate]
    if not decided or decided[-1]["verdict"] != "go":
        return str(decided[-1]["verdict"]) if decided else ""
    people = set()
    for line in reversed(decided):
        if line["verdict"] != "go":
            break
        people.add(line["person"])
    enough = 2 if papers["binding"]["environment"] == _TWO_PEOPLE else 1
    return "go" if len(people) >= enough else ""
