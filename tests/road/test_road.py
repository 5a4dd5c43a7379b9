"""The whole road, from an archive to a verified server, with trouble on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from generate import generate

import warm
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import State
from kt_migrate.load.journal_file import REQUESTS
from kt_migrate.model import Outcome
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.settings import Faults
from support import (
    EXAMPLE,
    ROOT,
    SandboxMaker,
    command,
    load_all,
    plan_of,
    serving,
    verify_all,
)

pytestmark = pytest.mark.integration

CANARIES = (EXAMPLE / "canaries.txt").read_text("utf-8").split("\n")[:-1]


def test_the_books_of_the_example_balance_and_hold_every_reason(example_plan: Plan) -> None:
    """Both accounts add up per type and event; each reject reason of reading and mapping occurs."""
    books = example_plan.books()
    codes = {issue.code for issue in example_plan.issues()}

    assert books.unbalanced() == ()
    assert sum(row.ended[Outcome.MIGRATED] for row in books.per_type().values()) > 40
    assert codes >= {
        "file-unreadable",
        "file-doctype",
        "file-not-a-message",
        "archive-refused",
        "message-incomplete",
        "object-without-link",
        "domain-other",
        "version-conflict",
        "type-unknown",
        "value-missing",
        "value-invalid",
        "code-unknown",
        "activity-unknown",
        "application-unknown",
        "reference-missing",
        "profile-violation",
        "owner-first",
        "definition-unresolved",
        "period-dropped",
        "reference-dropped",
        "value-dropped",
        "code-generalised",
        "activity-removed",
        "activity-duplicate",
    }


def test_a_reference_never_precedes_its_target(example_plan: Plan) -> None:
    """Every target has a lower stage, and so a lower number."""
    stages = {write.seq: write.stage for write in example_plan.writes()}

    assert all(
        stages[target] < stages[seq] for seq in stages for target in example_plan.targets(seq)
    )


@pytest.mark.parametrize("form", ["renamed", "xml", "json"])
def test_the_same_messages_give_the_same_plan_byte_for_byte(tmp_path: Path, form: str) -> None:
    """In another order, all as XML, all as JSON."""
    source, target = EXAMPLE / "archive", tmp_path / "archive"
    if form == "renamed":
        files = [p for p in sorted(source.rglob("*")) if p.is_file()]
        readable = {".json", ".xml"}
        for number, path in enumerate(files):
            broken = any(w in path.name for w in ("kapot", "doctype", "bood", "zonder"))
            place = target / path.relative_to(source)
            if path.suffix in readable and not broken:
                place = target / f"{len(files) - number:04}{path.suffix}"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    else:
        script = ROOT / "examples" / "convert.py"
        subprocess.run([sys.executable, script, source, target, form], check=True)
    plans = []
    for name, archive in (("a", source), ("b", target)):
        path = tmp_path / f"{name}.sqlite"
        with plan_of([archive], path, enrichment=EXAMPLE / "enrichment", domains=("EXAMPLE",)):
            plans.append(path.read_bytes())

    assert plans[0] == plans[1]


def test_the_example_is_what_its_generator_makes(tmp_path: Path) -> None:
    """The committed files are regenerated, byte for byte."""
    subprocess.run([sys.executable, ROOT / "examples" / "make_example.py", tmp_path], check=True)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    kept = {p.relative_to(EXAMPLE): p.read_bytes() for p in EXAMPLE.rglob("*") if p.is_file()}

    assert made == kept


TROUBLES = {
    "none": Faults(),
    "errors": Faults(error_every=3),
    "throttle": Faults(throttle_every=9),
    "throttle until a date": Faults(throttle_every=15, retry_after="date"),
    "dropped before the effect": Faults(drop_before_every=4),
    "dropped after the effect": Faults(drop_after_every=3),
    "resets": Faults(reset_every=7),
    "short tokens": Faults(token_seconds=1, latency_ms=60),
    "everything": Faults(error_every=5, drop_after_every=4, reset_every=11, latency_ms=2),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_everything_is_written_exactly_once_whatever_goes_wrong(
    trouble: str,
    sandbox: SandboxMaker,
    example_plan: Plan,
    tmp_path: Path,
    credentials: Credentials,
) -> None:
    """One object per write, equal to the plan; a second start does nothing."""
    running = sandbox(TROUBLES[trouble])

    # Pauses are for a busy server, which the sandbox is not.
    result = load_all(example_plan, tmp_path, running.base, credentials, haste=20)
    again = load_all(example_plan, tmp_path, running.base, credentials)
    verified = verify_all(example_plan, tmp_path, running.base, credentials)

    assert (result.on_server, result.failed, result.stopped_by) == (result.total, 0, None)
    assert again.sent == 0
    assert verified.differences == ()
    assert verified.passed


def test_a_server_without_conditional_create_is_asked_first(
    sandbox: SandboxMaker, example_plan: Plan, tmp_path: Path, credentials: Credentials
) -> None:
    """The second journal finds everything by temporary identifier, and creates nothing."""
    running = sandbox(conditional_create=False)
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()

    load_all(example_plan, first, running.base, credentials)
    result = load_all(example_plan, second, running.base, credentials)
    verified = verify_all(example_plan, tmp_path, running.base, credentials)

    assert result.states == {State.UNCHANGED: result.total}
    assert verified.passed


def test_a_client_without_the_scope_stops_with_a_login_error(
    sandbox: SandboxMaker, example_plan: Plan, tmp_path: Path, credentials: Credentials
) -> None:
    """403 cannot be helped by trying again."""
    running = sandbox(scopes="system/Organization.cruds")

    result = load_all(example_plan, tmp_path, running.base, credentials)

    assert type(result.stopped_by).__name__ == "LoginError"


def run_folder(workspace: Path) -> Path:
    """Return the newest run folder."""
    return max((workspace / "runs" / "local").iterdir())


def requests(journal: Path) -> int:
    """Return how many writing requests a journal has seen; it may not be there yet."""
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        try:
            row = db.execute("SELECT count FROM tally WHERE name = ?", (REQUESTS,)).fetchone()
        except sqlite3.OperationalError:  # its tables are not there yet
            return 0
    return int(row[0])


def test_killed_ten_times_it_ends_without_a_duplicate(workspace: Path) -> None:
    """Kill -9 of the real process, each time a few requests further; then once more to the end."""
    chance = random.Random(13)  # noqa: S311 (moments, not secrets)
    shutil.rmtree(workspace / "archive")
    generate(workspace, 200)
    with serving(workspace, "--latency-ms", "40"), Path(os.devnull).open("wb") as nowhere:
        command("plan", cwd=workspace)
        journal = run_folder(workspace) / "journal.sqlite"
        for _kill in range(10):
            goal = requests(journal) + chance.randint(0, 6)
            process = warm.start(
                ["trial", "--env", "local"],
                workspace,
                stdout=nowhere.fileno(),
                stderr=nowhere.fileno(),
                haste=20,
            )
            while requests(journal) < goal and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.04)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL, "it was not killed in the middle"
        trial = json.loads(command("trial", "--env", "local", "--json", cwd=workspace).stdout)
        verify = json.loads(command("verify", "--json", cwd=workspace).stdout)

    for row in trial["books"].values():
        assert row["read"] == row["superseded"] + row["objects"]
        fates = ("migrated", "not_migrated", "rejected", "out_of_scope")
        assert row["objects"] == sum(row[name] for name in fates)
    assert trial["pending"] == 0
    assert verify["passed"]
    assert verify["hash_totals"] == verify["planned"] == trial["hash_totals"]


def test_the_commands_of_a_weekend(workspace: Path) -> None:
    """inspect, plan, trial, verify, errors, report, status; then nothing is left to do."""
    with serving(workspace):
        assert "queue-message" in command("inspect", cwd=workspace).stdout
        assert "De boeken" in command("plan", cwd=workspace).stdout
        assert "geldt nog" in command("plan", cwd=workspace).stdout
        assert "Schrijft naar local" in command("trial", "--env", "local", cwd=workspace).stdout
        assert "niets te doen" in command("trial", "--env", "local", cwd=workspace).stdout
        assert "gelijk aan het plan" in command("verify", cwd=workspace).stdout
        assert "value-missing" in command("errors", "list", cwd=workspace).stdout
        assert "rapport.html" in command("report", cwd=workspace).stdout
        assert "001" in command("status", cwd=workspace).stdout
        assert "Goed" in command("algorithm", "check", cwd=workspace).stdout
        assert '"kid"' in command("keys", "jwks", cwd=workspace).stdout
        command("sandbox", "export", "uit", cwd=workspace)
        stale = workspace / "enrichment" / "meer.csv"
        stale.write_text("link,field,value\nhttps://x.example/1,email,a@b.example\n")
        refused = command("trial", "--env", "local", cwd=workspace, check=False)
    unreachable = command("verify", cwd=workspace, check=False)

    assert (workspace / "uit" / "Patient.ndjson").read_bytes().count(b"\n") == 11
    assert refused.returncode == 10
    assert "enrichment" in refused.stderr
    assert unreachable.returncode in (25, 31)
    assert "Traceback" not in refused.stderr + unreachable.stderr


def test_no_personal_data_leaves_the_plan(workspace: Path) -> None:
    """Seeded names, birthdays, BSNs and addresses are in no artefact for people, nor on screen."""
    with serving(workspace):
        shown = "".join(
            done.stdout + done.stderr
            for done in (
                command("inspect", cwd=workspace),
                command("plan", cwd=workspace),
                command("trial", "--env", "local", cwd=workspace),
                command("verify", cwd=workspace),
                command("errors", "list", "--notices", cwd=workspace),
                command("report", cwd=workspace),
            )
        )
    folder = run_folder(workspace)
    artefacts = [p for p in folder.iterdir() if p.suffix in (".csv", ".json", ".html", ".txt")]
    text = shown + "".join(p.read_text("utf-8-sig") for p in artefacts)

    # The EPD's host and a few ordinary words hold the string "voorbeeld"; names are capitalised.
    assert [canary for canary in CANARIES if f"{canary}" in text and canary != "Voorbeeld"] == []
    assert len(artefacts) >= 6
    assert folder.stat().st_mode & 0o077 == 0


def test_a_killed_verification_leaves_no_data(workspace: Path) -> None:
    """Kill -9 in the middle of the reading back: no file with data, and no verdict."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
    before = {p.name for p in run_folder(workspace).iterdir()}
    with serving(workspace, "--latency-ms", "100"), Path(os.devnull).open("wb") as nowhere:
        process = warm.start(
            ["verify"], workspace, stdout=nowhere.fileno(), stderr=nowhere.fileno()
        )
        held = _holds_data(process)
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    left = {p.name for p in run_folder(workspace).iterdir()}

    assert held, "it was not killed in the middle"
    assert code == -signal.SIGKILL
    assert left - before <= {"journal.sqlite-wal", "journal.sqlite-shm"}


def _holds_data(process: warm.Process) -> bool:
    """Wait until the read-back holds something; only Linux lets us look."""
    fds = Path(f"/proc/{process.pid}/fd")
    if not fds.is_dir():
        time.sleep(1)
        return process.poll() is None
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        for fd in fds.iterdir():
            try:
                mine = "read-back" in str(fd.readlink()) and fd.stat().st_size > 8_192
            except OSError:
                continue  # closed meanwhile
            if mine:
                return process.poll() is None
        time.sleep(0.01)
    return False
