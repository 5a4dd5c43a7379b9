"""Mode `every-version` in the error list: versions that the server did not take."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.books import HashTotal
from kt_migrate.load.journal import Entry, State
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.result import run_result
from load.world import journal_in, key_of, plan_with, planted, resource_of


def test_a_version_that_was_not_taken_has_its_line_and_is_no_error(tmp_path: Path) -> None:
    """With which it was, and what the server said; its object is there in its last state."""
    versions = [resource_of(key_of("a"), language=name) for name in "ABC"]
    plan = plan_with(tmp_path, versions[-1:], versions=versions[:-1])
    (write,) = plan.writes()
    plan.close()
    refused = {"code": "server-rejected", "path": "Patient.language", "status": 422}
    with journal_in(tmp_path) as journal:
        planted(
            journal,
            Entry(seq=1, state=State.EARLIER, passed=2, said="processing HAPI-1", **refused),  # type: ignore[arg-type]  # fields
            Entry(seq=1, state=State.UPDATED, passed=2, server_id="x", digest=write.digest),
        )

    result = run_result(tmp_path)

    (line,) = result.issues
    assert (line.code, line.link, line.path) == ("version-not-taken", "a", "Patient.language")
    assert line.detail == "version 2 HTTP 422 processing HAPI-1"
    assert not is_error(line)
    assert result.pending == 0
    assert result.journal == {"Patient": HashTotal().plus(write.digest)}


def test_an_object_in_the_midst_of_its_versions_is_still_to_be_written(tmp_path: Path) -> None:
    """An earlier version on the server is not the object as planned: the books say so."""
    versions = [resource_of(key_of("a"), language=name) for name in "AB"]
    plan_with(tmp_path, versions[-1:], versions=versions[:-1]).close()
    with journal_in(tmp_path) as journal:
        planted(journal, Entry(seq=1, state=State.EARLIER, passed=1, server_id="x", digest="00"))

    result = run_result(tmp_path)

    assert result.pending == 1
    assert [line.code for line in result.issues] == ["server-unavailable"]
    assert result.journal == {}
