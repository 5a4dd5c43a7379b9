"""The whole road, from an archive to a verified server, with trouble on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.settings import Faults
from support import (
    EXAMPLE,
    ROOT,
    SandboxMaker,
    load_all,
    plan_of,
    verify_all,
)

pytestmark = pytest.mark.integration


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
    "half an answer": Faults(half_every=3),
    "resets": Faults(reset_every=7),
    "short tokens": Faults(token_seconds=1, latency_ms=60, login_error_every=3),
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
