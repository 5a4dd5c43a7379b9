"""The commands as a person gives them, in processes of their own, killed ones too."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from generate import generate

import warm
from kt_migrate.errors import ExitCode
from road.looking import requests, run_folder
from support import EXAMPLE, command, serving

pytestmark = pytest.mark.integration

CANARIES = (EXAMPLE / "canaries.txt").read_text("utf-8").split("\n")[:-1]


def test_killed_ten_times_it_ends_without_a_duplicate(workspace: Path) -> None:
    """Kill -9 of the real process, each time a few requests further; then once more to the end."""
    chance = random.Random(13)  # noqa: S311 (moments, not secrets)
    shutil.rmtree(workspace / "archive")
    generate(workspace, 200)
    troubles = ("--latency-ms", "40", "--audit-delay-ms", "200")
    with serving(workspace, *troubles), Path(os.devnull).open("wb") as nowhere:
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
        verify = json.loads(command("verify", "--audit", "--json", cwd=workspace).stdout)

    for row in trial["books"].values():
        assert row["read"] == row["superseded"] + row["objects"]
        fates = ("migrated", "not_migrated", "rejected", "out_of_scope")
        assert row["objects"] == sum(row[name] for name in fates)
    assert trial["pending"] == 0
    assert verify["passed"]
    assert verify["hash_totals"] == verify["planned"] == trial["hash_totals"]
    assert verify["audit"]["passed"]
    assert len(verify["audit"]["traces"]) == 1
    assert sum(row["claimed"] for row in verify["audit"]["effects"]) > 100


def test_the_commands_of_a_weekend(workspace: Path) -> None:
    """inspect, plan, trial, verify, errors, report, status; then nothing is left to do."""
    with serving(workspace):
        assert "was de buffer leeg" in command("inspect", cwd=workspace).stdout
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


def test_the_program_starts_by_itself(workspace: Path) -> None:
    """A process of Python's own: the other tests start theirs from one that has imported all."""
    done = subprocess.run(
        [sys.executable, "-m", "kt_migrate", "--lang", "en", "verify"],
        cwd=workspace,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("Error: There is no plan for local yet.")
    assert done.stdout == ""


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
