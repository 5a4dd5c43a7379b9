"""The journal on disk: whole lines, one holder, and nothing that is not what it says."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError, RunLockedError
from kt_migrate.subscriptions import journal as room
from kt_migrate.subscriptions.journal import SwitchJournal, held_journal
from kt_migrate.subscriptions.paused import paused_of
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import (
    every_journal,
    journal_path,
    read_journal,
    still_open,
)
from subscriptions.conftest import subscription

ENV, BASE = "local", "http://127.0.0.1:1/fhir/r4"
BODY = json.dumps(subscription("Task", id="1", meta={"versionId": "1"}))


def intended(journal: SwitchJournal, logical_id: str = "1") -> None:
    """Begin to pause one."""
    body = BODY.replace('"id": "1"', f'"id": "{logical_id}"')
    journal.intend(logical_id, Switch.PAUSING, version="1", body=body, request="r")


@contextmanager
def room_for(number: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_half_a_line_of_it_counts_for_nothing(tmp_path: Path) -> None:
    """Nothing may be sent; and with room again the same command goes on."""
    path = journal_path(tmp_path, ENV)

    def begin() -> None:
        with held_journal(tmp_path, ENV, BASE) as journal, room_for(path.stat().st_size + 20):
            intended(journal)

    def closed() -> None:
        with held_journal(tmp_path, ENV, BASE) as journal:
            with room_for(path.stat().st_size + 20), pytest.raises(JournalError):
                intended(journal)
            assert journal.steps == {}
            raise JournalError("the end of the command", where="", fix="")

    for attempt in (begin, closed):
        with pytest.raises(JournalError):
            attempt()
        assert not path.read_bytes().endswith(b"\n")
        assert read_journal(tmp_path, ENV) == {}
    with held_journal(tmp_path, ENV, BASE) as journal:
        intended(journal)
    assert [step.state for step in read_journal(tmp_path, ENV).values()] == [Switch.PAUSING]


def test_nothing_counts_before_it_is_settled_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not settle is one that does not take it."""

    def fails(_number: int) -> None:
        raise OSError

    with held_journal(tmp_path, ENV, BASE) as journal:
        monkeypatch.setattr("os.fsync", fails)
        with pytest.raises(JournalError):
            intended(journal)
        assert journal.steps == {}


def test_a_new_journal_survives_a_power_cut_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is settled too, before anything can be sent."""
    settled: list[bool] = []
    settle = os.fsync

    def watched(number: int) -> None:
        settled.append(stat.S_ISDIR(os.fstat(number).st_mode))
        settle(number)

    monkeypatch.setattr("os.fsync", watched)
    with held_journal(tmp_path, ENV, BASE):
        assert settled == [False, True]


def test_what_cannot_be_read_is_not_nothing(tmp_path: Path) -> None:
    """Something may be paused: nobody says that there is nothing to put back."""
    journal_path(tmp_path, ENV).mkdir(parents=True)

    with pytest.raises(JournalError):
        read_journal(tmp_path, ENV)


def test_one_process_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one says so, and does nothing; afterwards it may."""
    monkeypatch.setattr(room, "_PAUSE_SECONDS", 0.0)
    with held_journal(tmp_path, ENV, BASE) as journal:
        intended(journal)
        with pytest.raises(RunLockedError), held_journal(tmp_path, ENV, BASE):
            pass
        with held_journal(tmp_path, ENV, BASE, "other") as other:
            assert other.steps == {}, "each client has a journal of its own"
    with held_journal(tmp_path, ENV, BASE) as journal:
        assert [step.id for step in journal.open] == ["1"]


def test_it_is_for_its_owner_only_also_when_it_came_from_elsewhere(tmp_path: Path) -> None:
    """A copy may have lost its mode."""
    with held_journal(tmp_path, ENV, BASE):
        pass
    path = journal_path(tmp_path, ENV)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (
        0o600,
        0o700,
    )
    path.chmod(0o644)
    with held_journal(tmp_path, ENV, BASE):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


HEAD: dict[str, object] = {"schema": "kt-migrate-subscriptions/1", "environment": ENV, "base": BASE}
LINE: dict[str, object] = {
    "id": "1",
    "state": "pausing",
    "at": 1.0,
    "version": "1",
    "request_id": "r",
    "body": BODY,
}
DAMAGE: dict[str, list[dict[str, object]]] = {
    "no head": [LINE],
    "another schema": [{**HEAD, "schema": "kt-migrate-subscriptions/2"}],
    "another environment": [{**HEAD, "environment": "prd2"}],
    "another address": [{**HEAD, "base": f"{BASE}x"}],
    "a step from nowhere": [HEAD, {**LINE, "state": "paused"}],
    "an unknown state": [HEAD, {**LINE, "state": "on"}],
    "an unknown field": [HEAD, {**LINE, "geheim": 1}],
    "a step without its id": [HEAD, {"state": "pausing"}],
    "how it was is not there": [HEAD, {**LINE, "body": ""}],
    "how it was cannot be read": [HEAD, {**LINE, "body": BODY[:-9]}],
    "how another was": [HEAD, {**LINE, "id": "2"}],
    "how something else was": [HEAD, {**LINE, "body": '{"resourceType": "Task", "id": "1"}'}],
    "how nothing was": [HEAD, {**LINE, "body": "[]"}],
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_not_what_it_says_is_refused(tmp_path: Path, what: str) -> None:
    """Before anything is put back by it; and nothing of a body is told."""
    path = journal_path(tmp_path, ENV)
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in DAMAGE[what]), "utf-8")

    with pytest.raises(JournalError) as caught, held_journal(tmp_path, ENV, BASE):
        pass

    assert "geheim" not in f"{caught.value.what} {caught.value.fix} {caught.value.__cause__}"
    if what != "another address":
        with pytest.raises(JournalError):
            read_journal(tmp_path, ENV)


def test_the_same_line_is_read_when_it_is_right(tmp_path: Path) -> None:
    """What is refused above is refused for what is wrong with it."""
    path = journal_path(tmp_path, ENV)
    path.parent.mkdir(parents=True)
    path.write_text(f"{json.dumps(HEAD)}\n{json.dumps(LINE)}\n", "utf-8")

    with held_journal(tmp_path, ENV, BASE) as journal:
        assert [step.before["criteria"] for step in journal.open] == ["Task"]
        assert "geheim" not in repr(journal.steps), "nothing of it stands in a traceback"


def test_what_is_paused_again_is_kept_as_it_is_then(tmp_path: Path) -> None:
    """After it was put back, somebody may have changed it: the new one counts, on disk too."""
    newer = BODY.replace("Task", "Patient")
    with held_journal(tmp_path, ENV, BASE) as journal:
        for body in (BODY, newer):
            journal.intend("1", Switch.PAUSING, version="1", body=body, request="r")
            paused = journal.note(journal.steps["1"], Switch.PAUSED, version="2")
            if body is BODY:
                journal.note(paused, Switch.RESTORED, version="3")
    again = read_journal(tmp_path, ENV)

    assert again == journal.steps
    assert again["1"].before["criteria"] == "Patient"


def test_what_is_looked_at_again_is_no_new_line(tmp_path: Path) -> None:
    """However often it is asked; but what differs now is."""
    with held_journal(tmp_path, ENV, BASE) as journal:
        intended(journal)
        paused = journal.note(journal.steps["1"], Switch.PAUSED)
        size = journal_path(tmp_path, ENV).stat().st_size
        journal.note(paused, Switch.PAUSED)
        assert journal_path(tmp_path, ENV).stat().st_size == size
        for fields in (("end",), ("end",), ("reason",)):
            journal.note(paused, Switch.CHANGED, fields=fields)
    lines = journal_path(tmp_path, ENV).read_text("utf-8").splitlines()

    assert [json.loads(line).get("fields") for line in lines[3:]] == [["end"], ["reason"]]
    assert read_journal(tmp_path, ENV)["1"].fields == ("reason",)


DRAWN = {
    None: "pausing",
    "pausing": "pausing paused untouched changed restoring",
    "paused": "pausing paused restoring restored changed",
    "restoring": "pausing paused restoring restored changed",
    "changed": "pausing paused restoring restored changed left",
    "untouched": "pausing",
    "restored": "pausing",
    "left": "pausing",
}
"""As in docs/subscriptions.md, and each may begin again."""


@pytest.mark.parametrize("start", [None, *Switch])
@pytest.mark.parametrize("end", list(Switch))
def test_it_takes_no_other_step_than_the_drawn_ones(
    tmp_path: Path, start: Switch | None, end: Switch
) -> None:
    """And a wrong one leaves no line: the next start reads what there was."""
    with held_journal(tmp_path, ENV, BASE) as journal:
        if start is not None:
            intended(journal)
        if start in (Switch.RESTORED, Switch.LEFT):
            journal.note(journal.steps["1"], Switch.CHANGED, fields=("x",))
        if start not in (None, Switch.PAUSING):
            journal.note(journal.steps["1"], start)
        before = journal_path(tmp_path, ENV).read_bytes()
        if end in DRAWN[start].split():
            journal.intend("1", end, version="1", body=BODY, request="r")
        else:
            with pytest.raises(JournalError):
                journal.intend("1", end, version="1", body=BODY, request="r")
            assert journal_path(tmp_path, ENV).read_bytes() == before
            assert (journal.of("1") is None) is (start is None)


def test_what_is_still_to_be_put_back_is_known_of_every_client(tmp_path: Path) -> None:
    """In the order in which it was begun; who has none is not named."""
    for client, ids in (("", "21"), ("portal", "3"), ("none", "")):
        with held_journal(tmp_path, ENV, BASE, client) as journal:
            for logical_id in ids:
                intended(journal, logical_id)
    with held_journal(tmp_path, "acc21", BASE) as journal:
        intended(journal, "9")

    found = still_open(tmp_path, ENV)

    assert {name: [s.id for s in steps] for name, steps in found.items()} == {
        "": ["2", "1"],
        "portal": ["3"],
    }
    assert set(every_journal(tmp_path, ENV)) == {"", "portal", "none"}


def test_only_what_was_read_back_as_off_is_paused(tmp_path: Path) -> None:
    """Of anything else a run must not believe that it is our own pause; each counts once."""
    with held_journal(tmp_path, ENV, BASE) as journal:
        for logical_id in "123":
            intended(journal, logical_id)
        journal.note(journal.steps["1"], Switch.PAUSED)
        journal.note(journal.steps["2"], Switch.CHANGED, fields=("status",))

    assert sum(paused_of(tmp_path, ENV).values()) == 1
    assert not paused_of(tmp_path, "acc21")
