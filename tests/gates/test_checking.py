"""A GO that did not stand on met points is found, offline, from the ledger alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gate_scene import ANNA, BEFORE, HOUR, gone, said
from going import NOON, give_go
from kt_migrate.errors import ForgedError
from kt_migrate.gates.checking import require_founded
from kt_migrate.gates.deciding import go, measurements, no_go
from kt_migrate.gates.judging import view
from kt_migrate.gates.keeping import held_ledger, ledger_path, read_ledger
from kt_migrate.gates.records import Gate, Kind, Record, Verdict
from kt_migrate.model import Json


def decisions(root: Path) -> list[Verdict]:
    """Check the ledger; return what was decided."""
    path = ledger_path(root, "prd2")
    return [line.record.verdict for line in require_founded(path, read_ledger(root, "prd2"))]


def test_a_go_that_stands_on_met_points_is_founded(tmp_path: Path) -> None:
    """And a NO-GO stands on nothing."""
    said(tmp_path, BEFORE)
    gone(tmp_path, BEFORE)
    with held_ledger(tmp_path, "prd2") as ledger:
        ledger.add(no_go(view(BEFORE, ledger.chain, Gate.PRE, NOON + HOUR), ANNA))
    assert decisions(tmp_path) == [Verdict.GO, Verdict.NO_GO]


def test_a_go_without_points_is_found(tmp_path: Path) -> None:
    """Whoever has the key can write one; this tells."""
    give_go(tmp_path, "prd2", "plan")
    with pytest.raises(ForgedError, match=r"Line 1 is a GO that did not stand on: O.1, O.2, "):
        decisions(tmp_path)


def written(root: Path, change: Callable[[Record], Record]) -> None:
    """Write a GO that is another than the gate would make."""
    said(root, BEFORE)
    with held_ledger(root, "prd2") as ledger:
        now = view(BEFORE, ledger.chain, Gate.PRE, NOON + HOUR)
        ledger.add(*measurements(now), change(go(now, ANNA)))


def on_line(name: str, number: Json) -> Callable[[Record], Record]:
    """Let a point stand on another line."""

    def change(record: Record) -> Record:
        points = record.on["points"]
        assert isinstance(points, dict)
        return replace(record, on={**record.on, "points": {**points, name: number}})

    return change


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        (on_line("O.1", 2), "O.1"),  # another point's line
        (on_line("O.1", None), "O.1"),
        (on_line("O.1", 0), "O.1"),
        (on_line("O.1", "1"), "O.1"),
        (on_line("O.1", 10_000), "O.1"),
        (on_line("O.4", 1), "O.4"),  # a word in place of a measurement
        (lambda r: replace(r, role="it-deelnemer"), "role"),
        (lambda r: replace(r, expires=NOON + timedelta(hours=100)), "expires"),
        (lambda r: replace(r, expires=None), "expires"),
        (lambda r: replace(r, plan="other"), "O.4"),
    ],
)
def test_a_go_that_stands_on_something_else_is_found(
    tmp_path: Path, change: Callable[[Record], Record], lacks: str
) -> None:
    """On no line, on another's, on a word where it is to be measured, for too long."""
    written(tmp_path, change)
    with pytest.raises(ForgedError, match="is a GO that did not stand on: ") as caught:
        decisions(tmp_path)
    number = len(read_ledger(tmp_path, "prd2").lines)
    assert caught.value.where.endswith(f":{number}")
    assert lacks in caught.value.what.partition("stand on: ")[2].rstrip(".").split(", ")


def between(root: Path, change: Callable[[Record], Record], point: str, kind: Kind) -> None:
    """Write a GO for which one of the lines that it stands on was changed."""
    said(root, BEFORE, but=point)
    with held_ledger(root, "prd2") as ledger:
        fake = replace(
            measurements(view(BEFORE, ledger.chain, Gate.PRE, NOON))[0],
            kind=kind,
            point=point,
            verdict=Verdict.MET,
            role="zorgaanbieder",
            by="A. B",
            expires=NOON + timedelta(days=3),
            on={"seen": {}},
        )
        ledger.add(fake)
        now = view(BEFORE, ledger.chain, Gate.PRE, NOON + HOUR)
        record = go(now, ANNA)
        number = len(ledger.chain.lines)
    # The same once more, with the line as it was changed.
    path = ledger_path(root, "prd2")
    path.unlink()
    path.with_suffix(".head").unlink()
    said(root, BEFORE, but=point)
    with held_ledger(root, "prd2") as ledger:
        ledger.add(change(fake))
        assert len(ledger.chain.lines) == number
        ledger.add(*measurements(now), record)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, verdict=Verdict.NOT_MET),
        lambda r: replace(r, verdict=Verdict.OPEN),
        lambda r: replace(r, role="it-deelnemer"),
        lambda r: replace(r, expires=None),
        lambda r: replace(r, expires=NOON + HOUR),
        lambda r: replace(r, gate=Gate.POST),
        lambda r: replace(r, point="O.6"),
        lambda r: replace(r, kind=Kind.MEASURED),
    ],
)
def test_a_word_that_does_not_carry_is_found(
    tmp_path: Path, change: Callable[[Record], Record]
) -> None:
    """A no, another party's, one that had ended, of another gate or point."""
    between(tmp_path, change, "O.5", Kind.ATTESTED)
    with pytest.raises(ForgedError, match=r"did not stand on: .*O.5"):
        decisions(tmp_path)


def test_a_word_that_carries_is_not(tmp_path: Path) -> None:
    """The same, unchanged."""
    between(tmp_path, lambda r: r, "O.5", Kind.ATTESTED)
    assert decisions(tmp_path) == [Verdict.GO]


def test_an_earlier_yes_does_not_carry_after_a_no(tmp_path: Path) -> None:
    """The last word counts."""
    said(tmp_path, BEFORE)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(BEFORE, ledger.chain, Gate.PRE, NOON + HOUR)
        record = go(now, ANNA)
        yes = next(x.record for x in ledger.chain.lines if x.record.point == "O.5")
        ledger.add(replace(yes, verdict=Verdict.NOT_MET))
        points = record.on["points"]
        assert isinstance(points, dict)
        moved = {
            name: int(str(n)) + (int(str(n)) > len(ledger.chain.lines) - 1)
            for name, n in points.items()
        }
        moved_on: dict[str, Json] = {**record.on, "points": {**moved}}
        ledger.add(*measurements(now), replace(record, on=moved_on))
    with pytest.raises(ForgedError, match=r"did not stand on: O.5\."):
        decisions(tmp_path)


@pytest.mark.parametrize("point", ["B.2", "B.5", "O.4"])
def test_a_measurement_that_says_no_is_found(tmp_path: Path, point: str) -> None:
    """Also of a point that a person says."""
    said(tmp_path, BEFORE)
    with held_ledger(tmp_path, "prd2") as ledger:
        now = view(BEFORE, ledger.chain, Gate.PRE, NOON + HOUR)
        measured = [
            replace(r, verdict=Verdict.NOT_MET) if r.point == point else r
            for r in measurements(now)
        ]
        ledger.add(*measured, go(now, ANNA))
    with pytest.raises(ForgedError, match=rf"did not stand on: {point}\."):
        decisions(tmp_path)
