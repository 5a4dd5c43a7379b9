"""A run folder notes what was decided about it, so that a cut ledger is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from going import decision, give_go
from kt_migrate.errors import ForgedError
from kt_migrate.gates.chain import Chain
from kt_migrate.gates.keeping import held_ledger, read_ledger
from kt_migrate.gates.sealing import require_sealed, seal
from kt_migrate.language import shown


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """Return a working folder with two decisions about a run, noted there."""
    folder = tmp_path / "runs" / "prd2" / "001"
    folder.mkdir(parents=True)
    give_go(tmp_path, "prd2", "plan")
    for line in read_ledger(tmp_path, "prd2").lines:
        seal(folder, line, "key")
    return tmp_path


def test_what_was_noted_is_there(sealed: Path) -> None:
    """And a longer ledger is none the worse."""
    require_sealed(sealed, "prd2", read_ledger(sealed, "prd2"))
    with held_ledger(sealed, "prd2") as ledger:
        require_sealed(sealed, "prd2", ledger.add(decision("prd2", "plan")))
    assert (sealed / "runs/prd2/001/gate.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [0, 1])
def test_a_decision_that_is_gone_is_found(sealed: Path, left: int) -> None:
    """By the line that is not there."""
    chain = read_ledger(sealed, "prd2")
    with pytest.raises(ForgedError) as caught:
        require_sealed(sealed, "prd2", Chain(lines=chain.lines[:left]))
    assert caught.value.what == f"Line {left + 1} is not the decision that run 001 noted."
    assert shown(caught.value.what) != caught.value.what
    assert shown(caught.value.fix) != caught.value.fix


def test_another_decision_in_its_place_is_found(sealed: Path) -> None:
    """As many lines, and others."""
    (sealed / "gates/prd2.ndjson").unlink()
    (sealed / "gates/prd2.head").unlink()
    give_go(sealed, "prd2", "other")
    with pytest.raises(ForgedError, match="Line 1 is not the decision"):
        require_sealed(sealed, "prd2", read_ledger(sealed, "prd2"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"schema": "x", "decisions": []}',
        b'{"schema": "kt-migrate-gate-seal/1", "decisions": [{"number": "x"}]}',
        b'{"schema": "kt-migrate-gate-seal/1", "decisions": [{"number": 1, "digest": 5}]}',
    ],
)
def test_a_damaged_note_is_no_note(sealed: Path, content: bytes) -> None:
    """It is said, and nothing is noted over it."""
    (sealed / "runs/prd2/001/gate.json").write_bytes(content)
    chain = read_ledger(sealed, "prd2")
    with pytest.raises(ForgedError, match="noted of its decisions is damaged"):
        require_sealed(sealed, "prd2", chain)
    with pytest.raises(ForgedError, match="noted of its decisions is damaged"):
        seal(sealed / "runs/prd2/001", chain.lines[0], "key")
