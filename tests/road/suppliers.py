"""Three suppliers with overlapping archives of one generated domain, and who counts beside them."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from generate import generate

import warm
from inside import Done, typed
from kt_migrate.config import find_workspace
from kt_migrate.model import MIGRATION_SYSTEM
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.store import Plan
from kt_migrate.workspace import init_workspace
from road.looking import requests, run_folder
from support import command, serving, standard

BRINGS = {
    "EPD": ("Organization", "Patient", "Practitioner", "RelatedPerson"),
    "Portaal": ("CareTeam", "Task"),
    "Spel": ("ActivityDefinition", "Endpoint"),
}
SUPPLIER = {r4_type: name for name, types in BRINGS.items() for r4_type in types}
LEFT_OUT = {
    "EPD": (b"UpdateCarePlanActivityStatus",),
    "Portaal": (b"CreateOrUpdatePatient", b"CreateOrUpdatePractitioner"),
    "Spel": (b"CreateOrUpdatePatient", b"UpdateCarePlanActivityStatus"),
}
"""Messages that one of them does not have: archives overlap, and none is that of another."""

Key = tuple[str, str]
"""(Type, value of the temporary identifier)."""

Count = Callable[[], list[tuple[str, str, str]]]
"""Returns (type, value, origin) of all that is there, by another road than kt-migrate."""


@dataclass
class Team:
    """Three working folders, and what all of it should come to.

    Attributes:
        folders: by supplier.
        promised: by (supplier, type) what it is to bring.
        needs: by (who, for whom, type) what who refers to.
    """

    folders: dict[str, Path]
    promised: dict[tuple[str, str], set[Key]]
    needs: dict[tuple[str, str, str], set[Key]]
    running: dict[str, warm.Process] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> set[Key]:
        """Everything that should be there in the end."""
        return set().union(*self.promised.values())

    def lists(self, name: str) -> Iterator[str]:
        """Yield the options that name the lists of the others."""
        for other in self.folders.keys() - {name}:
            yield from ("--others", str(run_folder(self.folders[other]) / "owned.json"))

    def start(self, name: str) -> None:
        """Start a supplier's trial, that waits for the others."""
        folder = self.folders[name]
        with (folder / "said.txt").open("ab") as said:
            self.running[name] = warm.start(
                ["trial", "--env", "local", "--wait", "20m"],
                folder,
                stdout=said.fileno(),
                stderr=said.fileno(),
                haste=10,
            )

    def kill(self, name: str) -> bool:
        """Kill a supplier in its work; False: it had ended."""
        process = self.running[name]
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        self.kills[name] += killed
        return killed

    def status(self, name: str) -> Done:
        """Ask a supplier's `domain status`."""
        return typed(
            "domain", "status", "--env", "local", "--json", *self.lists(name),
            cwd=self.folders[name],
        )  # fmt: skip


def made(folder: Path, messages: int, port: int, per_second: int = 0) -> Team:
    """Make the three folders, and a plan of each; the whole domain's plan says what is right.

    Args:
        folder: where.
        messages: how many messages the domain has.
        port: of the sandbox that they share.
        per_second: so much a supplier asks at most, to be seen half-way; 0: as it is.
    """
    whole = folder / "whole"
    generate(whole, messages, per_dossier=4)
    folders = {name: _supplier(folder, whole, name, port, per_second) for name in BRINGS}
    promised: dict[tuple[str, str], set[Key]] = {}
    needs: dict[tuple[str, str, str], set[Key]] = {}
    with _alone(whole) as plan:
        keys = {write.seq: (write.key.r4_type, write.key.value) for write in plan.writes()}
        for r4_type, value in keys.values():
            promised.setdefault((SUPPLIER[r4_type], r4_type), set()).add((r4_type, value))
        for seq, target in plan.references():
            who, on = SUPPLIER[keys[seq][0]], SUPPLIER[keys[target][0]]
            if who != on:
                needs.setdefault((who, on, keys[target][0]), set()).add(keys[target])
    return Team(folders, promised, needs)


def _alone(whole: Path) -> Plan:
    """Plan the whole domain as if there were one supplier."""
    domain = find_workspace(whole).domain
    inputs = Inputs(
        roots=[whole / "archive"],
        source_domains=domain.source_domains,
        algorithm=standard(),
        enrichment=Enrichment(),
        applications=domain.applications,
        meta={},
    )
    build_plan(inputs, whole / "plan.sqlite")
    return Plan(whole / "plan.sqlite")


def _supplier(base: Path, whole: Path, name: str, port: int, per_second: int) -> Path:
    with patch("kt_migrate.kt2.keys.RSA_BITS", 2_048):
        folder = init_workspace(base / name, "BENCH")
    shutil.rmtree(folder / "archive")
    for file in sorted((whole / "archive").rglob("*.*")):
        content = file.read_bytes()
        if not any(event in content for event in LEFT_OUT[name]):
            copy = folder / file.relative_to(whole)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
    others = {other: list(types) for other, types in BRINGS.items() if other != name}
    suppliers = json.dumps({"ours": name, "others": others})
    text = (whole / "kt-migrate.yaml").read_text("utf-8")
    (folder / "kt-migrate.yaml").write_text(f"{text}\nsuppliers: {suppliers}\n", "utf-8")
    config = folder / "configs" / "local.yaml"
    said = config.read_text("utf-8")
    if per_second:
        said, times = re.subn(r"per_second: \d+", f"per_second: {per_second}", said)
        assert times
    config.write_text(
        said.replace("kt-migrate-local", f"client-{name.lower()}").replace("8420", str(port)),
        "utf-8",
    )
    (base / f"{name}.jwks").write_text(
        typed("keys", "jwks", "--env", "local", cwd=folder).out, "utf-8"
    )
    return folder


@contextmanager
def served(team: Team, *options: str) -> Iterator[None]:
    """Serve one sandbox for all three, in a process of its own."""
    base = team.folders["EPD"].parent
    clients = [
        part
        for name in ("Portaal", "Spel")
        for part in ("--client", f"client-{name.lower()}={base / name}.jwks")
    ]
    with serving(team.folders["EPD"], *clients, *options):
        try:
            yield
        finally:
            for name in team.running:
                team.kill(name)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def planned(team: Team) -> None:
    """Let each make its plan, exchange the lists, and plan with those of the others."""
    for folder in team.folders.values():
        command("plan", cwd=folder)
    for name, folder in team.folders.items():
        command("plan", *team.lists(name), cwd=folder)


def in_store(folder: Path) -> list[tuple[str, str, str]]:
    """Count beside kt-migrate: what lies in a sandbox's own file."""
    store = folder / ".sandbox" / "store.sqlite"
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
        return db.execute(
            "SELECT r.r4_type, i.value, r.origin FROM identifier i JOIN resource r"
            " ON r.row = i.row WHERE NOT r.deleted AND substr(i.system, 1, ?) = ?",
            (len(MIGRATION_SYSTEM), MIGRATION_SYSTEM),
        ).fetchall()


def judge(team: Team, status: Done, before: set[Key], after: set[Key]) -> dict[str, Any]:
    """Hold a status against two counts, of just before and just after it."""
    document = status.document
    for piece in document["pieces"]:
        promised = team.promised[piece["supplier"], piece["r4_type"]]
        assert piece["promised"] == len(promised), piece
        assert len(promised & before) <= piece["there"] <= len(promised & after), piece
        assert len(promised - after) <= piece["missing"] <= len(promised - before), piece
        assert piece["by_others"] == 0, piece
    found = {
        (one["supplier"], one["on"], one["r4_type"]): one["missing"] for one in document["waits"]
    }
    assert found.keys() <= team.needs.keys()
    for who, needed in team.needs.items():
        assert len(needed - after) <= found.get(who, 0) <= len(needed - before), who
    assert status.code == (0 if document["complete"] else 34)
    return document


def played(team: Team, count: Count, kills: int, seed: int) -> list[dict[str, Any]]:
    """Start all at once, kill them at random, and ask meanwhile; at the end all are done."""
    chance = random.Random(seed)  # noqa: S311 (moments, not secrets)
    seen = []
    for name in team.folders:
        team.start(name)
    while team.kills.total() < kills:
        name = chance.choice(sorted(team.folders))
        journal = run_folder(team.folders[name]) / "journal.sqlite"
        goal, patience = requests(journal) + chance.randint(1, 5), time.monotonic() + 1.5
        while requests(journal) < goal and time.monotonic() < patience:
            time.sleep(0.005)
        if chance.random() < 0.4:
            seen.append(asked(team, chance.choice(sorted(team.folders)), count))
        if team.kill(name) or seen:
            team.start(name)
        if {key for key, _o in _keys(count())} >= team.all:
            break
    for name, process in team.running.items():
        assert process.wait(120) == 0, (name, (team.folders[name] / "said.txt").read_text()[-2000:])
    seen.append(asked(team, "Spel", count))
    return seen


def asked(team: Team, name: str, count: Count) -> dict[str, Any]:
    """Ask one's status, between two counts."""
    before = {key for key, _origin in _keys(count())}
    status = team.status(name)
    return judge(team, status, before, {key for key, _origin in _keys(count())})


def _keys(counted: list[tuple[str, str, str]]) -> list[tuple[Key, str]]:
    return [((r4_type, value), origin) for r4_type, value, origin in counted]


def everything_once_and_by_whom(team: Team, count: Count) -> None:
    """What must be true in the end: all is there, once, each brought by its own supplier."""
    counted = _keys(count())
    assert Counter(key for key, _origin in counted) == Counter(team.all)
    assert {(SUPPLIER[r4_type], origin) for (r4_type, _value), origin in counted} == {
        (name, f"Device/client-{name.lower()}") for name in BRINGS
    }
    for name, folder in team.folders.items():
        done = json.loads(command("verify", "--json", cwd=folder).stdout)
        assert done["passed"], name
        with Plan(run_folder(folder) / "plan.sqlite") as plan:
            assert {SUPPLIER[key.r4_type] for key in plan.all_keys()} == {name}


def nothing_personal(team: Team) -> None:
    """A list that is exchanged has digests, names of types, and nothing else of the archive."""
    for folder in team.folders.values():
        text = (run_folder(folder) / "owned.json").read_text("utf-8")
        assert "http" not in text
        assert os.sep not in text.replace("kt-migrate-owned/1", "")
