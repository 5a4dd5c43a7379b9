"""verify.json: written whole or not at all, for nobody else, and read as it was written."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from kt_migrate.books import HashTotal
from kt_migrate.errors import JournalError
from kt_migrate.plan.rows import IssueRow
from kt_migrate.verify.compare import Difference, TypeResult, Unplanned, VerifyResult
from kt_migrate.verify.record import Verified, forget_verified, read_verified, write_verified

MISSING = Difference(
    code="verify-missing", r4_type="Task", source_type="CarePlanActivity", link="urn:a"
)
CHANGED = Difference(
    code="verify-changed",
    r4_type="Patient",
    source_type="Patient",
    link="urn:b",
    paths=("Patient.active", "Patient.name"),
)
STRANGER = Difference(code="verify-unplanned", r4_type="Patient", source_type="", link="urn:c")
RESULT = VerifyResult(
    types=(TypeResult(r4_type="Patient", planned=HashTotal(3, 9), found=HashTotal(2, 255)),),
    differences=(MISSING, CHANGED),
    counts={"verify-missing": 1, "verify-changed": 1},
    unplanned=Unplanned(earlier_run=4, other_origin=5, unknown=6, listed=(STRANGER,)),
)
PASSED = VerifyResult(
    types=(TypeResult(r4_type="Patient", planned=HashTotal(1, 7), found=HashTotal(1, 7)),),
    differences=(),
)


def test_what_was_seen_is_in_the_file(tmp_path: Path) -> None:
    """Every figure, and each difference; for the owner only, and with a line's end."""
    path = write_verified(tmp_path, RESULT)

    assert path == tmp_path / "verify.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["verify.json"]
    assert path.read_bytes().startswith(b'{\n  "schema"')
    assert path.read_bytes().endswith(b"}\n")
    assert orjson.loads(path.read_bytes()) == {
        "schema": "kt-migrate-verify/2",
        "passed": False,
        "counts": {"verify-missing": 1, "verify-changed": 1},
        "unplanned": {"earlier_run": 4, "other_origin": 5, "unknown": 6},
        "hash_totals": {"Patient": {"count": 2, "sum": f"{255:064x}"}},
        "differences": [
            {
                "code": "verify-missing",
                "r4_type": "Task",
                "type": "CarePlanActivity",
                "link": "urn:a",
                "paths": [],
            },
            {
                "code": "verify-changed",
                "r4_type": "Patient",
                "type": "Patient",
                "link": "urn:b",
                "paths": ["Patient.active", "Patient.name"],
            },
            {
                "code": "verify-unplanned",
                "r4_type": "Patient",
                "type": "",
                "link": "urn:c",
                "paths": [],
            },
        ],
    }


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Verdict, totals and lines of the error list; without a KT 1.3 type by the R4 one."""

    def issue(code: str, source_type: str, link: str, path: str = "") -> IssueRow:
        return IssueRow(
            source_type=source_type, event="", link=link, code=code, path=path, rule="", detail=""
        )

    write_verified(tmp_path, RESULT)
    first = read_verified(tmp_path)
    write_verified(tmp_path, PASSED)

    assert first == Verified(
        passed=False,
        found={"Patient": HashTotal(2, 255)},
        issues=(
            issue("verify-missing", "CarePlanActivity", "urn:a"),
            issue("verify-changed", "Patient", "urn:b", "Patient.active, Patient.name"),
            issue("verify-unplanned", "Patient", "urn:c"),
        ),
    )
    assert read_verified(tmp_path) == Verified(
        passed=True, found={"Patient": HashTotal(1, 7)}, issues=()
    )


def test_it_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at the last moment, no verdict is there, and what is there is nobody else's."""

    def stop(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_verified(tmp_path, PASSED)

    (left,) = tmp_path.iterdir()
    assert left.name == "verify.unfinished"
    assert left.stat().st_mode & 0o777 == 0o600
    assert read_verified(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"[]", b"{}", b"\xff", b'{"hash_totals": []}', b'{"hash_totals": {"Task": 1}}'],
)
def test_a_damaged_verdict_is_no_verdict(tmp_path: Path, content: bytes) -> None:
    """It says where, and that verifying again helps."""
    (tmp_path / "verify.json").write_bytes(content)

    with pytest.raises(JournalError, match="cannot be read") as caught:
        read_verified(tmp_path)

    assert caught.value.where == str(tmp_path / "verify.json")
    assert "kt-migrate verify" in caught.value.fix


@pytest.mark.parametrize("word", [b"1", b'"true"', b"null", b"false"])
def test_only_true_is_a_pass(tmp_path: Path, word: bytes) -> None:
    """Whoever writes something else there did not verify."""
    path = write_verified(tmp_path, PASSED)
    path.write_bytes(path.read_bytes().replace(b'"passed": true', b'"passed": ' + word))
    verified = read_verified(tmp_path)

    assert verified is not None
    assert verified.passed is False


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    """And forgetting what never was is no error."""
    write_verified(tmp_path, PASSED)
    for _time in range(2):
        forget_verified(tmp_path)
        assert read_verified(tmp_path) is None
        assert list(tmp_path.iterdir()) == []
