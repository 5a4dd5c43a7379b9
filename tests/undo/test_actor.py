"""Undoing one deed: what is read, what is sent, and what an answer comes to."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from kt_migrate.books import canonical, digest
from kt_migrate.errors import ServerUnavailableError
from kt_migrate.kt2.answers import Answer, Refused, Throttled, Unknown
from kt_migrate.model import Resource
from kt_migrate.undo.actor import END_OF_LIFE, MAX_ATTEMPTS, MAX_THROTTLES, is_over
from kt_migrate.undo.record import Deed
from kt_migrate.undo.states import Kind, UndoState
from load.world import TRACE
from undo.acting import NO_DELETE, Acting, acting, made_by, place_of, planned

PLACE = place_of(1)


def outcome(deed: Deed) -> tuple[str, str]:
    """Return the state and why."""
    return deed.state, deed.code


def changed(acting: Acting, before: Resource, **fields: object) -> Deed:
    """Put a content under the run's, as of before; return the deed of having changed it."""
    now = acting.own.versions[PLACE][0]
    assert now is not None
    acting.own.versions[PLACE] = []
    acting.own.put(PLACE, before)
    acting.own.put(PLACE, now)
    return made_by(1, kind=Kind.CHANGED, version="2", before="1", **fields)


OTHER = {**planned(1), "language": "nl"}


def test_what_was_made_is_deleted_by_one_request(tmp_path: Path) -> None:
    """Read first, the version that was seen named; the request's id is in the record."""
    with acting(tmp_path) as it:
        (deed,) = it.undo(made_by(1))

        name = str(uuid.uuid5(uuid.UUID(TRACE), "undo#1#1"))
        assert it.own.sent == [("DELETE", PLACE, "1", name)]
        assert it.own.looks == [PLACE]
        assert outcome(deed) == ("deleted", "")
        assert (deed.status, deed.after, deed.attempts, deed.request_id) == (204, "2", 1, name)
        assert list(it.record.deeds()) == [deed]


@pytest.mark.parametrize("whose", ["version", "identifier", "gone", "never"])
def test_what_is_not_as_the_run_left_it_is_not_touched(tmp_path: Path, whose: str) -> None:
    """Another version; our version of something else; deleted; not there."""
    with acting(tmp_path) as it:
        match whose:
            case "version":
                it.own.put(PLACE, planned(1))
            case "identifier":
                it.own.versions[PLACE] = []
                it.own.put(PLACE, planned(2))
            case "gone":
                it.own.versions[PLACE].append(None)
            case _:
                del it.own.versions[PLACE]
        (deed,) = it.undo(made_by(1))

    assert it.own.sent == []
    gone = whose in ("gone", "never")
    assert outcome(deed) == (("gone", "") if gone else ("kept", "undo-changed-since"))


@pytest.mark.parametrize("version", ["3", "4"])
def test_what_undoing_another_run_brought_back_is_ours(tmp_path: Path, version: str) -> None:
    """At the version that it has there, and no other; asked of the version of this run."""
    asked = []

    def restored(server_id: str, of: str) -> set[str]:
        asked.append((server_id, of))
        return {"3"}

    with acting(tmp_path, restored=restored) as it:
        for _ in range(1, int(version)):
            it.own.put(PLACE, planned(1))
        (deed,) = it.undo(made_by(1))

    assert asked == [("p1", "1")]
    assert deed.state == ("deleted" if version == "3" else "kept")


def test_what_was_changed_gets_its_content_back(tmp_path: Path) -> None:
    """Over the version that was seen; never deleted, though that is allowed."""
    with acting(tmp_path) as it:
        (deed,) = it.undo(changed(it, OTHER))

        assert [sent[:3] for sent in it.own.sent] == [("PUT", PLACE, "2")]
        now = it.own.versions[PLACE][-1]
        assert now is not None
        assert digest(canonical(now)) == digest(canonical(OTHER)) == deed.sent
        assert (outcome(deed), deed.after, deed.status) == (("restored", ""), "3", 200)
        assert it.proof().as_json() == {
            "gone": 0,
            "with_history": 0,
            "retired": 0,
            "restored": 1,
            "wrong": 0,
            "overtaken": 0,
        }


@pytest.mark.parametrize(("before", "code"), [("", "undo-no-history"), ("9", "undo-no-history")])
def test_what_has_no_history_is_left(tmp_path: Path, before: str, code: str) -> None:
    """Nobody says what it was, or the server does not have it any more."""
    with acting(tmp_path) as it:
        (deed,) = it.undo(made_by(1, kind=Kind.CHANGED, before=before))

    assert (outcome(deed), it.own.sent) == (("kept", code), [])


def test_what_has_its_content_of_before_is_not_written(tmp_path: Path) -> None:
    """Nothing is sent that changes nothing."""
    with acting(tmp_path) as it:
        (deed,) = it.undo(changed(it, planned(1), sent="of an earlier try"))

    assert (outcome(deed), deed.after, it.own.sent) == (("restored", ""), "2", [])


UNKNOWN = Unknown(why="ReadTimeout")


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("kind", [Kind.MADE, Kind.CHANGED])
def test_an_answer_that_says_nothing_is_looked_up(
    tmp_path: Path, kind: Kind, *, arrived: bool
) -> None:
    """With its effect it is done; without it goes again, under an id of its own."""
    with acting(tmp_path) as it:
        deed = made_by(1) if kind is Kind.MADE else changed(it, OTHER)
        (it.own.silent if arrived else it.own.answers).append(UNKNOWN)
        (done,) = it.undo(deed)

        assert len(it.own.sent) == (1 if arrived else 2)
        assert len({sent[3] for sent in it.own.sent}) == len(it.own.sent)
        assert done.state == ("deleted" if kind is Kind.MADE else "restored")
        assert it.sleeps == [0.2]
        assert done.after == ("2" if kind is Kind.MADE else "3")


def test_what_somebody_made_of_it_while_the_answer_was_lost_is_left(tmp_path: Path) -> None:
    """Neither the version of before nor what was sent."""
    with acting(tmp_path) as it:
        deed = changed(it, OTHER, state=UndoState.INTENT, sent=digest(canonical(OTHER)))
        it.own.put(PLACE, {**planned(1), "language": "fr"})
        (done,) = it.undo(deed)

    assert (outcome(done), it.own.sent) == (("kept", "undo-changed-since"), [])


@pytest.mark.parametrize(
    ("answer", "least"), [(UNKNOWN, MAX_ATTEMPTS), (Throttled(seconds=1), MAX_THROTTLES)]
)
def test_a_server_that_never_says_anything_stops_it(
    tmp_path: Path, answer: Answer, least: int
) -> None:
    """After six tries, or after forty times of being told to wait: with an intent on disk."""
    with acting(tmp_path) as it:
        it.own.answers += [answer] * 99
        with pytest.raises(ServerUnavailableError):
            it.undo(made_by(1))

        assert len(it.own.sent) == least
        (deed,) = it.record.deeds()
        assert (deed.state, deed.attempts) == ("intent", least)


def test_to_be_told_to_wait_costs_no_try(tmp_path: Path) -> None:
    """And is waited for."""
    with acting(tmp_path) as it:
        it.own.answers += [Throttled(seconds=3)] * (MAX_THROTTLES - 1) + [UNKNOWN] * 5
        (deed,) = it.undo(made_by(1))

    assert deed.state == "deleted"
    assert sum(it.sleeps) >= 3 * (MAX_THROTTLES - 1)


@pytest.mark.parametrize("status", [403, 405])
def test_a_client_that_may_not_delete_is_no_other_client(tmp_path: Path, status: int) -> None:
    """Its own resources get the end of their life without asking again; another's are deleted."""
    with acting(tmp_path, {2: "portal", 3: "portal"}) as it:
        portal = it.roles["portal"]
        portal.answers.append(Refused(status=status))
        done = it.undo(made_by(2), made_by(1), made_by(3))

        assert [deed.state for deed in done] == ["retired", "deleted", "retired"]
        assert [sent[:3] for sent in portal.sent] == [
            ("DELETE", place_of(2), "1"),
            ("PUT", place_of(2), "1"),
            ("PUT", place_of(3), "1"),
        ]
        assert [sent[:2] for sent in it.own.sent] == [("DELETE", PLACE)]
        assert it.proof().as_json()["retired"] == 2


def test_each_clients_scope_counts_for_what_it_wrote(tmp_path: Path) -> None:
    """No `d`: not asked for; a scope that says nothing of the type: asked."""
    with acting(tmp_path, {2: "portal"}) as it:
        it.roles["portal"].login.scope = NO_DELETE
        it.own.login.scope = "system/Task.crus"
        done = it.undo(made_by(1), made_by(2))

    assert [deed.state for deed in done] == ["deleted", "retired"]
    assert [sent[0] for sent in it.roles["portal"].sent] == ["PUT"]


def test_what_is_over_is_not_written_and_its_end_is_proven(tmp_path: Path) -> None:
    """Nothing is sent; somebody who brings it back to life afterwards is found out."""
    with acting(tmp_path) as it:
        it.own.login.scope = NO_DELETE
        it.own.versions[PLACE] = []
        it.own.put(PLACE, {**planned(1), "active": False})
        (deed,) = it.undo(made_by(1, sent="of an earlier try"))

        assert (outcome(deed), deed.after, it.own.sent) == (("retired", ""), "1", [])
        assert it.proof().as_json()["retired"] == 1
        it.own.put(PLACE, {**planned(1), "active": True})
        proof = it.proof()
        assert (proof.retired, proof.wrong, proof.holds) == (0, 1, False)


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_looked_up(tmp_path: Path, status: int) -> None:
    """Nothing changed: something refers to it. Changed: somebody used it. Gone: gone."""
    with acting(tmp_path) as it:
        it.own.answers += [Refused(status=status)]
        (referenced,) = it.undo(made_by(1))
        assert (outcome(referenced), referenced.status) == (("kept", "undo-referenced"), status)
        assert len(it.own.looks) == 2


def test_a_refusal_is_the_outcome(tmp_path: Path) -> None:
    """Not tried again; what the server said is kept."""
    with acting(tmp_path) as it:
        it.own.answers += [Refused(status=422)]
        (deed,) = it.undo(made_by(1))

    assert (outcome(deed), deed.status, deed.said) == (("kept", "undo-refused"), 422, "no-outcome")
    assert len(it.own.sent) == 1


@pytest.mark.parametrize("r4_type", sorted(END_OF_LIFE))
def test_each_type_has_its_end(r4_type: str) -> None:
    """A task that is over in any way stays as it is."""
    name, value = END_OF_LIFE[r4_type]
    assert is_over({"resourceType": r4_type, name: value})
    assert not is_over({"resourceType": r4_type})
    over = {"completed", "failed", "rejected", "cancelled"} if r4_type == "Task" else {value}
    for other in ("completed", "failed", "rejected", "cancelled", "draft", True):
        assert is_over({"resourceType": r4_type, name: other}) is (other in over)
