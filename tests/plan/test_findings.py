"""findings.json: what a verification leaves for a repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.plan.findings import Findings, read_findings, write_findings

FOUND = Findings(missing=(1, 5), different=(2,), duplicate=(4,))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """With rights for its owner only; without findings there is no file."""
    assert read_findings(tmp_path) == Findings()
    write_findings(tmp_path, FOUND)
    assert read_findings(tmp_path) == FOUND
    assert FOUND.all == (1, 2, 4, 5)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    write_findings(tmp_path, FOUND.only(lambda seq: seq > 4))
    assert read_findings(tmp_path) == Findings(missing=(5,))
    write_findings(tmp_path, Findings())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"schema": "kt-migrate-findings/1"}',
        b'{"schema": "kt-migrate-findings/9", "missing": [], "different": [], "duplicate": []}',
        b'{"schema": "kt-migrate-findings/1", "missing": ["x"], "different": [], "duplicate": []}',
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, tmp_path: Path) -> None:
    """It is not taken for nothing found."""
    (tmp_path / "findings.json").write_bytes(content)
    with pytest.raises(JournalError, match="found cannot be read") as stopped:
        read_findings(tmp_path)
    assert "verify" in stopped.value.fix
