"""Every exit code means one thing, and is reached by the command that documents it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from inside import Done, beside, inside, typed
from judged_scene import sampled
from kt_migrate import errors
from kt_migrate.books import Books
from kt_migrate.errors import ExitCode, KtMigrateError
from kt_migrate.load.lock import run_lock
from kt_migrate.reports.judged import Verdict
from kt_migrate.sandbox.settings import Faults
from kt_migrate.sandbox.subscribing import subscription

RUN = Path("runs/local/001")
VERIFY, TRIAL = ("verify", "--json"), ("trial", "--env", "local", "--json")
Way = Callable[[ASGIApp], ASGIApp]


def asked(
    folder: Path, *line: str, faults: Faults | None = None, way: Way = lambda app: app
) -> Done:
    """Give a command whose requests go by a way of ours to the working folder's sandbox."""
    with inside(folder, faults) as app:
        through = way(app)
        with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(through)):
            return typed(*line, cwd=folder)


def refusing(status: int, *, writes: int = 1_000) -> Way:
    """Return the way of a server that answers the first writes with this, and never stores them."""

    def way(app: ASGIApp) -> ASGIApp:
        left = [writes]

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["method"] == "POST" and "token" not in scope["path"] and left[0]:
                left[0] -= 1
                await send({"type": "http.response.start", "status": status, "headers": []})
                await send({"type": "http.response.body", "body": b"{}"})
            else:
                await app(scope, receive, send)

        return answer

    return way


def stopping(app: ASGIApp) -> ASGIApp:
    """Press Ctrl-C when the first write comes."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and "token" not in scope["path"]:
            os.kill(os.getpid(), signal.SIGINT)
        await app(scope, receive, send)

    return answer


def nobody_home(status: int) -> Way:
    """Return the way of a server that answers everything with this."""

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return lambda _app: answer


def untried(folder: Path) -> None:
    """Forget the trial, on both sides: the plan stays."""
    shutil.rmtree(folder / ".sandbox")
    for path in (folder / RUN).glob("journal.sqlite*"):
        path.unlink()


def in_store(folder: Path, sql: str) -> None:
    """Change the sandbox's store behind its back."""
    with closing(sqlite3.connect(folder / ".sandbox" / "store.sqlite")) as db:
        db.execute(sql)
        db.commit()


def fine(folder: Path) -> Done:
    """Server and plan are equal."""
    return asked(folder, *VERIFY)


def misused(folder: Path) -> Done:
    """No trial on production."""
    return typed("trial", "--env", "prd2", cwd=folder)


def misconfigured(folder: Path) -> Done:
    """No key."""
    (folder / "keys" / "local.pem").unlink()
    return asked_plain(folder)


def asked_plain(folder: Path) -> Done:
    """Verify without any server."""
    return typed(*VERIFY, cwd=folder)


def without_source(folder: Path) -> Done:
    """Nothing to read."""
    return typed("plan", "--archive", "none", cwd=folder)


def undelivered(folder: Path) -> Done:
    """Something lies in the archive that its manifest does not say."""
    typed("inspect", "--manifest", cwd=folder)
    (folder / "archive" / "new.json").write_text("{}")
    return typed(*TRIAL, cwd=folder)


def stale(folder: Path) -> Done:
    """The archive is another since the plan was made."""
    (folder / "archive" / "new.json").write_text("{}")
    return typed(*TRIAL, cwd=folder)


def locked(folder: Path) -> Done:
    """Somebody else is at it."""
    with run_lock(folder / RUN):
        return typed(*TRIAL, cwd=folder)


def nobody_works(folder: Path) -> Done:
    """There is nothing to pause."""
    return typed("control", "pause", cwd=folder)


def with_rejects(folder: Path) -> Done:
    """The server does not want one."""
    untried(folder)
    return asked(folder, *TRIAL, way=refusing(422, writes=1))


def with_too_many_rejects(folder: Path) -> Done:
    """The server wants none."""
    untried(folder)
    return asked(folder, *TRIAL, way=refusing(422))


def unbalanced(folder: Path) -> Done:
    """A defect that the two accounts show."""
    with patch.object(Books, "unbalanced", return_value=(("Patient", ""),)):
        return asked(folder, *TRIAL)


def different(folder: Path) -> Done:
    """One is gone."""
    in_store(folder, "UPDATE resource SET deleted = 1 WHERE row = (SELECT max(row) FROM resource)")
    return asked(folder, *VERIFY)


def double(folder: Path) -> Done:
    """One is there twice."""
    in_store(
        folder,
        "INSERT INTO resource (r4_type, id, version, updated, origin, body)"
        " SELECT r4_type, 'twin', 1, updated, origin, CAST(replace(body, id, 'twin') AS BLOB) FROM resource"
        " WHERE r4_type = 'Patient' LIMIT 1",
    )
    in_store(
        folder,
        "INSERT INTO identifier SELECT r4_type, system, value,"
        " (SELECT row FROM resource WHERE id = 'twin') FROM identifier WHERE row ="
        " (SELECT min(row) FROM resource WHERE r4_type = 'Patient')",
    )
    return asked(folder, *VERIFY)


def unseen(folder: Path) -> Done:
    """The count is not what can be read."""
    return asked(folder, *VERIFY, faults=Faults(count_off=1))


def miscounted(folder: Path) -> Done:
    """The census finds an object that the plan has no fate for."""
    (folder / "archive" / "new.json").write_text("{}")
    with patch("kt_migrate.plan.account._WITHOUT_FATE", "SELECT 'Patient', 'urn:lost'"):
        return typed("plan", cwd=folder)


def unaudited(folder: Path) -> Done:
    """Somebody wrote under our trace, which the journal does not know."""
    with closing(sqlite3.connect(folder / ".sandbox" / "store.sqlite")) as db:
        db.execute(
            "INSERT INTO audit SELECT 1000000, at, trace, request, correlation, 'create',"
            " 'Task/lost/_history/1', outcome, device FROM audit WHERE what LIKE 'Task/%' LIMIT 1"
        )
        db.commit()
    return asked(folder, "verify", "--audit")


def changed_since(folder: Path) -> Done:
    """Somebody changed a patient: it is not undone."""
    one = "(SELECT max(row) FROM resource WHERE r4_type = 'Patient')"
    changed = "CAST(json_set(CAST(body AS TEXT), '$.meta.versionId', '9') AS BLOB)"
    in_store(folder, f"UPDATE resource SET version = 9, body = {changed} WHERE row = {one}")
    return asked(folder, "rollback", "--env", "local", "--yes-rollback", "EXAMPLE")


def without_examples(folder: Path) -> Done:
    """An algorithm has a rule that no example shows."""
    own = 'schema: kt-migrate-algorithm/1\nname: eigen\nversion: "1"\nnot_migrated:\n'
    rule = "  - {id: eigen, source_type: UserMessage, because: x}\n"
    (folder / "eigen.yaml").write_text(own + rule, "utf-8")
    return typed("algorithm", "test", "eigen.yaml", cwd=folder)


def kept_out(folder: Path) -> Done:
    """The server does not know us."""
    untried(folder)
    return asked(folder, *TRIAL, way=nobody_home(401))


def ill_timed(folder: Path) -> Done:
    """The server's clock is too far from ours for a token."""
    return asked(folder, "probe", "--env", "local", faults=Faults(clock_off=80))


def unanswered(folder: Path) -> Done:
    """The server is down."""
    untried(folder)
    return asked(folder, *TRIAL, way=nobody_home(503))


def interrupted(folder: Path) -> Done:
    """Ctrl-C in the middle of writing."""
    untried(folder)
    return asked(folder, *TRIAL, way=stopping)


def at_a_shut_gate(folder: Path) -> Done:
    """Points of the gate are open."""
    return typed("gate", "pre", "--env", "local", cwd=folder)


def forged(folder: Path) -> Done:
    """Somebody changed one byte of the ledger."""
    at_a_shut_gate(folder)
    ledger = folder / "gates" / "local.ndjson"
    ledger.write_bytes(ledger.read_bytes().replace(b"e", b"f", 1))
    return typed("gate", "verify", "--env", "local", cwd=folder)


def not_there(folder: Path) -> Done:
    """A cluster in which nothing got anywhere yet."""
    lines = "schema: kt-migrate-cluster/1\ncluster: NOORD\nenvironment: local\ndomains:\n"
    (folder / "cluster.yaml").write_text(lines + "  - {domain: EXAMPLE, folder: .}\n", "utf-8")
    return typed("cluster", "report", cwd=folder)


def among_suppliers(folder: Path) -> None:
    """Another supplier brings the patients."""
    path = folder / "kt-migrate.yaml"
    said = "\nsuppliers: {ours: Portaal, others: {EPD: [Patient]}}\n"
    path.write_text(path.read_text("utf-8") + said, "utf-8")


def both_bringing(folder: Path) -> Done:
    """Another announces what we would bring."""
    among_suppliers(folder)
    typed("plan", cwd=folder)
    ours = json.loads((folder / "runs/local/002/owned.json").read_bytes())
    theirs = ours | {"supplier": "EPD", "clients": ["client-epd"]}
    (folder / "epd.json").write_text(json.dumps(theirs), "utf-8")
    return typed("plan", "--others", "epd.json", cwd=folder)


def without_the_others(folder: Path) -> Done:
    """What another brings is not there, and is not waited for any longer."""
    untried(folder)
    among_suppliers(folder)
    assert typed("plan", cwd=folder).code == 0
    with patch("kt_migrate.load.foreign.FIRST_PAUSE", 0.01):
        return asked(folder, *TRIAL, "--wait", "0.02s")


def taken_over(folder: Path) -> Done:
    """Somebody else changed a subscription that we had paused."""
    with inside(folder) as app, beside(folder, app) as http:
        made = http.post("Subscription", json=subscription("Task")).json()
        typed("subscriptions", "pause", "--env", "local", cwd=folder)
        body, version = {**made, "reason": "anders"}, {"If-Match": "2"}
        http.put(f"Subscription/{made['id']}", json=body, headers=version)
        return typed("subscriptions", "restore", "--env", "local", cwd=folder)


def damaged(folder: Path) -> Done:
    """The journal is none."""
    (folder / RUN / "journal.sqlite").write_bytes(b"x" * 9_999)
    return typed(*TRIAL, cwd=folder)


def not_approved(folder: Path) -> Done:
    """A care provider judged a dossier, and it is not right."""
    return sampled(
        folder, lambda of: of.judge(1, Verdict.WRONG, "Dit klopt niet."), "-n", "1", "--json"
    )


REACHED: dict[ExitCode, Callable[[Path], Done]] = {
    ExitCode.OK: fine,
    ExitCode.USAGE: misused,
    ExitCode.CONFIGURATION: misconfigured,
    ExitCode.SOURCE: without_source,
    ExitCode.MANIFEST: undelivered,
    ExitCode.PLAN_STALE: stale,
    ExitCode.LOCKED: locked,
    ExitCode.NOT_RUNNING: nobody_works,
    ExitCode.NO_GO: at_a_shut_gate,
    ExitCode.FORGED: forged,
    ExitCode.CLASH: both_bringing,
    ExitCode.REJECTS: with_rejects,
    ExitCode.TOO_MANY_REJECTS: with_too_many_rejects,
    ExitCode.BOOKS: unbalanced,
    ExitCode.MISMATCH: different,
    ExitCode.DUPLICATES: double,
    ExitCode.COULD_NOT_LOOK: unseen,
    ExitCode.CENSUS: miscounted,
    ExitCode.AUDIT: unaudited,
    ExitCode.LEFT: changed_since,
    ExitCode.EXAMPLES: without_examples,
    ExitCode.LOGIN: kept_out,
    ExitCode.UNAVAILABLE: unanswered,
    ExitCode.LACKING: ill_timed,
    ExitCode.NOT_APPROVED: not_approved,
    ExitCode.WAITING: without_the_others,
    ExitCode.CLUSTER: not_there,
    ExitCode.SUBSCRIPTION: taken_over,
    ExitCode.INTERRUPTED: interrupted,
    ExitCode.JOURNAL: damaged,
}

ELSEWHERE = {ExitCode.NOT_APPROVED}
"""Somebody judges on a page: tests/judging/test_command.py."""


@pytest.mark.parametrize("code", REACHED)
def test_every_exit_code_is_reached(tried: Path, code: ExitCode) -> None:
    """By a command in a folder to which one thing happened."""
    done = REACHED[code](tried)

    assert done.code == code, done
    assert "Traceback" not in done.err


def test_a_run_that_fails_too_much_says_why_it_stopped(tried: Path) -> None:
    """And what the server said stands in the error list, on the screen and in the file."""
    done = with_too_many_rejects(tried)
    shown = asked(tried, "errors", "list", "--env", "local")

    assert "Gestopt: er viel te veel uit" in done.out + done.err
    assert "HTTP 422 no-outcome" in shown.out + shown.err
    (written,) = (tried / "runs" / "local").glob("*/foutenlijst.csv")
    assert "HTTP 422 no-outcome" in written.read_text("utf-8-sig")


def test_exit_codes_are_distinct_and_each_is_tried_here() -> None:
    """A name of its own for each number; what is unexpected has Python's own."""
    numbers = [code.value for code in ExitCode.__members__.values()]

    assert len(set(numbers)) == len(numbers)
    assert all(0 <= number < 126 for number in numbers)
    assert set(ExitCode) == {*REACHED, *ELSEWHERE, ExitCode.UNEXPECTED}


def test_every_error_has_an_exit_code_of_its_own() -> None:
    """Two causes never look alike to a script."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [kind.exit_code for kind in kinds if issubclass(kind, KtMigrateError)]

    assert len(codes) > 10
    assert len(set(codes)) == len(codes)


@contextmanager
def failing(error: BaseException) -> Iterator[None]:
    """Let the planning end like this."""
    with patch("kt_migrate.cli.reading.make_plan", side_effect=error):
        yield


def test_ctrl_c_ends_with_40_wherever_it_comes(workspace: Path) -> None:
    """Also where nobody waits for it."""
    with failing(KeyboardInterrupt()):
        done = typed("plan", cwd=workspace)

    assert (done.code, done.out) == (ExitCode.INTERRUPTED, "")


@pytest.mark.parametrize("error", [ZeroDivisionError(), OSError("no file at all")])
def test_a_defect_of_ours_is_not_called_a_mistake(workspace: Path, error: Exception) -> None:
    """It comes through, and Python ends with 1."""
    assert ExitCode.UNEXPECTED.value == 1
    with failing(error), pytest.raises(type(error)):
        typed("plan", cwd=workspace)
