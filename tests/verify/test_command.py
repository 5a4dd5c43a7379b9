"""The real command against a real sandbox: exit codes, kinds, and nothing left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from asking import KIND, logged_in, signed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.errors import ExitCode
from kt_migrate.kt2.keys import load_key
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State
from support import command, serving

pytestmark = pytest.mark.integration

DATA = (".sqlite", "-wal", "-journal")
KNOWN = {"plan.sqlite", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"}


def run_folder(workspace: Path) -> Path:
    """Return the first run folder."""
    return workspace / "runs" / "local" / "001"


def caller(workspace: Path) -> httpx.Client:
    """Log in to the working folder's sandbox, beside kt-migrate."""
    local = load_environment(find_workspace(workspace), "local")
    smart = httpx.get(f"{local.base}/.well-known/smart-configuration").json()
    key = load_key(workspace / local.key.file)
    form = signed(key, local.key.kid, local.client_id, smart["token_endpoint"])
    return logged_in(local.base, smart["token_endpoint"], form)


def verified(workspace: Path, *, code: ExitCode) -> dict[str, Any]:
    """Verify, expect an exit code, and return the document and what was said."""
    done = command("verify", "--run", "001", "--json", cwd=workspace, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout or "{}")
    return document | {"said": done.stderr}


def test_a_count_that_lies_is_could_not_look(workspace: Path) -> None:
    """Exit code 25, no list of differences, and no approval on disk."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
    with serving(workspace, "--count-off", "1"):
        done = verified(workspace, code=ExitCode.COULD_NOT_LOOK)

    assert "Kon niet kijken: dat is geen goedkeuring." in done["said"]
    assert "waren er" in done["said"]
    assert "verify-" not in done["said"]
    assert not (run_folder(workspace) / "verify.json").exists()


def test_an_approval_of_before_does_not_outlive_a_look_that_failed(workspace: Path) -> None:
    """Nor a next trial: the report then says that nothing was verified."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
        verified(workspace, code=ExitCode.OK)
        assert (run_folder(workspace) / "verify.json").exists()
        command("trial", "--env", "local", cwd=workspace)
        assert not (run_folder(workspace) / "verify.json").exists()
        verified(workspace, code=ExitCode.OK)
    with serving(workspace, "--count-off", "1"):
        verified(workspace, code=ExitCode.COULD_NOT_LOOK)
    command("report", cwd=workspace)

    report = json.loads((run_folder(workspace) / "rapport.json").read_bytes())
    assert report["verified"] is None


def test_what_others_did_after_us_is_told_apart(workspace: Path) -> None:
    """Changed, removed and unknown: 23; then a double: 24."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
        with caller(workspace) as http:
            tasks = [e["resource"] for e in http.get("/Task?_count=200").json()["entry"]]
            patients = [e["resource"] for e in http.get("/Patient?_count=200").json()["entry"]]
            changed = patients[0] | {"active": not patients[0]["active"]}
            version = {"If-Match": f'W/"{changed["meta"]["versionId"]}"'}
            put = http.put(f"/Patient/{changed['id']}", json=changed, headers=KIND | version)
            gone = http.delete(f"/Task/{tasks[0]['id']}")
            unknown = posted(patients[1])
            unknown["identifier"][0]["value"] = "https://nobody.example/1"
            new = http.post("/Patient", json=unknown, headers=KIND)
            different = verified(workspace, code=ExitCode.MISMATCH)
            kinds = json.loads((run_folder(workspace) / "verify.json").read_bytes())
            twice = http.post("/Patient", json=posted(patients[1]), headers=KIND)
            double = verified(workspace, code=ExitCode.DUPLICATES)

    assert [a.status_code for a in (put, gone, new, twice)] == [200, 204, 201, 201]
    assert kinds["counts"] == {"verify-changed": 1, "verify-missing": 1}
    assert kinds["unplanned"] == {"earlier_run": 0, "other_origin": 0, "unknown": 1}
    assert {d["code"]: d["paths"] for d in kinds["differences"]} == {
        "verify-changed": ["Patient.active"],
        "verify-missing": [],
        "verify-unplanned": [],
    }
    assert different["unplanned"] == kinds["unplanned"]
    assert different["differences"] == 2
    assert "LET OP: 1 resources" in different["said"]
    assert "https://nobody.example/1" in different["said"]
    assert double["differences"] == 3


def posted(resource: dict[str, Any]) -> dict[str, Any]:
    """Return what a server has as it would be posted."""
    made: dict[str, Any] = json.loads(json.dumps(resource))
    del made["id"], made["extension"]
    made["meta"] = {"profile": made["meta"]["profile"]}
    return made


def test_what_an_earlier_run_wrote_is_not_alarming(workspace: Path) -> None:
    """Only its journal knows that: with the journal away, nobody knows who wrote it."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
        first = run_folder(workspace)
        with open_journal(first) as journal:
            there = sum(1 for _ in journal.entries(State.CREATED))
        # The next plan leaves closed dossiers out.
        algorithm = "schema: kt-migrate-algorithm/1\nname: small\nversion: '1'\nextends: standard\n"
        (workspace / "small.yaml").write_text(algorithm + "scope: {dossiers: open}\n", "utf-8")
        command("plan", "--algorithm", "small.yaml", cwd=workspace)
        second = json.loads(command("verify", "--json", cwd=workspace).stdout)
        (first / "journal.sqlite").rename(first / "away.sqlite")
        third = json.loads(command("verify", "--json", cwd=workspace).stdout)

    compared = sum(t["count"] for t in second["planned"].values())
    unplanned = second["unplanned"]["earlier_run"]
    assert second["run"] == "002"
    assert second["passed"]
    assert unplanned > 0
    assert compared + unplanned <= there
    assert second["unplanned"] == {"earlier_run": unplanned, "other_origin": 0, "unknown": 0}
    assert third["unplanned"] == {"earlier_run": 0, "other_origin": 0, "unknown": unplanned}


def test_a_killed_verification_leaves_no_data(workspace: Path) -> None:
    """Kill -9 in the middle of the reading back."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
    with serving(workspace, "--latency-ms", "300"):
        process = subprocess.Popen(
            [sys.executable, "-m", "kt_migrate", "verify"],
            cwd=workspace,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        held = _wait_for_data(process)
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = {p.name for p in run_folder(workspace).iterdir() if p.name.endswith(DATA)}

    assert held, "it was not killed in the middle"
    assert left <= KNOWN
    assert not (run_folder(workspace) / "verify.json").exists()


def _wait_for_data(process: subprocess.Popen[bytes]) -> bool:
    """Wait until the read-back holds something; only Linux lets us look."""
    fds = Path(f"/proc/{process.pid}/fd")
    if not fds.is_dir():
        time.sleep(3)
        return process.poll() is None
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        for fd in fds.iterdir():
            try:
                mine = "read-back" in str(fd.readlink()) and fd.stat().st_size > 8_192
            except OSError:
                continue  # closed meanwhile
            if mine:
                time.sleep(0.5)
                return process.poll() is None
        time.sleep(0.05)
    return False


def test_what_an_older_version_left_goes_with_any_command(workspace: Path) -> None:
    """In every run folder; what belongs there stays."""
    command("plan", cwd=workspace)
    folder = run_folder(workspace)
    for name in ("read-back.sqlite", "fold.sqlite", "fold.sqlite-journal"):
        (folder / name).write_text("data")

    command("status", cwd=workspace)

    left = {p.name for p in folder.iterdir() if p.name.endswith(DATA)}
    assert left - KNOWN == set()
    assert "plan.sqlite" in left
