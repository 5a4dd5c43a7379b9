"""A page as HTML: nothing from elsewhere, nothing that runs, in order, and the same each time."""

from __future__ import annotations

import hashlib
import itertools
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.language import set_language
from kt_migrate.reports.page.html import fates_of, numeric, render, write_page
from kt_migrate.reports.page.model import Fate, Flow, Kind, Latency, Page, Reason, Table
from reports.paper import FULL, evil_page
from reports.world import Page as Read

EVIL = "</td></table><script>alert(1)</script><b a=\"1\" & 'x'>&lt;"
EMPTY = Page(kind=Kind.RUN, title="Leeg")
PLAIN = Read(render(evil_page("plain"))).tags


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_page_needs_nothing_from_elsewhere(kind: Kind, language: str) -> None:
    """No picture, script or font; no address at all; a browser is told to fetch nothing."""
    set_language(language)
    try:
        raw = render(replace(FULL, kind=kind))
    finally:
        set_language("nl")
    tags = Read(raw).tags

    assert raw.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in raw
    assert tags & Counter(["script", "link", "img", "iframe", "object", "form", "a"]) == Counter()
    assert [
        word for word in ("http:", "https:", "//", "@import", "javascript:") if word in raw
    ] == []
    assert set(re.findall(r"url\((.)", raw)) == {"#"}
    assert not re.search(r"\son\w+=|\sstyle=", raw)


def test_only_the_style_of_the_page_itself_is_let_in() -> None:
    """The policy names it by its digest: another style, or any script, a browser passes over."""
    raw = render(FULL)

    style = raw.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', raw)
    assert unescape(policy).split("; ")[:2] == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
    ]
    assert "unsafe" not in policy


@settings(max_examples=10, deadline=None)
@given(st.text(st.sampled_from("<>&\"'/;ab x{}%"), min_size=1, max_size=12).filter(str.strip))
def test_whatever_a_text_is_it_stays_text(text: str) -> None:
    """Names of types, domains and senders are what a message says they are."""
    assert Read(render(evil_page(text))).tags == PLAIN


def test_what_comes_from_elsewhere_is_never_a_tag() -> None:
    """Nor in a drawing."""
    raw = render(evil_page(EVIL))

    assert "<script" not in raw
    assert '<b a="1"' not in raw
    assert Read(raw).tags == Read(render(evil_page("x".join(re.split(r"[<>&;]", EVIL))))).tags


def test_headings_come_in_order() -> None:
    """One first; none skips a level: that is how who does not see a page goes through it."""
    levels = [int(level) for level in re.findall(r"<h([1-6])", render(FULL))]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_head_of_a_table_says_what_it_is_the_head_of() -> None:
    """Of a column or of a row; and no table is without heads."""
    raw = render(FULL)

    heads = re.findall(r"<th\b[^>]*>", raw)
    assert heads
    assert [head for head in heads if not re.search(r'scope="(col|row)"', head)] == []
    assert raw.count("<thead") == raw.count("<table")


def test_a_tone_is_a_mark_and_a_word_besides_its_colour() -> None:
    """Who sees no colour, or no page, knows it too."""
    text = Read(render(FULL)).text

    for mark, word in (("✓", "In orde:"), ("✗", "Niet in orde:"), ("○", "Nog open:")):
        assert mark in text
        assert word in text


def test_what_is_folded_is_unfolded_on_paper() -> None:
    """By the style alone: no script runs."""
    raw = render(FULL)

    assert raw.count("<details") == len(FULL.tables) + 1
    assert "<details open" not in raw
    on_paper = raw.partition("@media print")[2].partition("@media")[0]
    assert "details::details-content" in on_paper
    assert "content-visibility: visible" in on_paper


def test_an_empty_page_has_no_empty_sections() -> None:
    """What a page does not say has no heading."""
    raw = render(Page(kind=Kind.RUN, title="Leeg"))

    assert re.findall(r"<h\d[^>]*>([^<]*)", raw) == ["Leeg"]
    assert "<table" not in raw


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    """And is its owner's alone; a half one is never there under its name."""
    first = write_page(FULL, tmp_path / "a.html")
    second = write_page(FULL, tmp_path / "b.html")

    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


@given(st.dictionaries(st.sampled_from(Fate), st.integers(0, 10**6)))
@settings(max_examples=20, deadline=None)
def test_a_flow_shows_every_number_of_its_parts(parts: dict[Fate, int]) -> None:
    """The row adds up: what is shown is what there is."""
    flow = Flow(name="dingen", source="Thing", parts=parts)
    read = Read(render(Page(kind=Kind.RUN, title="t", flows=(flow,)))).keyed["flows"]

    shown = [int(cell.replace(".", "")) for cell in read[1][3:-1]]
    assert int(read[1][1].replace(".", "")) == sum(parts.values()) == sum(shown)


def test_bars_of_errors_are_beside_errors_alone() -> None:
    """What is only worth knowing may be a hundred times as much: it makes no error small."""
    reasons = (
        Reason(code="a", meaning="a", count=4),
        Reason(code="b", meaning="b", count=400, error=False),
    )
    raw = render(replace(EMPTY, reasons=reasons))

    assert "4, waar de grootste 4 is" in raw
    assert "400, waar de grootste 400 is" in raw


def test_of_several_starts_each_has_its_own_latencies() -> None:
    """Beside those of all together; of one they would be the same twice."""
    one = Latency(name="start 1", requests=3, mean=0.1, p50=0.011, p95=0.2, p99=0.4, longest=1.5)
    several = tuple(replace(one, name=name) for name in ("start 1", "start 2", "samen"))

    table = Read(render(replace(EMPTY, latencies=several))).keyed["latencies"]
    assert [row[0] for row in table] == ["start", "start 1", "start 2", "samen"]
    assert table[1] == ["start 1", "3", "11", "200", "400", "1.500"]
    assert "latencies" not in Read(render(replace(EMPTY, latencies=(one, one)))).keyed


def test_an_undone_run_is_not_said_to_be_unread() -> None:
    """It is gone: nobody will read it back."""
    trial = replace(FULL.trials[0], undone=True)
    row = Read(render(replace(EMPTY, trials=(trial,)))).keyed["trials"][1]

    assert row[-1] == "teruggedraaid"


def test_each_section_is_there_when_it_says_something() -> None:
    """Warnings, what differs, what was decided, and every table that can be rolled by keyboard."""
    table = Table(key="k", title="Tabel", columns=("a", "b"), rows=((1, None), (2, None)))
    raw = render(replace(EMPTY, warnings=("Pas op",), server=table, gate=table))

    assert raw.count("Pas op") == 1
    assert raw.count("<h2>Tabel</h2>") == 2
    assert raw.count('role="region" tabindex="0"') == 2
    assert numeric(table) == {0, 1}
    assert numeric(replace(table, rows=((1, "x"),))) == {0}


def test_what_every_account_has_is_a_column_also_when_it_is_nought() -> None:
    """That nothing was rejected is an answer; a sample's column is there in a sample alone."""
    assert fates_of((Flow(name="a", source="A", parts={Fate.MIGRATED: 1}),)) == (
        *(Fate.MIGRATED, Fate.NOT_MIGRATED, Fate.REJECTED, Fate.OUT_OF_SCOPE),
    )


def test_on_paper_a_mark_is_not_said_twice() -> None:
    """The sentence beside it says it; a head that is only read aloud is printed."""
    on_paper = render(EMPTY).partition("@media print")[2]

    assert ".mark + .unseen { display: none; }" in on_paper
    assert "th .unseen { position: static;" in on_paper
