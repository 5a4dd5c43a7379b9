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
from kt_migrate.reports.page.html import render, write_page
from kt_migrate.reports.page.model import Fate, Flow, Kind, Page
from reports.paper import FULL, evil_page
from reports.world import Page as Read

EVIL = "</td></table><script>alert(1)</script><b a=\"1\" & 'x'>&lt;"
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
