"""Our own subscriptions off and on again: others' untouched, and what somebody changed left."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.kt2.keys import new_key
from kt_migrate.sandbox.settings import ALL_SCOPES, Faults
from subscriptions.conftest import SECRET, Content, Scene, lasting, served


def test_ours_go_off_and_come_back_exactly(scene: Scene) -> None:
    """To the byte, but for version and time of change; others' keep even those."""
    ours = [scene.made("Task?status=ready"), scene.made("Patient", end="2030-06-01")]
    before = scene.every

    paused = scene("pause")
    off = scene.every

    assert paused.code == 0, paused.err
    assert {off[one["id"]]["status"] for one in ours} == {"off"}
    assert {n: r for n, r in off.items() if r["status"] != "off"} == {
        n: r for n, r in before.items() if n not in {one["id"] for one in ours}
    }
    for one in ours:
        assert lasting(off[one["id"]]) == {**lasting(one), "status": "off"}
    assert paused.document["still_paused"] == 2

    restored = scene("restore")

    assert restored.code == 0, restored.err
    after = scene.every
    assert {n: lasting(r) for n, r in after.items()} == {n: lasting(r) for n, r in before.items()}
    assert restored.document["still_paused"] == 0
    assert [s["state"] for s in restored.document["subscriptions"]] == ["restored"] * 2


def test_each_is_written_once_however_often_it_is_asked(scene: Scene) -> None:
    """A second pause and a second restore only look."""
    one = scene.made("Task")
    counts = []
    for what in ("pause", "pause", "restore", "restore"):
        assert scene(what).code == 0
        counts.append(scene.faults.writes)
    written = scene.read(one["id"])["meta"]["versionId"]

    assert written == "3"
    assert [after - before for before, after in zip([1, *counts], counts, strict=False)] == [
        1,
        0,
        1,
        0,
    ]


def test_what_was_off_or_failed_before_stays_so(scene: Scene) -> None:
    """There is nothing to pause of it, and so nothing to put back."""
    off, failed = scene.made("Task", status="off"), scene.made("Patient", status="error")

    assert scene("pause").code == 0
    assert scene("restore").code == 0
    assert [scene.read(one["id"]) for one in (off, failed)] == [off, failed]


def test_what_was_asked_for_is_asked_for_again(scene: Scene) -> None:
    """The server makes it active by itself: that is no change of somebody's."""
    one = scene.made("Task", status="requested")
    assert one["status"] == "active"
    asked = scene.change(one["id"], status="requested")

    assert scene("pause").code == 0
    assert scene("restore").code == 0
    assert lasting(scene.read(one["id"])) == {**lasting(asked), "status": "active"}


def test_no_secret_is_shown_and_the_journal_is_for_its_owner_only(scene: Scene) -> None:
    """A header may be a password, an address's path too; the journal must keep them."""
    scene.made("Task?owner=Practitioner/nummer-van-iemand")
    said = ""
    for what in ("list", "pause", "list", "restore"):
        done = scene(what)
        said += done.out + done.err

    for secret in ("geheim", SECRET, "nummer-van-iemand"):
        assert secret not in said
    assert SECRET in scene.journal.read_text("utf-8")
    assert stat.S_IMODE(scene.journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(scene.journal.parent.stat().st_mode) == 0o700


def changes() -> dict[str, Callable[[Scene, Content], list[str]]]:
    """Return what somebody may do with a subscription of ours that is paused; what then differs."""

    def put(**more: object) -> Callable[[Scene, Content], list[str]]:
        def change(scene: Scene, one: Content) -> list[str]:
            scene.change(one["id"], **more)
            return []

        return change

    channel = {"type": "rest-hook", "endpoint": "https://portaal.example/nieuw"}
    return {
        "criteria": put(criteria="Task?status=draft"),
        "reason": put(reason="anders", status="active"),
        "channel.endpoint,channel.header": put(channel=channel),
        "status": put(status="error"),
        "end": put(end="2032-01-01"),
    }


@pytest.mark.parametrize("fields", changes())
def test_what_somebody_changed_is_not_overwritten_and_told(scene: Scene, fields: str) -> None:
    """36, with the names of what differs; the others come back all the same."""
    one, other = scene.made("Task"), scene.made("Patient")
    assert scene("pause").code == 0
    changes()[fields](scene, one)
    changed = scene.read(one["id"])

    done = scene("restore")

    assert done.code == 36
    found = {s["id"]: s for s in done.document["subscriptions"]}
    assert found[one["id"]] == {
        "id": one["id"],
        "state": "changed",
        "differs": fields.split(","),
        "refused": 0,
    }
    assert scene.read(one["id"]) == changed
    assert lasting(scene.read(other["id"])) == lasting(other)
    assert done.document["still_paused"] == 1
    assert (scene("restore").code, scene("pause").code) == (36, 36)
    assert scene.read(one["id"]) == changed


def test_a_person_may_leave_it_so(scene: Scene) -> None:
    """Only what somebody changed; then nothing is to be put back any more."""
    one = scene.made("Task")
    assert scene("pause").code == 0
    assert scene("restore", "--leave", one["id"]).code == 2, "nobody changed it"
    changed = scene.change(one["id"], reason="anders")
    assert scene("restore").code == 36

    left = scene("restore", "--leave", one["id"][:8])

    assert (left.code, left.document["still_paused"]) == (0, 0)
    assert lasting(scene.read(one["id"])) == lasting(changed)
    assert scene("pause").document["subscriptions"] == [], "it is off: somebody else's wish"


def test_a_person_who_names_what_may_be_two_is_asked_again(scene: Scene) -> None:
    """Nobody's decision is taken for another subscription; the whole id says which."""
    one, other = scene.made("Task"), scene.made("Patient")
    same = one["id"][:8] + other["id"][8:]
    assert scene("pause").code == 0
    scene.journal.write_text(
        scene.journal.read_text("utf-8").replace(other["id"], same), "utf-8"
    )  # it is not there: somebody deleted it
    scene.change(one["id"], reason="anders")
    assert scene("restore").code == 36

    assert scene("restore", "--leave", one["id"][:8], "--leave", "x").code == 2
    assert scene("restore", "--leave", one["id"][:8]).code == 2
    left = scene("restore", "--leave", same)

    assert {s["id"]: s["state"] for s in left.document["subscriptions"]} == {
        same: "left",
        one["id"]: "changed",
    }


def test_what_is_put_right_again_comes_back(scene: Scene) -> None:
    """Whoever changed it took the change back: the same command goes on."""
    one = scene.made("Task")
    assert scene("pause").code == 0
    scene.change(one["id"], reason="anders")
    assert scene("restore").code == 36
    scene.change(one["id"], reason=one["reason"])

    assert scene("restore").code == 0
    assert lasting(scene.read(one["id"])) == lasting(one)


def test_one_that_was_deleted_meanwhile_is_told(scene: Scene) -> None:
    """It cannot be put back; a person decides."""
    one = scene.made("Task")
    assert scene("pause").code == 0
    scene.client.delete(f"Subscription/{one['id']}")

    done = scene("restore")

    assert (done.code, done.document["subscriptions"][0]["differs"]) == (36, ["(deleted)"])
    assert scene("restore", "--leave", one["id"]).code == 0


def test_others_are_listed_with_their_owner(scene: Scene) -> None:
    """For the telephone: the name of their application."""
    scene.made("Task?status=ready")

    done = scene("list")

    assert done.code == 0
    told = {one["criteria"]: one for one in done.document["subscriptions"]}
    theirs = told["Task?status=completed"]
    assert (theirs["ours"], theirs["owner_name"]) == (False, "sandbox-application")
    assert told["Task?status=ready"]["ours"] is True
    assert "sandbox-application" in done.err
    assert scene.faults.writes == 1, "it only reads"


def limited(letters: str, limit: str = "") -> str:
    """Return a scope that allows everything, but of subscriptions only so much."""
    return ALL_SCOPES.replace("Subscription.cruds", f"Subscription.{letters}{limit}")


@pytest.mark.parametrize(
    "scene", [limited("crus", "?resource-origin=Device/kt-migrate-local")], indirect=True
)
def test_who_sees_only_ours_is_told_so(scene: Scene) -> None:
    """What cannot be seen is not said to be absent."""
    scene.made("Task")

    done = scene("list")

    assert done.document["whole"] is False
    assert [one["ours"] for one in done.document["subscriptions"]] == [True]
    assert "ziet alleen" in done.err


@pytest.mark.parametrize("scene", [limited("crs")], indirect=True)
def test_without_the_right_to_change_nothing_is_begun(scene: Scene) -> None:
    """The token says so; no intent is left."""
    one = scene.made("Task")

    assert scene("pause").code == 30
    assert scene.read(one["id"]) == one
    assert not scene.journal.exists()


def test_a_journal_of_another_address_is_refused(scene: Scene) -> None:
    """What was paused on one server is not put back on another."""
    scene.made("Task")
    assert scene("pause").code == 0
    text = scene.journal.read_text("utf-8")
    scene.journal.write_text(text.replace("/EXAMPLE/", "/OTHER/", 1), "utf-8")

    assert scene("restore").code == 50
    scene.journal.write_text("nonsense\n" + text, "utf-8")
    assert scene("restore").code == 50
    assert scene("list").code == 50
    status = typed("status", "--json", cwd=scene.folder)
    assert status.document["paused"] == {"local": None}, "unknown is not none"
    scene.journal.write_text(text, "utf-8")
    os.truncate(scene.journal, len(text) - 1)
    assert scene("restore").code == 0, "half a line counts for nothing"


def test_another_client_of_ours_switches_its_own_by_a_journal_of_its_own(workspace: Path) -> None:
    """What is the one's is another's to the other; `status` says both, each with its command."""
    file = workspace / "configs" / "local.yaml"
    key = "{file: keys/module.pem, kid: m1, algorithm: RS512}"
    client = f"{{name: module, client_id: module-1, key: {key}, writes: [Task]}}"
    file.write_text(f"{file.read_text('utf-8')}credentials: [{client}]\n", "utf-8")
    new_key(workspace / "keys" / "module.pem", "RS512")
    with served(workspace, Faults(), ALL_SCOPES) as http:
        scene = Scene(workspace, http)
        one = scene.made("Task")
        assert scene("pause", "--as", "nobody").code == 2
        paused = scene("pause")
        listed = scene("list", "--as", "module")
        both = scene("pause", "--as", "module")

    assert paused.document["still_paused"] == 1
    assert {s["ours"] for s in listed.document["subscriptions"]} == {False}
    assert both.document["subscriptions"] == []
    text = scene.journal.read_text("utf-8").replace(one["id"], "other")
    scene.journal.with_name("subscriptions-module.ndjson").write_text(text, "utf-8")
    status = typed("status", "--json", cwd=workspace)
    assert status.document["paused"] == {"local": 2}
    assert "subscriptions restore --env local --as module" in status.err
