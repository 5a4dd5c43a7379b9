"""The report as commands make it: who makes it, who takes it away, and where it is said to be."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from inside import Done, inside, typed
from kt_migrate.cli.reporting import withdrawn
from kt_migrate.errors import ExitCode, JournalError, ServerUnavailableError
from kt_migrate.load.lock import run_lock
from kt_migrate.sandbox.settings import Faults
from reports.world import Page

RUN = Path("runs/local/001")
PAGES = ("rapport.html", "rapport.json", "rapport.xlsx")


def given(folder: Path, *line: str, faults: Faults | None = None) -> Done:
    """Give a command, with the working folder's sandbox there."""
    with inside(folder, faults or Faults()):
        return typed(*line, cwd=folder)


def _nobody(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there", request=request)


def first(folder: Path) -> str:
    """Return the first answer of the report that lies there."""
    text = (folder / RUN / "rapport.html").read_text("utf-8")
    return text.partition('<p class="said">')[2].partition("</p>")[0].rpartition("</span>")[2]


@pytest.mark.parametrize("line", [("trial", "--env", "local"), ("verify",), ("report",)])
def test_whoever_comes_to_an_end_makes_the_report_and_says_where(
    tried: Path, line: tuple[str, ...]
) -> None:
    """The page, the spreadsheet and the JSON, for their owner alone."""
    done = given(tried, *line)

    assert done.code == ExitCode.OK
    assert str(RUN / "rapport.html") in done.out.replace("\n", "")
    for name in PAGES:
        assert (tried / RUN / name).stat().st_mode & 0o777 == 0o600
    assert not list((tried / RUN).glob("*.unfinished"))


def test_a_plan_says_what_will_happen(workspace: Path) -> None:
    """In its run folder; as many resources as its JSON says, and nothing of it is there yet."""
    done = typed("plan", "--json", cwd=workspace)

    page = workspace / RUN / "plan.html"
    raw = page.read_text("utf-8")
    assert str(RUN / "plan.html") in done.err.replace("\n", "")
    assert (workspace / RUN / "plan.xlsx").is_file()
    assert f"Ze worden {done.document['writes']} resources in local" in raw
    actions = Page(raw).keyed["actions"]
    assert [int(row[3]) for row in actions[1:]] == [
        one["count"] for one in done.document["actions"]
    ]
    assert "te migreren" in Page(raw).keyed["flows"][0]
    assert not (workspace / RUN / "rapport.html").exists()


def test_a_plan_that_was_carried_out_says_so(tried: Path) -> None:
    """And that the report has what became of it."""
    typed("plan", cwd=tried)

    assert "rapport.html zegt wat ervan werd" in (tried / RUN / "plan.html").read_text("utf-8")


def test_an_approval_on_a_page_does_not_outlive_what_it_approved(tried: Path) -> None:
    """Refused or not looked at: what was verified before is said no more."""
    given(tried, "verify")
    assert "is voor alles wat geschreven is gelijk" in (tried / RUN / "rapport.html").read_text()

    with run_lock(tried / RUN):
        assert given(tried, "trial", "--env", "local").code == ExitCode.LOCKED
    assert json.loads((tried / RUN / "rapport.json").read_bytes())["verified"] is None
    assert "nog niet teruggelezen" in (tried / RUN / "rapport.html").read_text("utf-8")


def test_while_a_run_is_changed_there_is_no_report(tried: Path) -> None:
    """Whoever is killed meanwhile leaves none: a page that approves what was is worse."""
    given(tried, "verify")

    with withdrawn(tried / RUN):
        assert not [name for name in PAGES if (tried / RUN / name).exists()]


@pytest.mark.parametrize("trouble", [OSError("full"), JournalError("damaged", where="x", fix="x")])
def test_what_stopped_the_work_is_said_and_not_what_became_of_its_report(
    tried: Path, trouble: Exception
) -> None:
    """The disk that stopped a run may take no report either."""
    stopped = ServerUnavailableError("It is away.", where="x", fix="Wait.")
    with (
        patch("kt_migrate.cli.reporting.write_report", side_effect=trouble),
        pytest.raises(ServerUnavailableError) as caught,
        withdrawn(tried / RUN),
    ):
        raise stopped

    assert caught.value is stopped


def test_who_could_not_look_says_so_on_the_page(tried: Path) -> None:
    """A server that does not answer approves nothing."""
    given(tried, "verify")
    with patch("kt_migrate.kt2.client.transport", lambda _many: httpx.MockTransport(_nobody)):
        done = typed("verify", cwd=tried)

    assert done.code == ExitCode.COULD_NOT_LOOK
    assert "nog niet teruggelezen" in (tried / RUN / "rapport.html").read_text("utf-8")


def test_a_report_that_was_not_there_is_not_made_by_a_refusal(tried: Path) -> None:
    """Nothing was written, looked at or asked for."""
    for name in PAGES:
        (tried / RUN / name).unlink(missing_ok=True)
    with run_lock(tried / RUN):
        given(tried, "trial", "--env", "local")

    assert not [name for name in PAGES if (tried / RUN / name).exists()]


def test_a_rollback_renews_the_report(tried: Path) -> None:
    """It says that nothing of the run counts any more."""
    given(tried, "verify")
    done = given(tried, "rollback", "--env", "local", "--yes-rollback", "EXAMPLE")

    assert done.code == ExitCode.OK
    assert first(tried) == "Nee: deze run is teruggedraaid."


def test_the_same_run_folder_gives_the_same_bytes(tried: Path) -> None:
    """Asked for again, with nothing done between."""
    given(tried, "verify")
    before = [(tried / RUN / name).read_bytes() for name in PAGES]
    given(tried, "report")

    assert [(tried / RUN / name).read_bytes() for name in PAGES] == before
