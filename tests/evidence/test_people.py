"""The ledger in a pack: roles and numbers, no names, no remarks."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from evidence.papering import PLAN, good
from going import decision
from kt_migrate.evidence.checks import Holds, checked
from kt_migrate.evidence.papers import document
from kt_migrate.evidence.people import gates_paper
from kt_migrate.gates.chain import START
from kt_migrate.gates.keeping import held_ledger, ledger_path, read_ledger
from kt_migrate.gates.records import Gate
from kt_migrate.model import Json


def test_names_and_remarks_stay_behind(tmp_path: Path) -> None:
    """Who decided is a role and a number; of two spellings of one name the same."""
    first = decision("prd2", PLAN, by="Zoë de Vries")
    records = [
        replace(first, remark="Bel mij: 0612345678"),
        replace(decision("prd2", PLAN, by="K. Bakker"), role="it-deelnemer"),
        replace(decision("prd2", PLAN, by="zoe  deVries", gate=Gate.POST), role="mijn neef Piet"),
    ]
    with held_ledger(tmp_path, "prd2") as ledger:
        ledger.add(*records)
    paper = gates_paper(read_ledger(tmp_path, "prd2"), START)
    text = document(paper).decode()

    assert [line["person"] for line in _lines(paper)] == [1, 2, 1]
    assert [line["role"] for line in _lines(paper)] == ["zorgaanbieder", "it-deelnemer", "(other)"]
    for word in ("Vries", "Bakker", "0612345678", "Piet"):
        assert word not in text


def test_the_chain_of_a_real_ledger_holds(tmp_path: Path) -> None:
    """And a line of it that is held against the paper has the SHA-256 that stands there."""
    with held_ledger(tmp_path, "local") as ledger:
        ledger.add(decision("local", PLAN), decision("local", PLAN, gate=Gate.POST))
    paper = gates_paper(read_ledger(tmp_path, "local"), START)
    found = {check.name: check.holds for check in checked(good(gates=paper))}
    kept = ledger_path(tmp_path, "local").read_bytes().splitlines()

    assert found["chain"] is Holds.YES
    assert [line["sha256"] for line in _lines(paper)] == [sha256(k).hexdigest() for k in kept]


def _lines(paper: dict[str, Json]) -> list[dict[str, Json]]:
    lines = paper["lines"]
    assert isinstance(lines, list)
    return [line for line in lines if isinstance(line, dict)]
