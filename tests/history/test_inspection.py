"""What `inspect` says of an archive: each count, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, patient, status, version, write
from histories import T1, Copy, document, taken_in, thing

from kt_migrate.archive.limits import Limits
from kt_migrate.errors import ConfigurationError, SourceError
from kt_migrate.history import inspection
from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.inspection import Inspection, inspect
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.prepare import Prepared
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History
from kt_migrate.model import Form, Issue

P1, C1, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"


def looked(*files: Prepared | Copy) -> Inspection:
    """Return what is found in some files."""
    with taken_in(*files) as history:
        states = LastStates(history)
        states.decide()
        CarePlans(history, states).take_apart()
        return inspection._look(history)


def test_messages_are_counted_once_whatever_their_copies() -> None:
    """Per event, sender and domain; a refused document is none of them."""
    found = looked(
        Copy("a", event="E", sender="", domain="", iid=1),
        Copy("a", event="E", sender="S", domain="D", form=Form.SENDER),
        Copy("b", event="E"),
        Copy("c", event="F", sender="S"),
        document(kind="", issues=[Issue(code="file-unreadable")]),
    )

    assert found.events == {"E": 2, "F": 1}
    assert found.senders == {"": 1, "S": 2}
    assert found.domains == {"": 2, "D": 1}
    assert found.documents == {"queue-message": 4, "unreadable": 1}


def test_senders_and_domains_that_no_copy_names_are_counted_as_none() -> None:
    """A search has no header, and so neither."""
    found = looked(Copy("search:1", [thing()], form=Form.SEARCH, event="ActivityDefinitionSearch"))

    assert (found.senders, found.domains) == ({"": 1}, {"": 1})
    assert found.events == {"ActivityDefinitionSearch": 1}


@pytest.mark.parametrize(
    ("timestamps", "oldest", "newest"),
    [
        ([], "", ""),
        (["", ""], "", ""),
        (["2021", "", "2020", "2022"], "2020", "2022"),
        (["2021"], "2021", "2021"),
    ],
)
def test_the_oldest_and_the_newest_are_the_senders_own(
    timestamps: Sequence[str], oldest: str, newest: str
) -> None:
    """Empty when no message has one."""
    found = looked(*(Copy(f"m{n}", timestamp=t) for n, t in enumerate(timestamps)), document())
    assert (found.oldest, found.newest) == (oldest, newest)


def test_what_no_receiver_finished_is_listed_per_status() -> None:
    """Each message once per status; what was processed, or has no status, is left out."""
    found = looked(
        Copy("a", status="Failed"),
        Copy("a", status="Failed"),
        Copy("a", status="New"),
        Copy("b", status="Failed"),
        Copy("c", status="Success"),
        Copy("d", status="ReplacedByNewVersion"),
        Copy("e", status=""),
        Copy("f", status="Claimed"),
    )
    assert found.unprocessed == {"Claimed": 1, "Failed": 2, "New": 1}
    assert list(found.unprocessed) == ["Claimed", "Failed", "New"]


def test_objects_are_counted_with_their_sightings_and_what_decided() -> None:
    """Headers, documents and parts of care plans are decided by nothing of their own."""
    plan = {"activity": [{"id": ["1"]}], "goal": [{"id": ["g"]}]}
    found = looked(
        Copy("a", [thing("p", T1, "A"), thing("c", "", plan, "CarePlan")]),  # type: ignore[arg-type]
        Copy("b", [thing("p", T1, "A"), thing("q", "", "Q")], event="Other"),
        document(kind="", issues=[Issue(code="file-unreadable")]),
    )

    assert found.objects == {
        "CarePlan": (1, 1),
        "CarePlanActivity": (1, 1),
        "CarePlanGoal": (1, 1),
        "MessageHeader": (2, 2),
        "Patient": (2, 3),
    }
    assert found.decided_by == {"only": 2, "version": 1}


def test_what_is_odd_is_counted_per_code() -> None:
    """Refusals that no other copy makes up for, and copies: those beyond one per message."""
    broken = [("object-without-link", "Patient")]
    found = looked(
        Copy("a", broken=broken),
        Copy("b", broken=broken),
        Copy("b", broken=broken),
        Copy("b", [thing()], broken=[]),
        document(kind="", issues=[Issue(code="file-unreadable")]),
        document(kind="", issues=[Issue(code="file-doctype")]),
    )
    assert found.odd == {
        "copy": 2,
        "file-doctype": 1,
        "file-unreadable": 1,
        "object-without-link": 1,
    }
    assert list(found.odd) == sorted(found.odd)
    assert looked(Copy("a"), Copy("b")).odd == {}


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("Waiting", (1, 0)),
        ("Available", (1, 0)),
        ("InProgress", (1, 0)),
        ("Completed", (0, 1)),
        ("Cancelled", (0, 1)),
        ("", (0, 1)),
    ],
)
def test_activities_are_open_or_closed_by_the_last_state_of_their_care_plan(
    tmp_path: Path, code: str, counted: tuple[int, int]
) -> None:
    """What the plan no longer has is neither."""
    before = careplan(activity("a-1", "Waiting"), activity("gone", "Waiting"))
    files = [
        Sent("m-1", {C1: before}, assigned={C1: version(1)}).queue(),
        Sent("m-2", {C1: careplan(activity("a-1", code))}, assigned={C1: version(2)}).queue(),
    ]
    assert inspect([write(tmp_path / "archive", files)]).activities == counted


def test_activities_of_all_care_plans_are_added_up(tmp_path: Path) -> None:
    """Open and closed apart."""
    links = [f"{HOST}/CarePlan/{n}" for n in range(3)]
    plan = careplan(activity("x", "Waiting"), activity("y", "Completed"), activity("z", "Skipped"))
    archive = write(tmp_path / "archive", [Sent("m-1", dict.fromkeys(links, plan)).queue()])
    assert inspect([archive]).activities == (3, 6)


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
    assert found.as_json() == {
        "documents": {"queue-message": 1},
        "events": {"CreateOrUpdateCarePlan": 1},
        "objects": {
            "CarePlan": {"objects": 1, "sightings": 1},
            "CarePlanActivity": {"objects": 1, "sightings": 1},
            "CarePlanActivityStatus": {"objects": 1, "sightings": 1},
            "MessageHeader": {"objects": 1, "sightings": 1},
            "Patient": {"objects": 1, "sightings": 1},
        },
        "activities": {"open": 1, "closed": 0},
        "oldest": "2021-01-01T00:00:00Z",
        "newest": "2021-01-01T00:00:00Z",
        "senders": {"test": 1},
        "domains": {"": 1},
        "unprocessed": {},
        "decided_by": {"only": 3},
        "odd": {},
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
