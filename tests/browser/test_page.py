"""Every kind of page in a browser: quiet, readable, by keyboard, on paper, on a telephone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from browsing import PageOpener, assert_keyboard, assert_readable, fits, printed, shot
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
