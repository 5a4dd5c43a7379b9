"""The last state of an object comes from all that the archive holds of it, whatever the copy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from archives import HOST, Sent, activity, careplan, life, patient, status, version, write

from kt_migrate.plan.store import Plan
from support import plan_of

P1, C1, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"


def fates(plan: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (outcome, reason) per object, headers left out."""
    rows = plan.objects()
    return {
        (o.source_type, o.link): (o.outcome, o.reason)
        for o in rows
        if o.source_type != "MessageHeader"
    }


def planned(tmp_path: Path, files: Iterable[bytes]) -> Plan:
    """Plan some files."""
    return plan_of([write(tmp_path / "archive", files)], tmp_path / "plan.sqlite")


def whole() -> Sent:
    """Return a message with a patient and a care plan of two activities."""
    return life([{P1: patient(), C1: careplan(activity("a-1"), activity("a-2"))}])[0]


MIGRATED = ("migrated", "")
ALL = {
    ("Patient", P1): MIGRATED,
    ("CarePlan", C1): ("not_migrated", "careplan-no-home"),
    ("CarePlanActivity", "a-1"): MIGRATED,
    ("CarePlanActivity", "a-2"): MIGRATED,
}


@pytest.mark.parametrize("other", ["header_only", "stripped", "sender", "queue"])
@pytest.mark.parametrize("first", [True, False])
def test_no_copy_hides_what_another_carries(tmp_path: Path, other: str, *, first: bool) -> None:
    """With a second copy of any kind, before or after it, the fates are those of the whole one."""
    copies = [whole().queue(), getattr(whole(), other)()]
    with planned(tmp_path, copies if first else copies[::-1]) as plan:
        found = fates(plan)
        books = plan.books()

    assert {key: fate[0] for key, fate in found.items()} == {k: f[0] for k, f in ALL.items()}
    assert books.unbalanced() == ()
    assert books.per_type()["MessageHeader"].objects == 1
    assert books.per_type()["MessageHeader"].sightings == 2


@pytest.mark.parametrize("link", [P1, C1])
def test_a_broken_entry_does_no_harm_when_another_copy_has_it(tmp_path: Path, link: str) -> None:
    """It is a sighting, superseded by the entry of the other copy; no line in the error list."""
    with planned(tmp_path, [whole().broken(link), whole().queue(iid=2)]) as plan:
        found, books = fates(plan), plan.books()
        codes = {issue.code for issue in plan.issues()}

    assert {key: fate[0] for key, fate in found.items()} == {k: f[0] for k, f in ALL.items()}
    assert "object-without-link" not in codes
    assert books.unbalanced() == ()


def test_an_entry_that_is_broken_in_every_copy_is_one_reject(tmp_path: Path) -> None:
    """Two sightings, one object, one line."""
    with planned(tmp_path, [whole().broken(P1), whole().broken(P1)]) as plan:
        rows = [o for o in plan.objects() if o.source_type == "Patient"]
        lines = [i for i in plan.issues() if i.code == "object-without-link"]
        row = plan.books().per_type()["Patient"]

    assert [(o.outcome, o.reason) for o in rows] == [("rejected", "object-without-link")]
    assert len(lines) == 1
    assert (row.sightings, row.superseded, row.objects) == (2, 1, 1)


@pytest.mark.parametrize("copy", ["queue", "sender", "stripped"])
def test_a_status_whose_body_survives_in_one_copy_decides(tmp_path: Path, copy: str) -> None:
    """The other copy has its header only; the Task is completed all the same."""
    first, second = life(
        [{P1: patient(), C1: careplan(activity("a-1"))}, {S1: status("a-1", "Completed")}]
    )
    files = [first.queue(), second.header_only(), getattr(second, copy)()]
    with planned(tmp_path, files) as plan:
        (task,) = [w.resource for w in plan.writes() if w.key.r4_type == "Task"]

    assert task["status"] == "completed"


def test_of_equal_versions_the_queue_copy_counts_then_what_says_more(tmp_path: Path) -> None:
    """A sender copy that says more loses from a queue copy; a fuller queue copy wins."""
    base = {P1: version(1)}
    queue = Sent("m-1", {P1: patient("Queue")}, assigned=base)
    fuller = Sent("m-1", {P1: patient("Queue", active=True)}, assigned=base, iid=2)
    sender = Sent("m-1", {P1: patient("Sender", active=True, telecom=[])}, base=base)
    with planned(tmp_path, [sender.sender(), queue.queue(), fuller.queue()]) as plan:
        (resource,) = [w.resource for w in plan.writes()]
        conflicts = [i for i in plan.issues() if i.code == "version-conflict"]

    assert resource["name"][0]["family"] == "Queue"  # type: ignore[index, call-overload]
    assert resource["active"] is True
    assert [i.detail for i in conflicts] == ["m-1 m-1"]


def test_a_copy_that_only_says_less_is_no_conflict(tmp_path: Path) -> None:
    """Of the same message; of another message it is one."""
    base = {P1: version(1)}
    telecom = [{"system": "phone", "value": "0200000000"}]
    full = Sent("m-1", {P1: patient(telecom=telecom)}, assigned=base)
    less = Sent("m-1", {P1: patient()}, assigned=base, iid=2)
    other = Sent("m-2", {P1: patient()}, assigned=base, iid=3)
    with planned(tmp_path, [full.queue(), less.queue()]) as plan:
        assert [i for i in plan.issues() if i.code == "version-conflict"] == []
    folder = tmp_path / "other"
    folder.mkdir()
    with planned(folder, [full.queue(), other.queue()]) as plan:
        assert [i.code for i in plan.issues()] == ["version-conflict"]


def test_a_status_that_its_care_plan_overruled_is_not_migrated(tmp_path: Path) -> None:
    """A later care plan says more lately; an earlier status of two is overruled by the other."""
    s2 = f"{HOST}/Status/2"
    sent = life(
        [
            {P1: patient(), C1: careplan(activity("a-1"), activity("a-2"))},
            {S1: status("a-1", "InProgress")},
            {C1: careplan(activity("a-1", "Completed"), activity("a-2"))},
            {s2: status("a-2", "InProgress")},
            {f"{HOST}/Status/3": status("a-2", "Completed")},
        ]
    )
    with planned(tmp_path, [s.queue() for s in sent]) as plan:
        found = fates(plan)
        tasks = {w.link: w.resource["status"] for w in plan.writes() if w.key.r4_type == "Task"}

    assert found["CarePlanActivityStatus", S1] == ("not_migrated", "status-overruled")
    assert found["CarePlanActivityStatus", s2] == ("not_migrated", "status-overruled")
    assert found["CarePlanActivityStatus", f"{HOST}/Status/3"] == MIGRATED
    assert tasks == {"a-1": "completed", "a-2": "completed"}


def test_an_update_by_a_sender_comes_after_the_version_that_it_was_based_on(tmp_path: Path) -> None:
    """Also when a stripped copy of it, without any version, is in the archive."""
    first, second = life([{P1: patient("Oud")}, {P1: patient("Nieuw")}])
    for files in (
        [first.queue(), second.sender()],
        [second.stripped(), second.sender(), first.queue()],
    ):
        folder = tmp_path / str(len(files))
        folder.mkdir()
        with planned(folder, files) as plan:
            (resource,) = [w.resource for w in plan.writes()]
        assert resource["name"][0]["family"] == "Nieuw"  # type: ignore[index, call-overload]


def test_the_servers_answer_gives_a_sender_copy_its_version(tmp_path: Path) -> None:
    """It then goes before a later update of the same base, which the server never took."""
    first = Sent("m-1", {P1: patient("Eerst")}, assigned={P1: version(1)})
    taken = Sent("m-2", {P1: patient("Genomen")}, base={P1: version(1)})
    refused = Sent(
        "m-3", {P1: patient("Geweigerd")}, base={P1: version(1)}, timestamp="2022-01-01T00:00:00Z"
    )
    answer = taken.answer({P1: version(3)})
    files = [first.queue(), taken.sender(), refused.sender(), answer]
    with planned(tmp_path, files) as plan:
        (resource,) = [w.resource for w in plan.writes()]

    assert resource["name"][0]["family"] == "Genomen"  # type: ignore[index, call-overload]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_broken_entry_is_superseded_by_the_very_entry_that_it_was(
    tmp_path: Path, lost: int
) -> None:
    """Of several of its type, it is the one whose link its own copy lacks."""
    links = [f"{HOST}/Patient/{n}" for n in (1, 2, 3)]
    sent = Sent("m-1", {link: patient() for link in links})
    with planned(tmp_path, [sent.broken(links[lost - 1]), sent.queue(iid=2)]) as plan:
        sightings = {s.id: s for s in plan.sightings()}

    (broken,) = [s for s in sightings.values() if "#entry-" in s.link]
    assert sightings[broken.superseded_by or 0].link == links[lost - 1]


def test_every_superseded_sighting_names_the_one_that_superseded_it(tmp_path: Path) -> None:
    """Of its own object, with a reason; and every object has one that is not superseded."""
    sent = life(
        [{P1: patient("A")}, {P1: patient("B")}, {P1: patient("B"), C1: careplan(activity("x"))}]
    )
    with planned(tmp_path, [s.queue() for s in sent] + [sent[0].sender()]) as plan:
        sightings = {s.id: s for s in plan.sightings()}

    superseded = [s for s in sightings.values() if s.superseded_by is not None]
    assert {s.reason for s in superseded} == {"copy", "older-version"}
    for sighting in superseded:
        successor = sightings[sighting.superseded_by or 0]
        assert successor.superseded_by is None
        assert (successor.source_type, successor.link) == (sighting.source_type, sighting.link)


def test_an_activity_that_a_later_care_plan_lacks_is_an_object_that_is_not_migrated(
    tmp_path: Path,
) -> None:
    """With its line in the error list; a status about it goes with it."""
    sent = life(
        [
            {P1: patient(), C1: careplan(activity("a-1"), activity("a-2"))},
            {S1: status("a-2", "Completed")},
            {C1: careplan(activity("a-1"))},
        ]
    )
    with planned(tmp_path, [s.queue() for s in sent]) as plan:
        found = fates(plan)
        removed = [i.link for i in plan.issues() if i.code == "activity-removed"]

    assert found["CarePlanActivity", "a-2"] == ("not_migrated", "activity-removed")
    assert found["CarePlanActivityStatus", S1] == ("not_migrated", "activity-removed")
    assert found["CarePlanActivity", "a-1"] == MIGRATED
    assert removed == ["a-2"]


def test_an_other_without_its_usage_is_a_sighting_of_the_object_with_its_link(
    tmp_path: Path,
) -> None:
    """A copy in which the code is lost adds no object of an unknown type."""
    sent = life([{P1: patient(), C1: careplan(activity("a-1"))}, {S1: status("a-1", "Completed")}])
    bare = {k: v for k, v in sent[1].carried[S1].items() if k != "code"}
    lost = Sent("m-9", {S1: bare}, assigned=sent[1].assigned)
    with planned(tmp_path, [s.queue() for s in sent] + [lost.queue()]) as plan:
        types = {o.source_type for o in plan.objects() if o.link == S1}

    assert types == {"CarePlanActivityStatus"}


def test_two_versions_of_an_object_in_one_message_are_no_copies(tmp_path: Path) -> None:
    """A bundle that has an object twice: the older one is older, and no conflict."""
    both = Sent("m-1", {P1: patient("Oud")}, assigned={P1: version(1)})
    newer = Sent("m-1", {P1: patient("Nieuw")}, assigned={P1: version(2)})
    with planned(tmp_path, [both.queue(), newer.queue()]) as plan:
        (resource,) = [w.resource for w in plan.writes()]
        reasons = [s.reason for s in plan.sightings() if s.link == P1 and s.reason]
        assert [i for i in plan.issues() if i.code == "version-conflict"] == []

    assert resource["name"][0]["family"] == "Nieuw"  # type: ignore[index, call-overload]
    assert reasons == ["older-version"]


def test_two_contents_of_a_version_are_reported_only_when_the_result_differs(
    tmp_path: Path,
) -> None:
    """Spelling (display, system, a number as text, empty values, order) is none."""
    spelled = patient(
        gender={"coding": [{"code": "M", "display": "Man", "system": "urn:x"}]}, telecom=[]
    )
    spelled["name"][0]["text"] = ""
    base = {P1: version(2)}
    one = Sent("m-1", {P1: patient()}, assigned=base)
    two = Sent("m-2", {P1: dict(reversed(spelled.items()))}, assigned=base, iid=2)
    other = Sent("m-3", {P1: patient("Janssen")}, assigned=base, iid=3)
    old = [
        Sent(f"m-{n}", {P1: patient(f"Oud {n}")}, assigned={P1: version(1)}, iid=n) for n in (4, 5)
    ]
    with planned(tmp_path, [one.queue(), two.queue(), *(o.queue() for o in old)]) as plan:
        assert [i for i in plan.issues() if i.code == "version-conflict"] == []
    folder = tmp_path / "second"
    folder.mkdir()
    with planned(folder, [one.queue(), other.queue()]) as plan:
        (line,) = [i for i in plan.issues() if i.code == "version-conflict"]

    assert sorted(line.detail.split()) == ["m-1", "m-3"]


def test_two_copies_of_a_refused_message_are_one_document(tmp_path: Path) -> None:
    """Its objects are not read: the message is named once."""
    tag = b'"category": [{"scheme": "http://hl7.org/fhir/tag/security", "label": "ANDER"}, '
    copies = [whole().queue(), whole().sender()]
    files = [content.replace(b'"category": [', tag) for content in copies]
    archive = write(tmp_path / "archive", files)
    with plan_of([archive], tmp_path / "plan.sqlite", domains=("EIGEN",)) as plan:
        (row,) = plan.books().per_type().values()
        lines = [issue.code for issue in plan.issues()]

    assert (row.sightings, row.superseded, row.objects) == (2, 1, 1)
    assert lines == ["domain-other"]
