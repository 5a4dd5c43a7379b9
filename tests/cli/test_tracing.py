"""trace: the life of one object, from the run folder alone, without anything of what is in it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inside import inside, typed
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import ExitCode
from kt_migrate.pseudonyms import pseudonym
from support import EXAMPLE

HOST = "https://epd.voorbeeld.example/fhir/Koppeltaal"
PERSON, PATIENT = f"{HOST}/RelatedPerson/0", f"{HOST}/Patient/0"
RUN = Path("runs/local/001")
SENDER = "Voorbeeld EPD"
CANARIES = (EXAMPLE / "canaries.txt").read_text("utf-8").split("\n")[:-1]


def traced(folder: Path, link: str, *more: str) -> dict[str, Any]:
    """Return the one object that a trace finds."""
    done = typed("trace", link, *more, "--json", cwd=folder)
    assert done.code == 0, done.err
    (found,) = done.document["objects"]
    assert isinstance(found, dict)
    return found


def test_the_life_of_an_object_is_all_that_is_known_of_it(tried: Path) -> None:
    """Message, fate, lines of the enrichment, write, intent and answer, and the verification."""
    before = traced(tried, PERSON)
    with inside(tried):
        assert typed("verify", cwd=tried).code == 0
    found = traced(tried, PERSON)

    assert (found["type"], found["outcome"], found["reason"]) == ("RelatedPerson", "migrated", "")
    assert [(s["event"], s["superseded_by"]) for s in found["sightings"]] == [
        ("CreateOrUpdateRelatedPerson", None)
    ]
    assert [(r["file"], r["line"], r["field"], r["rule"], r["status"]) for r in found["enrichment"]] == [
        ("personen.csv", 3, "birthDate", "related-person-birth-date", "used"),
        ("personen.csv", 4, "relationship", "related-person-relationship", "used"),
    ]  # fmt: skip
    (write,) = found["writes"]
    assert write["identifier"]["value"] == PERSON
    assert write["refers_to"] == [{"path": "patient", "type": "Patient", "link": PATIENT}]
    journal = write["journal"]
    assert (journal["state"], journal["operation"], journal["status"]) == ("created", "create", 201)
    assert [step["state"] for step in journal["steps"]] == ["intent", "created"]
    assert journal["steps"][1]["id"] == journal["id"] != ""
    assert journal["steps"][0]["request_id"]
    assert journal["steps"][0]["at"].endswith("Z")
    assert [(s["sent"], s["sender"]) for s in found["sightings"]] == [
        ("2021-03-01T00:21:00+00:00", SENDER)
    ]
    assert {"element": "birthDate", "rules": ["related-person-birth-date"]} in write["elements"]
    assert [one["element"] for one in write["elements"]] == sorted(
        ("active", "birthDate", "gender", "identifier", "name", "patient", "relationship")
    )
    assert before["verification"] is None
    assert found["verification"] == []


def test_a_difference_that_the_verification_saw_is_told(tried: Path) -> None:
    """With its code and paths."""
    (tried / ".sandbox" / "store.sqlite").unlink()
    with inside(tried):
        assert typed("verify", cwd=tried).code == ExitCode.MISMATCH

    assert [one["code"] for one in traced(tried, PERSON)["verification"]] == ["verify-missing"]
    assert "verify-missing" in typed("trace", PERSON, cwd=tried).out


def test_without_a_journal_nothing_was_sent(tried: Path) -> None:
    """The plan alone says the rest; nothing is written into the run folder."""
    for path in (tried / RUN).glob("journal.sqlite*"):
        path.unlink()
    names = sorted(path.name for path in (tried / RUN).iterdir())

    (write,) = traced(tried, PERSON)["writes"]

    assert write["journal"] is None
    assert sorted(path.name for path in (tried / RUN).iterdir()) == names


def test_what_is_rejected_says_why_and_by_which_rule(tried: Path) -> None:
    """And became nothing."""
    found = traced(tried, f"{HOST}/Patient/9")

    assert (found["outcome"], found["reason"]) == ("rejected", "value-missing")
    assert found["writes"] == []
    assert [(i["code"], i["rule"]) for i in found["issues"]] == [
        ("value-missing", "patient-birth-date")
    ]


def test_what_became_part_of_another_shows_that_ones_write(tried: Path) -> None:
    """A status is in its activity's Task."""
    with sqlite3.connect(tried / RUN / "plan.sqlite") as db:
        link, seq = db.execute(
            "SELECT link, write_seq FROM object WHERE source_type = 'CarePlanActivityStatus'"
            " AND outcome = 'migrated' ORDER BY 1"
        ).fetchone()

    (write,) = traced(tried, link)["writes"]

    assert write["seq"] == seq
    assert write["of"]["type"] == "CarePlanActivity"


def test_older_sightings_say_what_superseded_them(tried: Path) -> None:
    """Each names a message and version; the last is the last state; all of them are this object's."""
    with sqlite3.connect(tried / RUN / "plan.sqlite") as db:
        link, count = db.execute(
            "SELECT link, count(*) FROM sighting WHERE source_type = 'Practitioner'"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchone()
        known = {tuple(row) for row in db.execute("SELECT message, version FROM sighting")}
        messages = sorted(
            m for (m,) in db.execute("SELECT message FROM sighting WHERE link = ?", (link,))
        )

    found = traced(tried, link)["sightings"]

    assert len(found) == count > 2
    assert sorted(one["message"] for one in found) == messages
    older = [one["superseded_by"] for one in found if one["superseded_by"]]
    assert len(older) == count - 1
    assert all((by["message"], by["version"]) in known for by in older)
    page = typed("trace", link, cwd=tried).out
    assert f"de laatste stand van {count}; vervangen: {count - 1} (older-version)" in page
    shown = [one["message"] for one in found if one["message"] in page]
    assert shown == [one["message"] for one in found[-4:]]


LONG = re.compile(r"(.{14})?\S+")
"""A link or identifier alone behind the label: it is copied, and never broken."""


def test_it_is_one_screen_of_80_columns(tried: Path) -> None:
    """Written, rejected and superseded a dozen times; only what is copied may be longer."""
    with inside(tried):
        typed("verify", cwd=tried)
    for link in (PERSON, f"{HOST}/Patient/9", f"{HOST}/Practitioner/0", "PLAYPROOF"):
        lines = typed("trace", link, cwd=tried).out.splitlines()

        assert len(lines) <= 40, lines
        assert [line for line in lines if len(line) > 80 and not LONG.fullmatch(line)] == []


def test_the_page_tells_it_in_the_order_in_which_it_happened(tried: Path) -> None:
    """Message, rules, request, answer, verification, and the undoing: each with its marks."""
    with inside(tried):
        typed("verify", cwd=tried)
        verified = typed("--lang", "en", "trace", PERSON, cwd=tried).out
        typed("rollback", "--env=local", "--yes-rollback=EXAMPLE", cwd=tried)
        page = typed("--lang", "en", "trace", PERSON, cwd=tried).out
    (write,) = traced(tried, PERSON)["writes"]
    journal, (undone,) = write["journal"], write["undone"]

    in_order = (
        f"{PERSON}\n{pseudonym(PERSON)} · run 001 (local)",
        "RelatedPerson: migrates",
        f"CreateOrUpdateRelatedPerson, from {SENDER}",
        "sent 2021-03-01T00:21:00+00:00",
        "the only one",
        "related-person-birth-date: used",
        "relationship       related-person-relationship",
        "POST RelatedPerson",
        f"X-Request-Id {journal['steps'][0]['request_id']}",
        "HTTP 201 created version 1",
        f"RelatedPerson/{journal['id']}",
        "deleted DELETE HTTP 204",
        f"X-Request-Id {undone['request_id']}",
        "Verification  not done yet",
    )
    places = [page.index(text) for text in in_order]
    assert places == sorted(places)
    assert (undone["state"], undone["version"]) == ("deleted", "2")
    assert "Verification  no difference" in verified


def test_what_was_never_written_has_nothing_to_verify(tried: Path) -> None:
    """No difference would be too much said; and what to do is told."""
    with inside(tried):
        typed("verify", cwd=tried)
    page = typed("--lang", "en", "trace", f"{HOST}/Patient/9", cwd=tried).out

    assert "nothing written or compared" in page
    assert "rule patient-birth-date" in page
    assert "no difference" not in page
    assert CATALOGUE["value-missing"].advice in " ".join(page.split())


def test_the_rules_of_another_algorithm_are_not_shown_for_it(tried: Path) -> None:
    """The plan was made by the one that it is bound to."""
    text = (tried / "kt-migrate.yaml").read_text("utf-8")
    (tried / "kt-migrate.yaml").write_text(
        re.sub(r"(?m)^algorithm: .*", "algorithm: small-practice", text), "utf-8"
    )

    (write,) = traced(tried, PERSON)["writes"]

    assert write["elements"] == []
    assert "ander algoritme" in typed("trace", PERSON, cwd=tried).out


def test_what_is_no_moment_is_not_shown_as_one(tried: Path) -> None:
    """Where a time should stand in a message anything may."""
    with sqlite3.connect(tried / RUN / "plan.sqlite") as db:
        db.execute("UPDATE message SET sent = '123456782'")
    db.close()

    assert [one["sent"] for one in traced(tried, PERSON)["sightings"]] == [""]
    assert "123456782" not in typed("trace", PERSON, cwd=tried).out


def test_a_version_behind_the_link_is_cut_off(tried: Path) -> None:
    """As people copy it from a message."""
    done = typed("trace", f"{PERSON}/_history/2021-03-01T00:21:00:021.784", "--json", cwd=tried)

    assert done.document["link"] == PERSON


@pytest.mark.parametrize("change", [str, str.lower, lambda name: name.replace("-", "")])
def test_a_pseudonym_finds_its_object(tried: Path, change: Callable[[str], str]) -> None:
    """As people read it aloud and type it over, of what was written and of what was rejected."""
    for link in (PERSON, f"{HOST}/Patient/9", "PLAYPROOF"):
        done = typed("trace", change(pseudonym(link)), "--json", cwd=tried)

        assert (done.document["link"], done.document["pseudonym"]) == (link, pseudonym(link))


def test_a_mistyped_pseudonym_is_refused_and_another_objects_is_never_shown(tried: Path) -> None:
    """By its check character; one that is well and of no object is unknown."""
    name = pseudonym(PERSON)
    wrong = "7" if name[0] != "7" else "8"

    mistyped = typed("--lang", "en", "trace", wrong + name[1:], cwd=tried)
    unknown = typed("--lang", "en", "trace", pseudonym("nobody"), cwd=tried)

    assert (mistyped.code, mistyped.out) == (ExitCode.USAGE, "")
    assert "check character" in mistyped.err
    assert (unknown.code, unknown.out) == (ExitCode.USAGE, "")
    assert "no object" in unknown.err


def test_two_with_one_pseudonym_are_not_taken_for_each_other(
    tried: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hardly ever happens; then the link must be given."""
    monkeypatch.setattr("kt_migrate.pseudonyms._number", lambda _link: 1)

    done = typed("--lang", "en", "trace", pseudonym(PERSON), cwd=tried)

    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert "More than one object" in done.err


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_link_that_no_plan_has_is_refused_with_a_hint(tried: Path, more: tuple[str, ...]) -> None:
    """What was typed is not repeated: it may be a name."""
    done = typed("trace", "Mevrouw Jansen", *more, cwd=tried)

    assert done.code == ExitCode.USAGE
    assert done.out == ""
    assert "--env" in done.err
    assert "Jansen" not in done.err


def test_a_journal_that_cannot_be_read_is_said(tried: Path) -> None:
    """And never a traceback."""
    (tried / RUN / "journal.sqlite").write_bytes(b"x" * 5000)
    for name in ("journal.sqlite-wal", "journal.sqlite-shm"):
        (tried / RUN / name).unlink(missing_ok=True)

    assert typed("trace", PERSON, cwd=tried).code == ExitCode.JOURNAL


def test_nobody_is_in_it(tried: Path) -> None:
    """Of no object in the archive a trace shows what is in it, in any language."""
    with inside(tried):
        typed("verify", cwd=tried)
    with sqlite3.connect(tried / RUN / "plan.sqlite") as db:
        links = [link for (link,) in db.execute(
            "SELECT DISTINCT link FROM object WHERE source_type IN"
            " ('Patient', 'Practitioner', 'RelatedPerson', 'CareTeam') ORDER BY 1")]  # fmt: skip
    said = ""
    for link in links:
        done = typed("--lang", "en", "trace", link, "--json", cwd=tried)
        said += done.out + done.err

    assert len(links) > 20
    said = said.replace(SENDER, "")  # a program's name has the word of a canary in it
    assert [word for word in CANARIES if word in said] == []
