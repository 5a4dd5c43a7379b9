"""A run that was killed half-way among others' work, and its rollback that is killed ten times."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warm
from kt_migrate.load.states import ON_SERVER
from kt_migrate.plan.store import Plan
from kt_migrate.undo.states import UNDONE
from road.beside import Content, Somebody, other_than_planned, without_references
from support import command

KILLS = 10
UNDO = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", "--json")
_SECONDS = 60.0
_RUN = Path("runs/local/001")
_PLANNED = ("SELECT count(*) FROM entry WHERE state IN", ON_SERVER)
UNDONE_ROWS = ("SELECT count(*) FROM deed WHERE state IN", UNDONE)


def killed_at(
    workspace: Path, path: Path, count: tuple[str, frozenset[str]], least: int, *arguments: str
) -> int:
    """Start a command, kill it as soon as so many rows are done; return how many were.

    Raises:
        AssertionError: it ended by itself.
    """
    with Path(os.devnull).open("wb") as nowhere:
        process = warm.start(arguments, workspace, stdout=nowhere.fileno(), stderr=nowhere.fileno())
    ends = time.monotonic() + _SECONDS
    while rows(path, count) < least:
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < ends
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    return rows(path, count)


def rows(path: Path, count: tuple[str, frozenset[str]]) -> int:
    """Count rows of a database that somebody else may be making."""
    query, states = count
    marks = ", ".join("?" * len(states))
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return int(db.execute(f"{query} ({marks})", tuple(states)).fetchone()[0])
        finally:
            db.close()
    except sqlite3.Error:
        return 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on the server around a run.

    Attributes:
        before: what was there before the run, per `Type/id`.
        run: what the run has made there.
        changed: a resource of before that the run changed, and then somebody, with its content.
        used: a Task of the run that somebody works with.
        own: what somebody made before the run.
        leaning: a Task of somebody, which refers to what the run made.
    """

    before: Mapping[str, Content]
    run: frozenset[str]
    changed: tuple[str, Content]
    used: str
    own: tuple[str, ...]
    leaning: str


def played(workspace: Path, somebody: Somebody) -> Scene:
    """Let there be things; kill a run half-way; let somebody work with what it left."""
    command("plan", "--env", "local", cwd=workspace)
    with Plan(workspace / _RUN / "plan.sqlite") as plan:
        resources = without_references(plan, ("Organization", "Practitioner", "Patient"))
    theirs = [
        somebody.make(
            {**resource, "identifier": [{"system": "http://example.org/own", "value": str(place)}]}
        )
        for place, resource in enumerate(resources)
    ]
    ours = [somebody.make(other_than_planned(resource)) for resource in resources[::2]]
    before = somebody.everything()
    # Slowly, so that it is seen half-way on a busy machine too.
    trial = ("trial", "--env=local", "--existing=update", "--rate=15")
    killed_at(workspace, workspace / _RUN / "journal.sqlite", _PLANNED, 38, *trial)
    now = somebody.everything()
    updated = [place for place in ours if now[place] != before[place]]
    assert updated
    run = frozenset(now) - frozenset(before)
    tasks = sorted(place for place in run & _recorded(workspace) if place.startswith("Task/"))
    held = _with_all_below(now, tasks[0])
    other = next(place for place in tasks[2:] if _with_all_below(now, place) & run - held - {place})
    somebody.change(tasks[0], description="in use")
    somebody.remove(tasks[1])
    changed = somebody.change(updated[0], language="nl")
    own = [{"system": "http://example.org/own", "value": "leaning"}]
    leaning = somebody.make({**now[other], "identifier": own})
    return Scene(before, run, (updated[0], changed), tasks[0], (*theirs, *ours), leaning)


def _recorded(workspace: Path) -> frozenset[str]:
    """Return what the run knows that it made: of a request under way when it was killed it does not."""
    with Plan(workspace / _RUN / "plan.sqlite") as plan:
        types = {write.seq: write.key.r4_type for write in plan.writes()}
    db = sqlite3.connect(f"file:{workspace / _RUN / 'journal.sqlite'}?mode=ro", uri=True)
    try:
        found = db.execute("SELECT seq, server_id FROM entry WHERE server_id != ''").fetchall()
    finally:
        db.close()
    return frozenset(f"{types[seq]}/{server_id}" for seq, server_id in found)


def through_kills(workspace: Path) -> dict[str, Any]:
    """Undo the run, killed ten times, each time further; return what the last start said."""
    record = workspace / _RUN / "undo.sqlite"
    done = [killed_at(workspace, record, UNDONE_ROWS, kill, *UNDO) for kill in range(1, KILLS + 1)]
    assert done == sorted(done)
    return finished(workspace)


def finished(workspace: Path) -> dict[str, Any]:
    """Undo what is left to undo; return what was said of it.

    Raises:
        AssertionError: it was not brought to an end.
    """
    ended = command(*UNDO, cwd=workspace, check=False)
    assert ended.returncode in (0, 28), ended.stderr
    (run,) = json.loads(ended.stdout)["runs"]
    result: dict[str, Any] = run
    kept = json.loads((workspace / _RUN / "rollback.json").read_bytes())
    assert kept == {"schema": "kt-migrate-rollback/1", **result}
    assert (result["pending"], result["proof"]["wrong"]) == (0, 0)
    assert (ended.returncode == 0) == (result["left"] == 0)
    return result


def left(workspace: Path) -> dict[str, str]:
    """Return the code of each resource on the list for KT2-Support."""
    path = workspace / _RUN / "rollback-over.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {f"{r['type']}/{r['id']}": r["code"] for r in csv.DictReader(file, delimiter=";")}


def judge(workspace: Path, somebody: Somebody, scene: Scene) -> None:
    """Hold the server against what it held before, but for what others did; then without them."""
    result = through_kills(workspace)
    place, content = scene.changed
    was = {**scene.before, place: content}
    now = somebody.everything()
    kept = scene.run & frozenset(now)
    assert {name: now[name] for name in was} == was
    assert set(now) == set(was) | kept | {scene.leaning}
    assert kept == scene.run & _with_all_below(now, scene.used, scene.leaning)
    assert left(workspace).keys() == kept | {place}
    assert left(workspace)[scene.used] == left(workspace)[place] == "undo-changed-since"
    assert "undo-referenced" in left(workspace).values()
    assert result["proof"]["with_history"] == result["proof"]["gone"] > KILLS

    somebody.remove(scene.used)
    somebody.remove(scene.leaning)
    assert finished(workspace)["left_by_code"] == {"undo-changed-since": 1}
    assert somebody.everything() == was
    again = finished(workspace)
    assert (again["left"], somebody.everything()) == (1, was)
    somebody.clear(scene.own)


def _with_all_below(there: Mapping[str, Content], *places: str) -> frozenset[str]:
    """Return these, and whatever they refer to."""
    found: set[str] = set()
    todo = list(places)
    while todo:
        place = todo.pop()
        if place in there and place not in found:
            found.add(place)
            todo += _references(there[place])
    return frozenset(found)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "reference" and isinstance(item, str):
                yield item
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
