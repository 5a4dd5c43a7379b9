"""What a history answers when it is asked."""

from __future__ import annotations

from histories import T1, Copy, decided, thing

from kt_migrate.history.store import LastState
from kt_migrate.model import Body


def state(**changes: object) -> LastState:
    """Return a last state as the history gives it."""
    known: dict[str, object] = {
        "sighting": 2,
        "source_type": "Patient",
        "link": "p",
        "version": T1,
        "event": "Event",
        "message": "a",
        "body": {"name": ["A"]},
    }
    return LastState(**{**known, **changes})  # type: ignore[arg-type]  # a test's table


def test_a_last_state_comes_with_all_that_is_known_of_it() -> None:
    """Per type, sorted by link; what has no content is none."""
    with decided(
        Copy("a", [thing("p", T1, "A"), thing("o", "", "B")], broken=[("x", "Patient")]),
        Copy("c", [thing("c", "", "C", "CarePlan")], event="Other"),
    ) as (history, _states):
        assert list(history.last_states("Patient")) == [
            state(sighting=3, link="o", version="", body={"name": ["B"]}),
            state(),
        ]
        (plan,) = history.last_states("CarePlan")
        assert (plan.event, plan.message, plan.body) == ("Other", "c", {"name": ["C"]})
        assert list(history.last_states("MessageHeader")) == []
        assert [(h.link, h.version, h.sighting, h.source_type) for h in history.headers()] == [
            ("a", "", 1, "MessageHeader"),
            ("c", "", 5, "MessageHeader"),
        ]
        assert (history.link(3), history.message_of(3), history.body(3)) == (
            "o",
            "a",
            {"name": ["B"]},
        )
        assert history.type_of("p") == "Patient"
        assert history.type_of("c") == "CarePlan"
        assert history.type_of("a") is None
        assert history.type_of("a#entry-1") is None
        assert history.type_of("nowhere") is None


def test_asking_for_one_type_goes_past_no_other_content() -> None:
    """Counted in SQLite's own steps: an archive has many contents, and types are asked in turn."""
    assert _steps(others=100) == _steps(others=1)


def _steps(others: int) -> int:
    more = [thing(f"o{n}", T1, f"B{n}", "Organization") for n in range(others)]
    with decided(Copy("a", [thing("p", T1, "A"), *more])) as (history, _states):
        taken = [0]

        def step() -> int:
            taken[0] += 1
            return 0

        history.db.set_progress_handler(step, 1)
        assert len(list(history.last_states("Patient"))) == 1
        return taken[0]


def test_last_states_and_their_rivals_come_sorted() -> None:
    """By type, link, message and content; the sighting of the rival beside each."""
    full: Body = {"name": ["Z"], "more": ["1"]}
    files = [
        Copy("b", [thing("q", T1, "B"), thing("p", T1, "B"), thing("p", T1, "B", "CarePlan")]),
        Copy("a", [thing(link, T1, full, t) for t, link in (("Patient", "p"), ("CarePlan", "p"))]),
        Copy("a", [thing("q", T1, full)]),
        Copy("c", [thing("p", T1, "C")]),
    ]
    with decided(*files) as (history, _states):
        found = [
            (one.source_type, one.link, one.message, one.body == full, history.message_of(other))
            for one, other in history.same_versions()
        ]
        assert found == [
            ("CarePlan", "p", "a", True, "b"),
            ("Patient", "p", "a", True, "b"),
            ("Patient", "p", "a", True, "c"),
            ("Patient", "q", "a", True, "b"),
        ]


def test_what_another_object_names_becomes_an_object_where_that_was_seen() -> None:
    """Counted as a sighting of its own, without a content."""
    with decided(Copy("a", event="Other"), Copy("m", [thing("d")])) as (history, _states):
        (number,) = history.db.execute("SELECT id FROM sighting WHERE link = 'd'").fetchone()
        history.derive("Application", "APP", number)
        assert ("Application", "Event", 1) in history.counted()
        (found,) = history.db.execute(
            "SELECT o.link, o.decided_by, o.removed, c.identifier, s.content, s.version"
            " FROM object o JOIN sighting s ON s.id = o.sighting JOIN copy c ON c.id = s.copy"
            " WHERE o.source_type = 'Application'"
        )
        assert found == ("APP", "only", 0, "m", None, "")
        assert list(history.last_states("Application")) == []
