"""The page: what comes from elsewhere is text, and it needs nothing from elsewhere."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.reports.summary import write_report
from reports.world import Page

EVIL = "</td></table><script>alert(1)</script><b a=\"1\" & 'x'>&lt;"


def page_with(text: str) -> tuple[str, Page]:
    """Return the page of a run in which every free text is this one."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        write_plan(
            folder / "plan.sqlite",
            PlanContent(
                meta=[("domain", text)],
                writes=[(1, text, "urn:s", "1", 0, text, text, "0" * 64, b"{}")],
                references=[],
                sightings=[(1, text, text, text, text, text, None, "")],
                objects=[(text, text, 1, text, "migrated", "", 1)],
                sighting_counts=[(text, text, 1)],
                census=[(text, 1)],
                issues=[(text, text, text, "value-missing", text, text, text)],
                elements=[(text, text, "ignored", text, text, 1)],
                hash_totals=[(text, 1, "0" * 64)],
            ),
        )
        html, _machine = write_report(folder)
        raw = html.read_text("utf-8")
    return raw, Page(raw)


PLAIN = page_with("plain")[1].tags


@pytest.mark.parametrize("part", ["<script>", '<b a="1"', "</td></table>", "& 'x'"])
def test_what_comes_from_elsewhere_is_never_a_tag(part: str) -> None:
    """Names of types, events and domains as they are in a message."""
    raw, page = page_with(EVIL)

    assert part in EVIL
    assert part not in raw
    assert page.tags == PLAIN


@settings(max_examples=25, deadline=None)
@given(st.text(st.sampled_from("<>&\"'/;ab x{}%"), min_size=1, max_size=12).filter(str.strip))
def test_a_text_is_read_as_it_was(text: str) -> None:
    """Whatever it is, each table shows it whole, and the page has no other tags."""
    _raw, page = page_with(text)

    assert page.tags == PLAIN
    books, seen, totals, left = (
        page.keyed[key][1] for key in ("books", "sightings", "totals", "losses")
    )
    assert books[:2] == [text, text]
    assert (seen[0], totals[0]) == (text, text)
    # Rules are ids of the algorithm: they stand with spaces between them.
    assert (left[:2], left[2].split()) == ([text, text], text.split())
    assert left[4] == text


def test_the_page_opens_without_a_network() -> None:
    """No picture, style, script or font from elsewhere; nothing that is followed by itself."""
    raw, page = page_with("plain")

    assert page.tags & Counter(["script", "link", "img", "iframe", "object", "a"]) == Counter()
    assert [word for word in ("http://", "https://", "//", "@import") if word in raw] == []
    assert raw.startswith("<!doctype html>")
