"""Several clients of ours write, and the role of each may hide what another wrote."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import Page
from kt_migrate.kt2.versions import Historian
from kt_migrate.model import Resource
from kt_migrate.sandbox.settings import Faults
from kt_migrate.verify.compare import VerifyResult, compare
from kt_migrate.verify.histories import with_histories
from kt_migrate.verify.probe import probe
from kt_migrate.verify.read_back import ReadBack
from kt_migrate.verify.run import verify
from kt_migrate.verify.written import NOTHING
from undo.test_clients import LOCAL, PORTAL, served
from verify.world import SYSTEM, Journals, Server, key, patient, planned, stored, task

PLAN = [patient(1), patient(2), task(1), task(2)]
OURS = [stored(patient(1), "p1"), stored(patient(2), "p2")]
THEIRS = [stored(task(1), "t1"), stored(task(2), "t2")]
WRITTEN_BY = {3: "portal", 4: "portal"}


def seen(folder: Path, own: list[Resource], portal: Server) -> VerifyResult:
    """Verify with a client that sees this, and another beside it."""
    with planned(folder, PLAN, clients=WRITTEN_BY) as made:
        return asyncio.run(verify(made, Server(own), folder, others={"portal": portal}))


def test_what_one_client_does_not_see_is_looked_up_as_the_client_that_wrote_it(
    tmp_path: Path,
) -> None:
    """By name, and only what was not seen."""
    portal = Server([*OURS, *THEIRS])

    assert seen(tmp_path, [*OURS, THEIRS[1]], portal).passed
    assert portal.named == [key("Task", 1)]
    assert portal.asked == []


def test_what_its_writer_does_not_see_either_is_missing(tmp_path: Path) -> None:
    """And what it sees twice is there twice; a patient is never looked up as the portal."""
    missing = seen(tmp_path, OURS, Server([THEIRS[0]]))
    double = seen(tmp_path, OURS, Server([*THEIRS, stored(task(2), "t3")]))
    hidden = seen(tmp_path, [OURS[0]], Server([*OURS, *THEIRS]))

    assert [(d.code, d.r4_type) for d in missing.differences] == [("verify-missing", "Task")]
    assert double.duplicates == 1
    assert ("verify-missing", "Patient") in [(d.code, d.r4_type) for d in hidden.differences]


def test_a_probe_looks_as_the_writers_too(tmp_path: Path) -> None:
    """Else what is there would be called not there yet."""
    with planned(tmp_path, PLAN, clients=WRITTEN_BY) as made:
        result = asyncio.run(
            probe(
                *(made, Server(OURS), tmp_path),
                written=NOTHING,
                own_device="me",
                others={"portal": Server(THEIRS)},
            )
        )

    assert {r4_type: found.absent for r4_type, found in result.types.items()} == {
        "Patient": 0,
        "Task": 0,
    }


class Asked(Historian):
    """A server that has no history, and knows who asked for one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def search(self, address: str) -> Page | Refused:
        """Have no list of versions."""
        self.asked.append(address.partition("/_history")[0])
        return Page(resources=[], next="", total=0)

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """Give no version."""
        self.asked.append(f"{r4_type}/{logical_id.partition('/')[0]}")
        return None


def test_a_history_is_asked_for_as_the_client_that_wrote_it(tmp_path: Path) -> None:
    """The role of another may hide it."""
    own, portal, there = Asked(), Asked(), ReadBack(tmp_path)
    for one in (OURS[0], THEIRS[0]):
        there.keep([stored(one, str(one["id"]), "2")], SYSTEM + str(one["resourceType"]))
    versions = {1: [patient(1, active=False)], 2: [task(1)]}
    with planned(tmp_path, [patient(1), task(1)], versions, {2: "portal"}) as made:
        journals = Journals({}, set())
        result = compare(made, there, journals, "me")
        asyncio.run(with_histories(made, own, there, journals, result, {"portal": portal}))
    there.close()

    assert (set(own.asked), set(portal.asked)) == ({"Patient/p1"}, {"Task/t1"})


@pytest.mark.integration
def test_a_run_of_two_clients_with_narrow_roles_is_verified(workspace: Path) -> None:
    """By the command, on a server that shows each client its own alone."""
    config = workspace / "configs" / "local.yaml"
    before = config.read_text("utf-8")
    config.write_text(before + PORTAL, "utf-8")
    assert typed("keys", "new", *LOCAL, "--credentials", "portal", cwd=workspace).code == 0
    assert typed("plan", *LOCAL, cwd=workspace).code == 0
    with served(workspace, Faults(), conditional=True):
        assert typed("trial", *LOCAL, cwd=workspace).code == 0
        verified = typed("verify", *LOCAL, cwd=workspace)
        config.write_text(before, "utf-8")
        without = typed("verify", *LOCAL, cwd=workspace)

    assert verified.code == 0, verified.out + verified.err
    assert without.code == 3
    assert "client portal" in without.err
