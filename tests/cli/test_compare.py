"""plan --compare and algorithm diff: what a change does, in counts and examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inside import Done, inside, typed
from kt_migrate.errors import ExitCode

OWN = """\
schema: kt-migrate-algorithm/1
name: own
version: "1"
extends: standard
policies: {gender_missing: reject}
remove: [patient-address]
"""


@pytest.fixture
def own(tried: Path) -> Path:
    """Return a working folder that was tried, with an algorithm of its own beside the standard."""
    (tried / "own.yaml").write_text(OWN, encoding="utf-8")
    return tried


def answer(done: Done) -> dict[str, Any]:
    """Return the document of a command that went well."""
    assert done.code == ExitCode.OK, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_new_plan_is_compared_with_an_earlier_run(own: Path) -> None:
    """Which component changed, and what that does; a plan against itself changes nothing."""
    with inside(own):
        same = answer(typed("plan", "--compare", "1", "--json", cwd=own))["compare"]
        done = typed("plan", "--algorithm", "own.yaml", "--compare", "001", "--json", cwd=own)
        other = answer(done)["compare"]

    assert (same["run"], same["binding"], same["changes"]) == ("001", [], [])
    assert same["unchanged"] > 200
    assert (other["run"], other["binding"]) == ("001", ["algorithm"])
    assert {(c["what"], *c["paths"]) for c in other["changes"]} >= {("content", "Patient.address")}
    assert "Veranderd: het algoritme." in done.err
    assert other["unchanged"] + other["changed"] == same["unchanged"]
    assert len(other["examples"]) == 10
    first = [
        (e["what"], e["source_type"], e["before"], e["after"], *e["paths"])
        for e in other["examples"]
    ]
    kinds = [
        (c["what"], c["source_type"], c["before"], c["after"], *c["paths"])
        for c in other["changes"]
    ]
    assert first[: len(kinds)] == kinds[:10]


def test_a_run_that_is_not_there_is_said_before_anything_is_planned(own: Path) -> None:
    """Nothing is made."""
    done = typed("plan", "--algorithm", "own.yaml", "--compare", "9", cwd=own)

    assert done.code == ExitCode.USAGE
    assert not (own / "runs" / "local" / "002").exists()


def test_two_algorithms_side_by_side(own: Path) -> None:
    """What they say, and what that does to the working folder's archive; no plan is left."""
    before = sorted((own / "runs").rglob("*.sqlite"))
    with inside(own):
        done = typed("algorithm", "diff", "standard", "own.yaml", "--json", cwd=own)
        plan = typed("plan", "--algorithm", "own.yaml", "--compare", "1", "--json", cwd=own)
    found = answer(done)

    assert {(d["how"], d["section"], d["path"]) for d in found["differences"]} == {
        ("changed", "policies", "gender_missing"),
        ("removed", "types", "Patient.rules.patient-address"),
    }
    told = answer(plan)["compare"]
    assert found["consequence"] == {
        name: told[name] for name in ("unchanged", "changed", "changes", "examples")
    }
    assert sorted((own / "runs").rglob("*.sqlite"))[: len(before)] == before
    assert list((own / "runs" / ".diff").iterdir()) == []


def test_what_a_killed_comparison_left_is_taken_away(own: Path) -> None:
    """Plans hold patients' data."""
    left = own / "runs" / ".diff" / "tmp1"
    left.mkdir(parents=True)
    (left / "0.4194304.unfinished.sqlite").write_bytes(b"x")
    with inside(own):
        assert typed("algorithm", "diff", "standard", "standard", cwd=own).code == ExitCode.OK

    assert list(left.iterdir()) == []


def test_another_archive_can_be_looked_at(own: Path, tmp_path: Path) -> None:
    """In place of the working folder's."""
    (tmp_path / "empty").mkdir()
    done = typed("algorithm", "diff", "standard", "own.yaml", "--archive", str(tmp_path / "empty"), cwd=own)  # fmt: skip

    assert done.code == ExitCode.SOURCE


def test_without_an_archive_only_the_rules_are_compared(own: Path, tmp_path: Path) -> None:
    """By choice, or because there is no working folder."""
    chosen = typed("algorithm", "diff", "standard", "own.yaml", "--no-archive", "--json", cwd=own)
    (tmp_path / "elsewhere").mkdir()
    path = str(own / "own.yaml")
    nowhere = typed("algorithm", "diff", "standard", path, "--json", cwd=tmp_path / "elsewhere")

    for done in (chosen, nowhere):
        found = answer(done)
        assert found["consequence"] is None
        assert len(found["differences"]) == 2


@pytest.mark.parametrize(
    "line", ["plan --algorithm own.yaml --compare 1", "algorithm diff standard own.yaml"]
)
def test_no_value_of_a_message_is_shown(own: Path, line: str) -> None:
    """Links and paths only: none of the canaries, on screen or in the document."""
    canaries = [c for c in (own / "canaries.txt").read_text("utf-8").splitlines() if c.strip()]
    assert len(canaries) > 5
    with inside(own):
        done = typed(*line.split(), "--json", cwd=own)

    assert done.code == ExitCode.OK
    assert [c for c in canaries if c in done.out + done.err] == []
