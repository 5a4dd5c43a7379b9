"""What `inspect` says of an archive: each count, and what it leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, patient, status, write

from kt_migrate.archive.limits import Limits
from kt_migrate.errors import ConfigurationError, SourceError
from kt_migrate.history import inspection
from kt_migrate.history.inspection import inspect
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History

P1, C1, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let temporary folders come in one that can be looked at."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_inspecting_reads_what_planning_reads_and_leaves_nothing(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With domains, progress and passwords passed on."""
    given: list[tuple[Any, ...]] = []
    seen: list[list[str]] = []

    def reads(*arguments: Any, limits: Limits) -> None:  # noqa: ANN401 (whatever is given)
        given.append((*arguments, limits))
        seen.append([path.name[:11] for path in scratch.iterdir()])
        read_archive(*arguments, limits=limits)

    monkeypatch.setattr(inspection, "read_archive", reads)
    carried = {P1: patient(), C1: careplan(activity("a-1")), S1: status("a-1", "Completed")}
    archive = write(tmp_path / "archive", [Sent("m-1", carried).queue()])
    told: list[int] = []

    def secret(_container: str) -> None:
        return None

    bounds = Limits(max_depth=3)
    found = inspect([archive], ("D",), told.append, secret, bounds)

    ((roots, _history, _census, domains, progress, passwords, limits),) = given
    assert (roots, domains, passwords, limits) == ([archive], ("D",), secret, bounds)
    assert progress == told.append
    assert told == [1]
    assert seen == [["kt-migrate-"]]
    assert list(scratch.iterdir()) == []
    assert found.documents == {"queue-message": 1}
    assert found.as_json().keys() == {
        *("documents", "messages", "control_list", "objects", "activities", "dossiers"),
        *("completeness", "duplicates", "odd"),
    }


def test_an_archive_that_is_not_there_is_refused_and_leaves_nothing(
    tmp_path: Path, scratch: Path
) -> None:
    """Nor an open database."""
    with pytest.raises(SourceError):
        inspect([tmp_path / "nowhere"])
    assert list(scratch.iterdir()) == []


def test_a_disk_that_is_full_is_said(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the folder where; the history is closed before."""
    closed: list[bool] = []
    honest = History.close

    def close(self: History) -> None:
        closed.append(True)
        honest(self)

    def fills(_roots: object, history: History, *_more: object, limits: object) -> None:
        assert limits is None
        (pages,) = history.db.execute("PRAGMA page_count").fetchone()
        history.db.execute("COMMIT")
        history.db.execute(f"PRAGMA max_page_count = {pages}")
        history.db.execute("CREATE TABLE more AS SELECT zeroblob(100000) AS x")

    monkeypatch.setattr(History, "close", close)
    monkeypatch.setattr(inspection, "read_archive", fills)
    with pytest.raises(ConfigurationError) as caught:
        inspect([tmp_path])

    assert caught.value.where.startswith(str(scratch / "kt-migrate-"))
    assert closed == [True]
