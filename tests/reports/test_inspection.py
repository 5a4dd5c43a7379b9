"""The screen and the page of an inspection: what they say, and that they keep to their bounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.history.completeness import Completeness, MissingReferences
from kt_migrate.history.dossiers import CLOSED, OPEN, Activities, Dossiers
from kt_migrate.history.inspection import Inspection
from kt_migrate.history.seen_messages import ControlList, Messages
from kt_migrate.history.seen_objects import Duplicates, ObjectsOfType
from kt_migrate.language import number, set_language
from kt_migrate.model import DocumentKind
from kt_migrate.reports import inspection_words as words
from kt_migrate.reports.inspection import document, homes, page_of
from kt_migrate.reports.inspection_screen import screen_lines
from kt_migrate.reports.page.html import render
from reports.world import Page

STANDARD = load_algorithm("standard")
LISTED = {"New": 0, "Claimed": 0, "Failed": 0, "MaximumRetriesExceeded": 0}
CONTROL = ControlList(
    buffer_empty=True,
    statuses=LISTED,
    waiting=0,
    failed=0,
    without_status=0,
    per_event={},
    per_month={},
)
FOUND = Inspection(
    documents={"queue-message": 1},
    messages=Messages(
        total=1,
        copies=0,
        oldest="2021-01-02",
        newest="2021-01-02",
        events={"E": 1},
        senders={"S": 1},
        domains={"D": 1},
        months={"2021-01": 1},
        events_per_month={"2021-01": {"E": 1}},
    ),
    control_list=CONTROL,
    objects={"Patient": ObjectsOfType(objects=1, sightings=1, versions=1, decided_by={"only": 1})},
    activities=Activities(
        statuses=dict.fromkeys((*OPEN, *CLOSED, "none", "Unknown"), 0),
        open=0,
        closed=0,
        unclear=0,
        removed=0,
    ),
    dossiers=Dossiers(open=0, closed=0, unclear=0, without_activities=1, without_patient=0),
    completeness=Completeness(
        references=0,
        missing=(),
        missing_references=0,
        missing_objects=0,
        activities_without_care_plan=0,
        statuses_without_activity=0,
        messages_without_activity=0,
        missing_definitions=0,
        activities_without_definition=0,
    ),
    duplicates=Duplicates(message_copies=0, equal_files=0, same_message=0, same_version=0),
    odd={},
)
"""One patient, and nothing to remark on."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language."""
    set_language(language)
    try:
        yield
    finally:
        set_language("nl")


def screen(found: Inspection, language: str = "nl") -> str:
    """Return the screen as one text."""
    with speaking(language):
        return "\n".join(screen_lines(found, homes(found.objects, STANDARD)))


def page(found: Inspection, language: str = "nl") -> str:
    """Return the page."""
    with speaking(language):
        return render(page_of(found, homes(found.objects, STANDARD)))


names = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"], exclude_characters="\u00a0"
    ),
    max_size=80,
)
numbers = st.integers(0, 10**8 - 1)
counts = st.dictionaries(names, numbers, max_size=30)
types = st.from_regex(r"\A[A-Za-z][A-Za-z0-9]{0,63}\Z")
FOUNDS = st.builds(
    lambda documents, events, senders, months, objects, missing, odd, n: replace(
        FOUND,
        documents=documents,
        messages=replace(
            FOUND.messages,
            total=n,
            events=events,
            senders=senders,
            domains=senders,
            months=months,
        ),
        control_list=replace(
            CONTROL, buffer_empty=False, waiting=n, failed=n, statuses={**LISTED, "Failed": n}
        ),
        objects=objects,
        activities=replace(FOUND.activities, open=n, removed=n, statuses={"none": n, "Waiting": n}),
        completeness=replace(FOUND.completeness, missing_references=n, missing=tuple(missing)),
        duplicates=Duplicates(message_copies=n, equal_files=n, same_message=n, same_version=n),
        odd=odd,
    ),
    st.dictionaries(st.sampled_from(DocumentKind).map(str), numbers),
    counts,
    counts,
    counts,
    st.dictionaries(
        types,
        st.builds(
            ObjectsOfType,
            objects=numbers,
            sightings=numbers,
            versions=st.none() | numbers,
            latest=st.sampled_from(["", "2021-01-01"]),
            sender_only=numbers,
            decided_by=st.dictionaries(st.sampled_from(["only", "iid", "version"]), numbers),
        ),
        max_size=30,
    ),
    st.lists(
        st.builds(
            MissingReferences,
            source_type=types,
            wanted=st.sampled_from(["Person", "other", "Patient", "…"]),
            host=st.from_regex(r"\A[a-z.-]{0,253}\Z"),
            references=numbers,
            objects=numbers,
        ),
        max_size=8,
    ),
    st.dictionaries(st.sampled_from(sorted(CATALOGUE)), st.integers(1, 10**8 - 1)),
    numbers,
)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(FOUNDS, st.sampled_from(["nl", "en"]))
def test_the_screen_keeps_to_its_bounds(found: Inspection, language: str) -> None:
    """Whatever there is: 80 columns, and as many lines as an hour-long archive or a huge one."""
    lines = screen(found, language).split("\n")

    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) <= 75
    assert [line for line in lines if words.TOGETHER in line] == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_opens_without_a_network_and_runs_nothing(language: str) -> None:
    """No picture, style, script or font from elsewhere; nothing that is followed by itself."""
    raw = page(FOUND, language)
    tags = Page(raw).tags

    assert tags & Counter(["script", "link", "img", "iframe", "object", "a", "form"]) == Counter()
    assert [word for word in ("http://", "https://", "//", "@import") if word in raw] == []
    assert raw.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in raw
    assert "prefers-color-scheme: dark" in raw
    assert "@media print" in raw


def test_what_comes_from_elsewhere_is_text_on_the_page() -> None:
    """A sender, a domain and a month may be anything that can be printed."""
    evil = "</td></table><script>alert(1)</script>&lt;"
    messages = replace(FOUND.messages, senders={evil: 1}, domains={evil: 1}, months={evil: 1})
    raw = page(replace(FOUND, messages=messages, documents={f"no-message {evil}": 1}))

    plain = replace(FOUND, documents={"no-message x": 1})
    assert Page(raw).tags == Page(page(plain)).tags
    assert "<script>" not in raw
    assert sum(evil in cell for table in Page(raw).tables for row in table for cell in row) == 5


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_screen_and_the_page_say_the_same(language: str) -> None:
    """Every number of an archive in which no two are the same."""
    objects = {
        "Patient": ObjectsOfType(
            objects=11, sightings=12, versions=13, latest="2021-03-04", decided_by={"iid": 16}
        ),
        "UserMessage": ObjectsOfType(
            objects=17, sightings=18, versions=19, sender_only=21, decided_by={"iid": 5}
        ),
    }
    missing = MissingReferences(
        source_type="Patient", wanted="Person", host="a.example", references=31, objects=32
    )
    found = replace(
        FOUND,
        objects=objects,
        completeness=replace(
            FOUND.completeness, references=33, missing=(missing,), missing_references=31
        ),
        control_list=replace(
            CONTROL, buffer_empty=False, waiting=41, statuses={**LISTED, "New": 41}
        ),
        activities=replace(FOUND.activities, open=51, closed=52, removed=53),
        dossiers=replace(FOUND.dossiers, open=61, closed=62, without_patient=63),
        duplicates=Duplicates(message_copies=71, equal_files=72, same_message=73, same_version=74),
        odd={"file-doctype": 81},
    )
    shown = screen(found, language)
    with speaking(language):
        verdict, odd = words.verdict(found.control_list), words.odd("file-doctype")

    both = (11, 13, 17, 21, 31, 33, 41, 51, 52, 53, 61, 62, 63, 71, 72, 73, 74, 81)
    read = Page(page(found, language))
    cells = " ".join(cell for table in read.tables for row in table for cell in row)
    for text in (shown, f"{read.text} {cells}"):
        said = set(re.findall(r"\d+", text))
        assert [number for number in both if str(number) not in said] == []
        assert [word for word in ("a.example", "2021-03-04", verdict) if word not in text] == []
    assert odd[:40] in shown
    assert str(5 + 16) in shown


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    ("changes", "answer", "why"),
    [
        ({}, ("JA", "YES"), ("elk bericht", "each message")),
        (
            {"buffer_empty": False, "waiting": 1, "statuses": {**LISTED, "New": 1}},
            ("NEE", "NO"),
            ("1 bericht wachtte", "1 message still waited"),
        ),
        (
            {"buffer_empty": False, "failed": 2, "statuses": {**LISTED, "Failed": 2}},
            ("NEE", "NO"),
            ("2 berichten zijn door", "2 messages were given up"),
        ),
        (
            {"buffer_empty": None, "without_status": 3},
            ("ONBEKEND", "UNKNOWN"),
            ("3 berichten zegt", "3 messages the archive does not say"),
        ),
        (
            {"buffer_empty": None},
            ("ONBEKEND", "UNKNOWN"),
            ("geen bericht uit de wachtrij", "no message from the queue"),
        ),
        (
            {"buffer_empty": None, "statuses": {**LISTED, "Strange": 4}},
            ("ONBEKEND", "UNKNOWN"),
            ("Strange 4", "Strange 4"),
        ),
    ],
)
def test_the_answer_of_the_control_list_is_one_word_and_its_reason(
    language: str, changes: dict[str, object], answer: tuple[str, str], why: tuple[str, str]
) -> None:
    """On the screen, and first of all on the page, with its mark."""
    control = replace(CONTROL, **changes)  # type: ignore[arg-type]  # a test's table
    found, place = replace(FOUND, control_list=control), ("nl", "en").index(language)

    flat = " ".join(screen(found, language).split())
    assert f"? {answer[place]}: " in flat
    assert why[place] in flat
    tone = {"JA": "good", "NEE": "bad", "ONBEKEND": "open"}[answer[0]]
    first = page(found, language).partition('<section class="answer ')[2]
    assert first.startswith(f'{tone}">')
    assert f"</span>{answer[place]}: " in first


@pytest.mark.parametrize(
    ("changes", "tone", "line"),
    [
        ({}, "good", ""),
        ({"objects": {}}, "open", ""),
        ({"documents": {"queue-message": 1, "unreadable": 2}}, "open", "bericht zijn: 2"),
        ({"documents": {"no-message .txt": 1, "unreadable": 2}}, "open", "bericht zijn: 3"),
        ({"odd": {"file-doctype": 4}}, "open", "bijzonderheden: 4"),
        ({"duplicates": replace(FOUND.duplicates, same_version=5)}, "open", "inhouden: 5"),
        (
            {"completeness": replace(FOUND.completeness, activities_without_care_plan=6)},
            "open",
            "geen zorgplan staan: 6",
        ),
        ({"completeness": replace(FOUND.completeness, missing_references=7)}, "open", ""),
    ],
)
def test_an_archive_is_complete_when_nothing_is_to_be_said(
    changes: dict[str, object], tone: str, line: str
) -> None:
    """Nor is an empty one, of which there is nothing to hold together."""
    found = replace(FOUND, **changes)  # type: ignore[arg-type]  # a test's table
    answer = page_of(found, homes(found.objects, STANDARD)).answers[3]

    assert answer.tone == tone
    assert not line or any(one.endswith(line) for one in answer.more)
    assert (answer.answer == "Er zit geen object in.") == (not found.objects)


def test_one_domain_and_one_day_are_named_once() -> None:
    """Of several domains each has its messages beside it."""
    facts = dict(page_of(FOUND, homes(FOUND.objects, STANDARD)).facts)
    assert (facts["domein"], facts["periode"]) == ("D", "2021-01-02")

    seen = replace(FOUND.messages, newest="2021-02-03", domains={"D": 1, "E": 2})
    facts = dict(page_of(replace(FOUND, messages=seen), homes(FOUND.objects, STANDARD)).facts)
    assert facts["domein"].replace(words.TOGETHER, " ") == "D 1 · E 2"
    assert facts["periode"] == "2021-01-02 t/m 2021-02-03"


def test_what_has_no_home_is_said_per_type() -> None:
    """By the algorithm; a type that it does not know is told apart."""
    row = FOUND.objects["Patient"]
    types = ("Patient", "CarePlan", "CarePlanActivityStatus", "UserMessage", "Riddle")
    found = replace(FOUND, objects=dict.fromkeys(types, row))
    places = homes(found.objects, STANDARD)

    assert [places[t].fate for t in types] == [
        *("migrated", "by_parts", "merged", "no_home", "no_rule")
    ]
    assert "GEEN PLEK      in KT 2.0: UserMessage 1" in screen(found)
    assert re.search(r"Riddle .* geen regel", screen(found))
    assert document(found, places)["kt2"]["UserMessage"]["rule"] == "user-message"


def test_sub_activities_have_a_home_when_the_policy_says_so() -> None:
    """`sub_activities: tasks`."""
    tasks = replace(
        STANDARD, policies=STANDARD.policies.model_copy(update={"sub_activities": "tasks"})
    )
    for algorithm, fate in ((STANDARD, "no_home"), (tasks, "migrated")):
        assert homes(["CarePlanSubActivity"], algorithm)["CarePlanSubActivity"].fate == fate


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_kind_and_key_has_its_words(language: str) -> None:
    """None is shown as it is called in the code."""
    keys = ("only", "version", "focal-version", "iid", "timestamp", "form", "fullness", "care-plan")
    with speaking(language):
        kinds = [words.kind(kind) for kind in (*DocumentKind, "unreadable")]
        deciders = [words.decider(key) for key in keys]
        assert words.kind("no-message .txt").endswith("(.txt)")
        assert number(1234567) == {"nl": "1.234.567", "en": "1,234,567"}[language]
    assert not set(kinds) & {*map(str, DocumentKind), "unreadable"}
    assert len({*kinds, *deciders}) == len(DocumentKind) + 1 + len(keys)
    assert not set(deciders) & set(keys) - {"version"}
