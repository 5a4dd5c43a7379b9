"""Both sides of a sample of the example domain: KT 1.3's are the plan's, KT 2.0's the server's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from inside import inside
from judged_scene import RUN, both_sides, cards_of, laid_out, prepared
from kt_migrate.errors import CouldNotLookError
from kt_migrate.history.activities import Parts
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History, LastState
from kt_migrate.judging.cards import Card, Shown
from kt_migrate.judging.drawing import Ending, Kind
from kt_migrate.judging.fields import Line, Relation
from kt_migrate.judging.items import items_of
from kt_migrate.judging.planned import Dossiers
from kt_migrate.judging.preparing import drawn_of, judged_of
from kt_migrate.judging.source import Carrying
from kt_migrate.judging.target import Target
from kt_migrate.model import Outcome, SourceFile
from kt_migrate.plan.sampling.choosing import seed_of
from kt_migrate.plan.store import Plan
from kt_migrate.reports.judged import Verdict, write_judged
from kt_migrate.sandbox.settings import Faults


@pytest.fixture(scope="module")
def cards(tried_workspace: Path) -> tuple[Card, ...]:
    """Return every dossier of the example domain, as it is shown."""
    return cards_of(tried_workspace)


def named(cards: tuple[Card, ...], end: str) -> Card:
    """Return the dossier of one client."""
    (found,) = [card for card in cards if card.link.endswith(end)]
    return found


def line(thing: Shown, rule: str) -> Line:
    """Return the element that a rule makes."""
    (found,) = [one for one in thing.lines if rule in one.rules]
    return found


def test_every_dossier_is_there_with_what_became_of_it(tried_workspace: Path) -> None:
    """Fifteen clients: ten are over, one in part, and four are not."""
    strata = Dossiers(tried_workspace / RUN).strata
    endings = [stratum.ending for stratum in strata.values()]

    assert len(strata) == 15
    assert {one: endings.count(one) for one in set(endings)} == {
        Ending.MIGRATED: 10,
        Ending.PARTLY: 1,
        Ending.REJECTED: 4,
    }


def test_a_write_that_failed_makes_a_dossier_a_part(tried: Path) -> None:
    """What the server did not take counts, and not what was planned."""
    before = Dossiers(tried / RUN)
    (key,) = (key for key in before.strata if key.endswith("Patient/1"))
    client, *others = before.seqs((key,))[key]
    endings = {}
    for seq in (client, *others[:1], *others[-1:]):
        refuse(tried, seq)
        after = Dossiers(tried / RUN).strata
        assert {one for one in after if after[one] != before.strata[one]} == {key}
        endings[seq] = after[key].ending
        refuse(tried, seq, state="created")

    assert len(others) > 1
    assert before.strata[key].ending is Ending.MIGRATED
    assert endings == {
        client: Ending.REJECTED,
        others[0]: Ending.PARTLY,
        others[-1]: Ending.PARTLY,
    }


def refuse(folder: Path, seq: int, state: str = "rejected") -> None:
    """Let the journal say that the server did not take a write; or that it did."""
    with closing(sqlite3.connect(folder / RUN / "journal.sqlite")) as db:
        db.execute("UPDATE entry SET state = ? WHERE seq = ?", (state, seq))
        db.commit()


@pytest.mark.parametrize("fate", ["out_of_scope", "not_migrated"])
def test_a_client_that_was_left_out_is_a_dossier_too(tried: Path, fate: str) -> None:
    """It says what became of it; when nothing of it was planned, nobody looked what is in it."""
    whole = Dossiers(tried / RUN)
    (key,) = (key for key in whole.strata if key.endswith("Patient/9"))
    found = []
    for lost in ([("Patient", key)], whole.rejected(key)):
        with closing(sqlite3.connect(tried / RUN / "plan.sqlite")) as db:
            change = "UPDATE object SET outcome = ? WHERE source_type = ? AND link = ?"
            db.executemany(change, [(fate, *named) for named in lost])
            db.commit()
        found.append(Dossiers(tried / RUN).strata)
    with only(set(whole.seqs(tuple(whole.strata))[next(iter(whole.strata))])):
        drawn = Dossiers(tried / RUN).strata

    assert [len(strata) for strata in found] == [15, 15]
    assert [strata[key].ending for strata in found] == [Ending(fate)] * 2
    assert found[0][key].kind is Kind.ACTIVITIES
    assert found[1][key].kind is Kind.UNKNOWN
    assert key not in drawn


def test_of_a_run_that_wrote_a_sample_only_that_is_drawn(tried: Path) -> None:
    """Of the rest nothing was written, and it was not to be."""
    whole = Dossiers(tried / RUN)
    (key,) = (key for key in whole.strata if key.endswith("Patient/1"))
    chosen = set(whole.seqs((key,))[key])

    with only(chosen):
        found = Dossiers(tried / RUN)

    assert set(found.strata) == {key}
    assert found.strata[key] == whole.strata[key]


def test_a_run_without_a_dossier_is_no_pass(tried: Path) -> None:
    """Nothing can be drawn of it."""
    with only(set()), pytest.raises(CouldNotLookError):
        drawn_of(tried / RUN, 3, "x")


@contextmanager
def only(chosen: set[int]) -> Iterator[None]:
    """Let a run be one that writes a sample: these writes."""

    @contextmanager
    def part(folder: Path) -> Iterator[Plan]:
        drawn = patch.object(Plan, "seqs", lambda _plan: sorted(chosen))
        with Plan(folder / "plan.sqlite") as plan, drawn:
            yield plan

    sampled = patch("kt_migrate.judging.planned.read_sample", return_value=object())
    with sampled, patch("kt_migrate.judging.planned.planned_in", part):
        yield


def test_what_kind_of_dossier_it_is_follows_from_what_is_in_it(tried_workspace: Path) -> None:
    """Activities before people; what was rejected counts as well as what came over."""
    folder = tried_workspace / RUN
    whole = Dossiers(folder)
    (mine,) = (key for key in whole.strata if key.endswith("Patient/1"))
    by_type: dict[str, int] = {}
    for seq in whole.seqs((mine,))[mine]:
        by_type[whole.population.kinds[whole.population.kind[seq]].r4_type] = seq
    kinds = {}
    for types in (("Patient",), ("Patient", "RelatedPerson"), ("Patient", "RelatedPerson", "Task")):
        with only({by_type[one] for one in types}):
            kinds[types[-1]] = Dossiers(folder).strata[mine].kind

    assert kinds == {
        "Patient": Kind.ALONE,
        "RelatedPerson": Kind.PEOPLE,
        "Task": Kind.ACTIVITIES,
    }
    assert any(
        "CarePlanActivity" in {kind for kind, _link in whole.rejected(key)}
        for key, stratum in whole.strata.items()
        if stratum.kind is Kind.ACTIVITIES and not whole.seqs((key,))[key]
    )


def test_a_dossier_holds_what_is_its_own_and_what_it_leans_on(tried_workspace: Path) -> None:
    """The client first, everything once, also what was rejected; then what others refer to too."""
    folder = tried_workspace / RUN
    dossiers = Dossiers(folder)
    items = items_of(folder, dossiers, tuple(dossiers.strata))
    (mine,) = (found for key, found in items.items() if key.endswith("Patient/1"))
    lost = [item for found in items.values() for item in found if item.outcome is Outcome.REJECTED]

    for key, found in items.items():
        assert (found[0].source_type, found[0].link) == ("Patient", key)
        assert len({item.named for item in found}) == len(found)
        assert set(dossiers.rejected(key)) <= {item.named for item in found if item.own}
        assert [item.own for item in found] == sorted((i.own for i in found), reverse=True)
    assert {item.source_type for item in mine if item.own} >= {"Patient", "CarePlanActivity"}
    assert {item.source_type for item in mine if not item.own} >= {
        *("Practitioner", "ActivityDefinition"),
        "Application",  # of the activity on offer: further on
    }
    assert "Patient" not in {item.source_type for item in mine if not item.own}
    assert any(item.issues for item in lost)
    assert all(item.reason for item in lost)
    assert all(item.last[0] in item.messages for item in mine if item.last[0])


def test_the_last_states_are_those_that_the_whole_archive_gives(
    tried_workspace: Path, tmp_path: Path
) -> None:
    """Of every object of every dossier; and no other file was looked into than needed."""
    drawn, source, _target = both_sides(tried_workspace)
    history = History(tmp_path)
    try:
        read_archive([tried_workspace / "archive"], history, None)
        parts = Parts(history)
        activities = {(p.source_type, p.link): p.source for p in parts.activities()}
        for item in drawn.every:
            state = history.last_state(*item.named)
            part = activities.get(item.named)
            if state is not None:
                own = {k: v for k, v in source.bodies[item.named].items() if k != "member"}
                assert own == state.body
            elif part is not None:
                assert source.bodies[item.named] == part.body
    finally:
        history.close()
    assert {item.named for item in drawn.every if item.outcome} <= source.bodies.keys()


def test_reading_the_archive_writes_nothing(tried_workspace: Path) -> None:
    """It is in memory alone: no temporary database is made, wherever."""

    def refused(*_arguments: object) -> None:
        raise AssertionError("a file")

    with patch("kt_migrate.history.intake.open_scratch", refused):
        _drawn, source, _target = both_sides(tried_workspace, 3)

    assert source.bodies


def test_only_what_carries_a_message_is_parsed() -> None:
    """Told by the bytes: also of a search, and of a text in UTF-16."""
    wanted = Carrying({"5a1b2c3d-0000-4000-8000-00000000000a", "odd one", "search:aa"})

    def found(content: bytes) -> bool:
        return wanted(SourceFile(name="x", sha256="", size=0, content=content))

    yes = b'<id value="urn:uuid:5a1b2c3d-0000-4000-8000-00000000000a"/>'
    assert found(yes)
    assert found(yes.decode().encode("utf-16"))
    assert found(b"MessageHeader odd one")
    assert found(b"<feed>ActivityDefinition#x</feed>")
    assert not found(b"MessageHeader 5a1b2c3d-0000-4000-8000-00000000000b ActivityDefinition")
    assert not Carrying({"a-message"})(
        SourceFile(name="x", sha256="", size=0, content=b"Definition")
    )


def test_what_is_over_is_shown_on_both_sides(cards: tuple[Card, ...]) -> None:
    """With the rule between: what is equal looks equal, and what was translated is in words."""
    card = named(cards, "Patient/1")
    client = card.objects[0]
    born, gender = line(client, "patient-birth-date"), line(client, "patient-gender")

    assert (client.kind, client.good) == ("Cliënt", True)
    assert (born.old, born.new) == (("11-02-1951",), ("11-02-1951",))
    assert born.relation is Relation.SAME
    assert (gender.old, gender.new) == (("man",), ("man",))
    assert "zonder tijd" in born.rule
    assert any("date_only" in text for _name, text in born.details)
    assert card.whole
    assert len(card.seen) == sum(len(one.seen) for one in card.objects)


def test_an_activity_says_who_and_when_in_words(cards: tuple[Card, ...]) -> None:
    """What a rule reads besides its own element stands at left too."""
    tasks = [
        one
        for card in cards
        for one in card.objects
        if one.kind == "Activiteit" and one.good and line(one, "task-status").new
    ]
    task = next(one for one in tasks if one.lines[-1].label == "Periode")
    period, owner = line(task, "task-execution-period"), line(task, "task-owner")

    assert "Begonnen: 03-03-2021 11:00" in period.old
    assert period.new == ("03-03-2021 11:00 tot 04-03-2021 11:00",)
    assert owner.old == owner.new
    assert not any("Patient/" in text or "Task/" in text for text in (*owner.new, *period.new))
    assert {left.label for left in task.left if not left.technical} >= {"Activiteit: Soort"}


def test_a_team_shows_who_is_in_it_at_left_too(cards: tuple[Card, ...]) -> None:
    """KT 1.3 says so in the care plans that name the team."""
    lines = [one for card in cards for thing in card.objects for one in thing.lines]
    members = [one for one in lines if "care-team-member" in one.rules]

    assert members
    assert all(one.old for one in members if one.new)


def test_what_is_not_over_says_why_and_what_there_was(cards: tuple[Card, ...]) -> None:
    """One side alone, and the reason in a sentence."""
    client = named(cards, "Patient/9").objects[0]

    assert (client.good, client.state, client.seen) == (False, "is niet over", ())
    assert client.reasons
    assert line(client, "patient-name").old
    assert all(one.new == () for one in client.lines)


def test_enrichment_is_named_with_its_line(cards: tuple[Card, ...]) -> None:
    """What KT 1.3 did not have came from the care provider."""
    person = next(o for o in named(cards, "Patient/1").objects if o.kind == "Naaste")
    born = line(person, "related-person-birth-date")

    assert (born.old, born.relation) == ((), Relation.NEW_ONLY)
    assert "personen.csv:" in born.rule


def test_what_has_no_place_in_kt2_is_told_per_dossier(cards: tuple[Card, ...]) -> None:
    """A goal and a message between users, counted, with their words."""
    besides = [one for card in cards for one in card.besides]
    words = str([one.objects for one in besides])

    assert {"Behandelplan"} <= {one.kind for one in besides}
    assert "Een verzonnen doel." in words
    assert all(one.rule and one.because for one in besides)


def test_what_somebody_wrote_into_kt2_is_seen(tried: Path) -> None:
    """It is the server's side as it is now, and not the plan's."""
    with closing(sqlite3.connect(tried / ".sandbox" / "store.sqlite")) as db:
        changed = "CAST(json_set(CAST(body AS TEXT), '$.birthDate', '1900-01-01', '$.photo', json('[{\"title\":\"x\"}]')) AS BLOB)"
        db.execute(f"UPDATE resource SET body = {changed} WHERE r4_type = 'Patient'")
        db.commit()
    client = named(cards_of(tried), "Patient/1").objects[0]
    born = line(client, "patient-birth-date")
    (strange,) = [one for one in client.lines if one.new == ("x",)]

    assert (born.new, born.relation) == (("01-01-1900",), Relation.CHANGED)
    assert strange.relation is Relation.NEW_ONLY


def test_what_is_there_twice_is_not_called_over(tried_workspace: Path) -> None:
    """Nor does anybody judge it good: which of the two is right, nobody can tell."""
    sides = both_sides(tried_workspace)
    doubled = Target({key: found * 2 for key, found in sides[2].found.items()})
    card = named(laid_out((*sides[:2], doubled)), "Patient/1")
    client = card.objects[0]

    assert (client.good, card.whole) == (False, False)
    assert client.state == "staat meer dan eens op de server"
    assert "De server heeft het meer dan één keer." in client.missing


def test_what_is_gone_from_the_server_is_not_called_over(tried: Path) -> None:
    """Whatever the journal says."""
    with closing(sqlite3.connect(tried / ".sandbox" / "store.sqlite")) as db:
        db.execute("UPDATE resource SET deleted = 1 WHERE r4_type = 'Patient'")
        db.commit()
    client = named(cards_of(tried), "Patient/1").objects[0]

    assert (client.good, client.seen) == (False, ())
    assert client.state == "staat niet op de server"


def test_the_seed_is_the_plans_unless_a_word_is_given(tried_workspace: Path) -> None:
    """And it stands with what was drawn."""
    folder = tried_workspace / RUN
    own, word = drawn_of(folder, 5, ""), drawn_of(folder, 5, "y")

    assert (own.seed, word.seed) == (seed_of(own.plan), "y")
    assert own.drawn.keys == drawn_of(folder, 5, own.seed).drawn.keys != word.drawn.keys


@pytest.mark.parametrize("changed", [{"version": "later"}, {"message": "another"}])
def test_another_last_state_than_the_plans_is_not_shown(
    tried: Path, changed: dict[str, str]
) -> None:
    """An archive that changed shows nothing as if it were what was migrated."""
    found = History.last_state

    def later(of: History, source_type: str, link: str) -> LastState | None:
        state = found(of, source_type, link)
        return None if state is None else replace(state, **changed)  # type: ignore[arg-type]  # names

    with patch.object(History, "last_state", later):
        (card, *_rest) = cards_of(tried, 3)

    assert not card.whole
    assert card.objects[0].missing


@contextmanager
def counted(folder: Path) -> Iterator[Faults]:
    """Count what the sandbox is asked."""
    faults = Faults()
    with patch("judged_scene.inside", lambda at: inside(at, faults)):
        yield faults
    assert folder.is_dir()


def test_nothing_is_written_to_the_server(tried: Path) -> None:
    """The sandbox counts what would change it: none, of all that was asked."""
    with counted(tried) as faults:
        cards_of(tried)

    assert (faults.writes, faults.requests > 0) == (0, True)


def test_what_was_said_is_known_again_while_both_sides_are_the_same(tried: Path) -> None:
    """A dossier that changed on the server, or a run that wrote again, is judged anew."""
    before = prepared(tried)
    for dossier in before.dossiers:
        before = before.with_judgement(replace(dossier, verdict=Verdict.GOOD))
    write_judged(tried / RUN, before)
    drawn = drawn_of(tried / RUN, 25, "x")
    cards = laid_out(both_sides(tried))
    unseen = tuple(replace(c, objects=(replace(c.objects[0], missing=("x",)),)) for c in cards[:1])
    blind = (*(replace(c, objects=(*c.objects, *unseen[0].objects)) for c in cards[:1]), *cards[1:])
    ruled = (*(replace(c, besides=()) for c in cards),)

    assert judged_of(drawn, cards, "x").good
    assert judged_of(replace(drawn, seed="y"), cards, "x").count(None) == len(cards)
    assert judged_of(drawn, ruled, "x").count(None) == sum(
        a.rules != b.rules for a, b in zip(cards, ruled, strict=True)
    )
    assert {one.verdict for one in judged_of(drawn, blind, "x").dossiers[:1]} == {None}
    assert judged_of(drawn, blind, "x").count(None) == 1
    with closing(sqlite3.connect(tried / ".sandbox" / "store.sqlite")) as db:
        raised = "CAST(json_set(CAST(body AS TEXT), '$.meta.versionId', '9') AS BLOB)"
        one = "(SELECT min(row) FROM resource WHERE r4_type = 'Patient')"
        db.execute(f"UPDATE resource SET version = 9, body = {raised} WHERE row = {one}")
        db.commit()
    assert prepared(tried).count(None) == 1
    with closing(sqlite3.connect(tried / RUN / "journal.sqlite")) as db:
        db.execute("UPDATE event SET at = at + 0.001")
        db.commit()
    assert prepared(tried).count(None) == len(before.dossiers)
