"""The command: its exit codes, what it says, and that an approval never outlives its look."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from asking import KIND
from inside import Done, beside, inside, typed
from kt_migrate.errors import ExitCode
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State
from kt_migrate.plan.runs import UNDO_FILE
from kt_migrate.sandbox.settings import Faults

DATA = (".sqlite", "-wal", "-journal")
KNOWN = {"plan.sqlite", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"}


def run_folder(workspace: Path) -> Path:
    """Return the first run folder."""
    return workspace / "runs" / "local" / "001"


def verify(workspace: Path) -> Done:
    """Give the command, for the first run."""
    return typed("verify", "--run", "001", "--json", cwd=workspace)


def kept(workspace: Path) -> dict[str, Any] | None:
    """Return what verify.json says; None: it is not there."""
    path = run_folder(workspace) / "verify.json"
    return json.loads(path.read_bytes()) if path.exists() else None


def reported(workspace: Path) -> bool | None:
    """Return what a report says of the verification."""
    assert typed("report", "--run", "001", cwd=workspace).code == ExitCode.OK
    report = json.loads((run_folder(workspace) / "rapport.json").read_bytes())
    verdict: bool | None = report["verified"]
    return verdict


def dead(_many: int) -> httpx.MockTransport:
    """Return a transport to a server that fails at everything."""
    return httpx.MockTransport(lambda _request: httpx.Response(503))


def closed(_many: int) -> httpx.MockTransport:
    """Return a transport to a server that lets nobody in."""
    return httpx.MockTransport(lambda _request: httpx.Response(401))


CANNOT = {
    "a count that lies": (Faults(count_off=1), None, ExitCode.COULD_NOT_LOOK),
    "a server that fails": (Faults(), dead, ExitCode.COULD_NOT_LOOK),
    "a login that is refused": (Faults(), closed, ExitCode.LOGIN),
}


@pytest.mark.parametrize("why", CANNOT)
def test_who_cannot_look_takes_back_what_was_said_before(tried: Path, why: str) -> None:
    """No list of differences, no approval on disk, and the report says: not verified."""
    faults, transport, code = CANNOT[why]
    with inside(tried):
        assert verify(tried).code == ExitCode.OK
    assert kept(tried) is not None
    assert reported(tried) is True

    way: AbstractContextManager[object] = (
        patch("kt_migrate.kt2.client.transport", transport) if transport else nullcontext()
    )
    with inside(tried, faults), way:
        done = verify(tried)

    assert done.code == code
    assert done.out == ""
    assert "verify-" not in done.err
    assert kept(tried) is None
    assert reported(tried) is None
    if code == ExitCode.COULD_NOT_LOOK:
        assert "Kon niet kijken: dat is geen goedkeuring." in done.err
    if faults.count_off:
        assert "waren er" in done.err


def test_an_approval_does_not_outlive_a_trial(tried: Path) -> None:
    """The server may be another since."""
    with inside(tried):
        assert verify(tried).code == ExitCode.OK
        typed("trial", "--env", "local", cwd=tried)

    assert kept(tried) is None


def test_an_approval_is_taken_back_before_looking(
    tried: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever pulls the plug while it looks leaves no approval either."""
    seen: list[bool] = []

    async def look(*_arguments: object, **_named: object) -> None:
        seen.append(kept(tried) is None)
        raise KeyboardInterrupt

    with inside(tried):
        assert verify(tried).code == ExitCode.OK
        monkeypatch.setattr("kt_migrate.cli.proving.verify_plan", look)
        done = verify(tried)

    assert seen == [True]
    assert done.code == ExitCode.INTERRUPTED
    assert kept(tried) is None


def test_it_reads_and_nothing_else(tried: Path) -> None:
    """But for the login, every request is a GET; and the server is the same afterwards."""
    asked: list[tuple[str, str]] = []
    with inside(tried) as app, beside(tried, app) as http:
        before = content_of(http)

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            asked.append((scope["method"], scope["path"].rpartition("/")[2]))
            await app(scope, receive, send)

        with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(watched)):
            assert verify(tried).code == ExitCode.OK
        after = content_of(http)

    assert {method for method, path in asked if path != "token"} == {"GET"}
    assert [method for method, path in asked if path == "token"] == ["POST"]
    assert before == after
    assert len(before) > 40


def content_of(http: httpx.Client) -> list[Any]:
    """Return every resource of the server but its calls."""
    types = "ActivityDefinition CareTeam Endpoint Organization Patient Practitioner Task"
    return [e for t in types.split() for e in http.get(f"/{t}?_count=200").json().get("entry", ())]


def test_what_others_did_after_us_is_told_apart(tried: Path) -> None:
    """Changed, removed and unknown: 23; then a double: 24."""
    with inside(tried) as app, beside(tried, app) as http:
        tasks = [e["resource"] for e in http.get("/Task?_count=200").json()["entry"]]
        patients = [e["resource"] for e in http.get("/Patient?_count=200").json()["entry"]]
        changed = patients[0] | {"active": not patients[0]["active"]}
        version = {"If-Match": f'W/"{changed["meta"]["versionId"]}"'}
        put = http.put(f"/Patient/{changed['id']}", json=changed, headers=KIND | version)
        gone = http.delete(f"/Task/{tasks[0]['id']}")
        unknown = posted(patients[1])
        unknown["identifier"][0]["value"] = "https://nobody.example/1"
        new = http.post("/Patient", json=unknown, headers=KIND)
        different = verify(tried)
        kinds = kept(tried)
        twice = http.post("/Patient", json=posted(patients[1]), headers=KIND)
        double = verify(tried)

    assert [a.status_code for a in (put, gone, new, twice)] == [200, 204, 201, 201]
    assert kinds is not None
    assert kinds["counts"] == {"verify-changed": 1, "verify-missing": 1}
    assert kinds["unplanned"] == {"earlier_run": 0, "other_origin": 0, "unknown": 1}
    assert {d["code"]: d["paths"] for d in kinds["differences"]} == {
        "verify-changed": ["Patient.active"],
        "verify-missing": [],
        "verify-unplanned": [],
    }
    assert different.code == ExitCode.MISMATCH
    assert different.document["unplanned"] == kinds["unplanned"]
    assert different.document["differences"] == 2
    assert "LET OP: 1 resources" in different.err
    assert "https://nobody.example/1" in different.err
    assert double.code == ExitCode.DUPLICATES
    assert double.document["differences"] == 3


def posted(resource: dict[str, Any]) -> dict[str, Any]:
    """Return what a server has as it would be posted."""
    made: dict[str, Any] = json.loads(json.dumps(resource))
    del made["id"], made["extension"]
    made["meta"] = {"profile": made["meta"]["profile"]}
    return made


def test_what_an_earlier_run_wrote_is_not_alarming(tried: Path) -> None:
    """Only its journal knows that: with the journal away, nobody knows who wrote it."""
    first = run_folder(tried)
    with open_journal(first) as journal:
        there = sum(1 for _ in journal.entries(State.CREATED))
    # The next plan leaves closed dossiers out.
    algorithm = "schema: kt-migrate-algorithm/1\nname: small\nversion: '1'\nextends: standard\n"
    (tried / "small.yaml").write_text(algorithm + "scope: {dossiers: open}\n", "utf-8")
    with inside(tried):
        typed("plan", "--algorithm", "small.yaml", cwd=tried)
        second = typed("verify", "--json", cwd=tried).document
        (first / "journal.sqlite").rename(first / "away.sqlite")
        third = typed("verify", "--json", cwd=tried).document

    compared = sum(t["count"] for t in second["planned"].values())
    unplanned = second["unplanned"]["earlier_run"]
    assert second["run"] == "002"
    assert second["passed"]
    assert unplanned > 0
    assert compared + unplanned <= there
    assert second["unplanned"] == {"earlier_run": unplanned, "other_origin": 0, "unknown": 0}
    assert third["unplanned"] == {"earlier_run": 0, "other_origin": 0, "unknown": unplanned}


def test_what_an_older_version_left_goes_with_any_command(tried: Path) -> None:
    """In every run folder; what belongs there stays."""
    folder = run_folder(tried)
    for name in ("read-back.sqlite", "fold.sqlite", "fold.sqlite-journal"):
        (folder / name).write_text("data")

    typed("status", cwd=tried)

    left = {p.name for p in folder.iterdir() if p.name.endswith(DATA)}
    assert left - KNOWN == set()
    assert "plan.sqlite" in left


def audited(workspace: Path) -> Done:
    """Give the command with the AuditEvents of the first run."""
    return typed("verify", "--run", "001", "--audit", "--json", cwd=workspace)


def on_the_store(workspace: Path, statement: str) -> None:
    """Change what the sandbox keeps, while it is off."""
    with closing(sqlite3.connect(workspace / ".sandbox" / "store.sqlite")) as db:
        assert db.execute(statement).rowcount == 1
        db.commit()


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """Let nobody wait for AuditEvents that are on their way."""
    with patch("kt_migrate.verify.audit.WAITS", ()):
        yield


def test_the_audit_events_confirm_the_journal(tried: Path) -> None:
    """Every effect has one; verify.json and the report say so."""
    with inside(tried):
        done = audited(tried)
        plain = verify(tried)
        typed("verify", "--run", "001", "--audit", cwd=tried)

    trail = done.document["audit"]
    assert (done.code, trail["passed"], trail["counts"]) == (ExitCode.OK, True, {})
    with open_journal(run_folder(tried)) as journal:
        assert trail["traces"] == [journal.meta("trace_id")]
        assert sum(row["claimed"] for row in trail["effects"]) == journal.counts()[State.CREATED]
    assert all(row["claimed"] == row["found"] > 0 for row in trail["effects"])
    assert "De AuditEvents bevestigen het journaal." in done.err
    assert plain.document["audit"] is None
    content = kept(tried)
    assert content is not None
    assert content["audit"] == trail
    assert reported(tried) is True
    report = run_folder(tried) / "rapport.json"
    assert json.loads(report.read_bytes())["audited"] is True
    assert "bevestigen het journaal" in report.with_suffix(".html").read_text("utf-8")


def test_an_effect_without_an_audit_event_is_a_difference(tried: Path, no_waiting: None) -> None:
    """With a code of its own on screen, in verify.json and in the error list; the rest passes."""
    del no_waiting
    lost = "DELETE FROM audit WHERE id = (SELECT min(id) FROM audit WHERE what LIKE 'Task/%')"
    on_the_store(tried, lost)
    with inside(tried):
        done = audited(tried)

    assert done.code == ExitCode.AUDIT
    assert done.document["passed"] is True
    assert done.document["audit"]["counts"] == {"audit-missing": 1}
    assert "audit-missing Task " in done.err
    assert reported(tried) is True
    report = json.loads((run_folder(tried) / "rapport.json").read_bytes())
    assert report["audited"] is False
    assert "audit-missing" in {row["code"] for row in report["errors"]}


def test_an_effect_that_the_journal_does_not_know_is_a_difference(tried: Path) -> None:
    """Somebody wrote under our trace, with our client: 27, and after a difference of content 23."""
    other = "5c3ee0ce-7a52-4a0c-9a55-0d6f2b9c1e10"
    statement = f"""INSERT INTO audit SELECT 1000000, at, trace, request, correlation, 'create',
        'Task/{other}/_history/1', '0', device FROM audit WHERE what LIKE 'Task/%' LIMIT 1"""
    on_the_store(tried, statement)
    with inside(tried) as app, beside(tried, app) as http:
        done = audited(tried)
        tasks = [e["resource"] for e in http.get("/Task?_count=200").json()["entry"]]
        assert http.delete(f"/Task/{tasks[0]['id']}").status_code == 204
        both = audited(tried)

    assert done.code == ExitCode.AUDIT
    assert f"audit-unclaimed Task Task/{other}/_history/1" in done.err
    assert both.code == ExitCode.MISMATCH
    assert both.document["audit"]["counts"] == {"audit-unclaimed": 1}


def test_who_cannot_look_at_audit_events_gives_no_approval(tried: Path, no_waiting: None) -> None:
    """Not of the resources either: 25, and nothing on disk."""
    del no_waiting
    with closing(sqlite3.connect(tried / ".sandbox" / "store.sqlite")) as db:
        db.execute("DELETE FROM audit")
        db.commit()
    with inside(tried):
        done = audited(tried)

    assert done.code == ExitCode.COULD_NOT_LOOK
    assert "De server toont geen AuditEvent van deze run." in done.err
    assert kept(tried) is None


def test_a_run_that_was_undone_is_not_held_against_its_journal(tried: Path) -> None:
    """Undoing goes on under the trace of the run, and has a record of its own."""
    (run_folder(tried) / UNDO_FILE).touch()
    with inside(tried):
        done = audited(tried)

    assert done.code == ExitCode.COULD_NOT_LOOK
    assert "Deze run is teruggedraaid" in done.err
    assert kept(tried) is None
