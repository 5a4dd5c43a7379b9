"""`trial --sample`: what it writes, what it says, what it refuses, and the estimate at its end."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from inside import Done, inside, typed
from kt_migrate.errors import ExitCode
from kt_migrate.load.lock import run_lock
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.settings import Faults

RUN = Path("runs/local/001")
SAMPLE = ("trial", "--env", "local", "--patients", "3", "--json")
WHOLE = ("trial", "--env", "local", "--json")
ENGLISH = ("--lang", "en")


def given(folder: Path, *line: str, way: Callable[[ASGIApp], ASGIApp] | None = None) -> Done:
    """Give a command, with the working folder's sandbox there."""
    with inside(folder, Faults()) as app:
        through = app if way is None else way(app)
        with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(through)):
            return typed(*line, cwd=folder)


def stored(folder: Path) -> Counter[str]:
    """Return how many resources of each type the sandbox holds."""
    with closing(sqlite3.connect(folder / ".sandbox" / "store.sqlite")) as db:
        rows = db.execute("SELECT r4_type, count(*) FROM resource GROUP BY 1")
        return Counter(dict(rows.fetchall()))


def kept(folder: Path, name: str) -> dict[str, Any]:
    """Read a file of the run folder."""
    content: dict[str, Any] = orjson.loads((folder / RUN / name).read_bytes())
    return content


def test_a_sample_is_all_that_is_written_and_everything_says_so(workspace: Path) -> None:
    """Books, status, verify, errors and report have n of N; the rest is not drawn."""
    trial = given(workspace, *ENGLISH, *SAMPLE)
    sample = kept(workspace, "sample.json")
    said = f"{sample['writes']} of {sample['writes_of']} writes"
    books = trial.document["books"]

    assert trial.code == ExitCode.OK
    assert said in " ".join(trial.err.split())
    assert 0 < sample["writes"] < sample["writes_of"]
    assert stored(workspace).total() == sample["writes"] + stored(workspace)["Device"]
    assert trial.document["pending"] == 0
    assert trial.document["sample"]["digest"] == sample["digest"]
    assert sum(row["not_drawn"] for row in books.values()) > 0
    for row in books.values():
        fates = ("migrated", "not_migrated", "rejected", "out_of_scope", "not_drawn")
        assert row["objects"] == sum(row[fate] for fate in fates)
    for line in (("verify",), ("status",), ("errors", "list"), ("report",)):
        done = given(workspace, *ENGLISH, *line, "--json")
        assert done.code == ExitCode.OK, line
        assert said in " ".join(done.err.split()), line
    verified = given(workspace, *ENGLISH, "verify", "--json")
    assert sum(t["count"] for t in verified.document["planned"].values()) == sample["writes"]
    assert "what was drawn is on the server" in verified.err
    runs = given(workspace, "status", "--json").document["runs"]
    assert (runs[0]["writes"], runs[0]["pending"]) == (sample["writes"], 0)
    report = kept(workspace, "rapport.json")
    assert report["sample"]["writes"] == sample["writes"]
    assert report["estimate"]["types"].keys() == trial.document["estimate"]["types"].keys()
    assert said in " ".join((workspace / RUN / "rapport.html").read_text("utf-8").split()) or (
        "STEEKPROEF" in (workspace / RUN / "rapport.html").read_text("utf-8")
    )


def test_a_plan_after_a_sample_has_a_run_folder_of_its_own(workspace: Path) -> None:
    """There another sample can be drawn, or the whole be written; the plan is the same."""
    given(workspace, *SAMPLE)
    plans = [given(workspace, "plan", "--json").document["run"] for _ in range(2)]
    again = given(workspace, *SAMPLE)

    assert plans == ["002", "002"]
    assert (again.code, again.document["run"]) == (ExitCode.OK, "002")
    assert again.document["sample"]["digest"] == kept(workspace, "sample.json")["digest"]


def test_the_error_list_of_a_sample_has_every_reason_of_the_plan(workspace: Path) -> None:
    """And only lines of what was drawn: fewer than the plan's."""
    given(workspace, *SAMPLE)
    listed = kept_list(workspace)
    with Plan(workspace / RUN / "plan.sqlite") as plan:
        reasons, issues = plan.reject_reasons(), len(list(plan.issues()))

    assert {row["code"] for row in listed} >= set(reasons)
    assert len(listed) < issues


def kept_list(folder: Path) -> list[dict[str, str]]:
    """Read the error list."""
    kept = orjson.loads((folder / RUN / "foutenlijst.json").read_bytes())
    rows: list[dict[str, str]] = kept["errors"]
    return rows


def test_the_same_command_goes_on_and_another_sample_is_refused(workspace: Path) -> None:
    """Nothing is sent a second time; of what is refused nothing changes."""
    given(workspace, *SAMPLE)
    before = kept(workspace, "sample.json"), stored(workspace)
    again = given(workspace, *SAMPLE)
    other = given(workspace, "trial", "--env", "local", "--sample", "50%")

    assert (again.code, again.document["figures"]["sent"]) == (ExitCode.OK, 0)
    assert other.code == ExitCode.USAGE
    assert "--whole" in other.err
    assert (kept(workspace, "sample.json"), stored(workspace)) == before


@pytest.mark.parametrize("options", [(), ("--whole",)])
def test_the_whole_writes_the_rest_and_says_whether_the_estimate_held(
    workspace: Path, options: tuple[str, ...]
) -> None:
    """With --whole or without a sample; from then on the run is whole."""
    sample = given(workspace, *SAMPLE).document["sample"]
    whole = given(workspace, *ENGLISH, *WHOLE, *options)
    held = whole.document["estimate_held"]

    assert whole.code == ExitCode.OK
    assert f"the other {sample['writes_of'] - sample['writes']} writes come now" in " ".join(
        whole.err.split()
    )
    assert whole.document["figures"]["sent"] == sample["writes_of"] - sample["writes"]
    assert not (workspace / RUN / "sample.json").exists()
    assert "sample" not in whole.document
    assert all("not_drawn" not in row for row in whole.document["books"].values())
    assert held["held"] is True
    assert {one["held"] for one in held["types"].values()} == {True}
    assert held["types"].keys() == whole.document["hash_totals"].keys()
    assert "Was the estimate of sample local 001 (3) right?" in whole.err
    assert given(workspace, "verify").code == ExitCode.OK


def test_a_repair_alone_keeps_to_what_was_drawn(workspace: Path) -> None:
    """Brought back is what was gone of it; nothing else is written."""
    given(workspace, *SAMPLE)
    before = stored(workspace)
    with closing(sqlite3.connect(workspace / ".sandbox" / "store.sqlite")) as db, db:
        db.execute(
            "DELETE FROM resource WHERE r4_type = 'Task' AND id IN"
            " (SELECT id FROM resource WHERE r4_type = 'Task' LIMIT 1)"
        )
    gone = given(workspace, "verify")
    repaired = given(workspace, *WHOLE, "--repair")

    assert gone.code == ExitCode.MISMATCH
    assert repaired.document["figures"]["sent"] == 1
    assert stored(workspace) == before


def refusing_tasks(app: ASGIApp) -> ASGIApp:
    """Answer 422 to every task."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and scope["path"].endswith("/Task"):
            await send({"type": "http.response.start", "status": 422, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        else:
            await app(scope, receive, send)

    return answer


def test_the_estimate_counts_what_failed_and_what_the_plan_rejects(workspace: Path) -> None:
    """Per type: all tasks fail, nothing else; what the plan rejects is that of the whole plan."""
    config = workspace / "configs" / "local.yaml"
    config.write_text(config.read_text("utf-8").replace("error_share: 0.5", "error_share: 1.0"))
    done = given(workspace, *SAMPLE, way=refusing_tasks)
    estimate = kept(workspace, "estimate.json")
    tasks, patients = estimate["types"]["Task"], estimate["types"]["Patient"]
    with Plan(workspace / RUN / "plan.sqlite") as plan:
        rejected = plan.books().per_type()["Patient"].as_json()["rejected"]

    assert done.code == ExitCode.REJECTS
    assert done.document["estimate"] == estimate
    assert tasks["failed"] == tasks["drawn"] > 0
    assert tasks["failures"][0] >= tasks["drawn"]
    assert tasks["high"] == 1.0
    assert patients["failed"] == 0
    assert patients["plan_rejected"] == rejected == 4
    assert patients["with_plan"]["low"] == pytest.approx(4 / (patients["planned"] + 4), abs=1e-6)
    assert (workspace / RUN / "estimate.json").stat().st_mode & 0o777 == 0o600


def test_a_sample_is_not_measured_by_the_criteria_of_the_whole(workspace: Path) -> None:
    """However good it is: not measurable."""
    (workspace / "own.yaml").write_text(
        "schema: kt-migrate-algorithm/1\nname: own\nversion: '1'\nextends: standard\n"
        "success: {totals: {rejected_share: 1.0}, verified: true}\n",
        "utf-8",
    )
    own = ("--algorithm", "own.yaml")
    given(workspace, *SAMPLE, *own)
    given(workspace, "verify")
    sampled = given(workspace, "report", "--json").document["success"]
    given(workspace, *WHOLE, *own)
    given(workspace, "verify")
    whole = given(workspace, "report", "--json").document["success"]

    assert (sampled["verdict"], sampled["passed"]) == ("not-measurable", False)
    assert {one["verdict"] for one in sampled["criteria"]} == {"not-measurable"}
    assert (whole["verdict"], whole["passed"]) == ("met", True)


def test_a_second_process_draws_nothing(workspace: Path) -> None:
    """While somebody writes the whole plan no sample may come to lie beside it."""
    typed("plan", cwd=workspace)
    with run_lock(workspace / RUN):
        done = given(workspace, *SAMPLE)

    assert done.code == ExitCode.LOCKED
    assert not (workspace / RUN / "sample.json").exists()


def test_what_was_not_drawn_is_so_in_its_trace(workspace: Path) -> None:
    """Not as something that was not sent yet."""
    given(workspace, *SAMPLE)
    with Plan(workspace / RUN / "plan.sqlite") as whole:
        links = {write.seq: write.link for write in whole.writes()}
    with closing(sqlite3.connect(workspace / RUN / "sample.sqlite")) as db:
        drawn = {seq for (seq,) in db.execute("SELECT seq FROM drawn")}
    out, within = min(links.keys() - drawn), min(drawn)
    traces = [given(workspace, "trace", links[seq], "--json") for seq in (out, within)]

    assert "niet getrokken" in traces[0].err
    assert "niet getrokken" not in traces[1].err
    assert [t.document["objects"][0]["writes"][0]["drawn"] for t in traces] == [False, True]


@pytest.mark.parametrize(
    "options",
    [
        ("--sample", "5"),
        ("--sample", "5%", "--patients", "3"),
        ("--seed", "a"),
        ("--sample", "5%", "--whole"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_is_made(
    workspace: Path, options: tuple[str, ...]
) -> None:
    """Before a plan is made, or anything is sent."""
    done = typed("trial", "--env", "local", *options, cwd=workspace)

    assert done.code == ExitCode.USAGE
    assert not (workspace / RUN).exists()
