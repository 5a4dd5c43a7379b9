"""Every kind of page in a browser: quiet, readable, by keyboard, on paper, on a telephone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from browsing import PageOpener, aside, assert_keyboard, assert_readable, fits, printed, shot
from inside import inside, typed
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.model import Kind
from reports.paper import FULL


@pytest.mark.parametrize("kind", Kind)
def test_a_page_with_everything(open_page: PageOpener, tmp_path: Path, kind: Kind) -> None:
    """All sections, on a screen in light and dark, on a telephone, and on paper."""
    page = open_page(write_page(replace(FULL, kind=kind), tmp_path / "page.html"))

    assert_readable(page)
    assert_keyboard(page)
    fits(page)
    printed(page, tmp_path / "page.pdf")
    shot(page, f"page-{kind}-everything")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pages_of_commands(open_page: PageOpener, tried: Path, language: str) -> None:
    """As `inspect`, `plan`, `trial` and `verify` make them, of the example domain."""
    with aside(), inside(tried):
        for line in (["inspect"], ["plan"], ["verify"]):
            typed("--lang", language, *line, cwd=tried)
    run = tried / "runs" / "local" / "001"
    for path, said in (
        (tried / "inspectie.html", {"nl": "was de buffer leeg", "en": "was the buffer empty"}),
        (run / "plan.html", {"nl": "Wat er gaat gebeuren", "en": "What will happen"}),
        (run / "rapport.html", {"nl": "Is alles over?", "en": "Is everything over?"}),
    ):
        page = open_page(path)
        assert said[language] in page.locator("body").inner_text()
        assert page.locator("main h2").first.is_visible()
        assert_readable(page)
        fits(page)
        printed(page, path.with_suffix(".pdf"))
        shot(page, f"page-{path.stem}-{language}")


def test_what_is_folded_opens_by_keyboard(open_page: PageOpener, tmp_path: Path) -> None:
    """Enter on its heading; what is in it can be reached then."""
    page = open_page(write_page(FULL, tmp_path / "page.html"))
    table = page.locator("details table").first
    assert not table.is_visible()

    page.locator("summary").first.focus()
    page.keyboard.press("Enter")

    assert table.is_visible()
    assert_readable(page)
    assert_keyboard(page)
    fits(page)
