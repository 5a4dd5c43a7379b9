"""The documents as a site, opened from the disk in a browser, without a network."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browsing import PageOpener, assert_keyboard, assert_readable, fits, shot
from building import built

PATIENT = 60_000
"""Milliseconds: the search reads its index first, and other tests have the machine too."""
WORDS = "de server is gelijk aan het plan"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    return built(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The same, from a server on this machine: axe asks for the style sheets once more."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", ["index", "tutorial", "proven", "draaiboek", "error-catalogue"])
def test_page_reads_well(served: str, open_page: PageOpener, name: str) -> None:
    """No error, nothing of outside, contrast, and nothing cut off on a telephone."""
    page = open_page(f"{served}/{name}.html")

    expect(page.locator("h1")).to_be_visible()
    assert_readable(page)
    fits(page)
    shot(page, f"site-{name}")


def test_home_page_leads_to_every_kind_of_reader(site: Path, open_page: PageOpener) -> None:
    """One click to the tutorial, the draaiboek, the reference, the proof and the walk."""
    page = open_page(site / "index.html")
    article = page.get_by_role("article")
    for name in ("tutorial", "draaiboek", "commands", "proven", "walk"):
        assert article.locator(f'a[href$="{name}.html"]').count() > 0

    article.get_by_role("link", name="Van archief tot rapport").click()

    expect(page.locator("h1")).to_contain_text("twintig minuten")
    expect(page.get_by_text(WORDS).first).to_be_visible()


def test_search_goes_without_a_network_or_a_server(site: Path, open_page: PageOpener) -> None:
    """From the keyboard alone: open, type, choose."""
    page = open_page(site / "index.html")

    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused(timeout=PATIENT)
    page.keyboard.type("crash matrix")
    expect(box).to_have_value("crash matrix")
    heading = page.get_by_role("heading", name="The crash matrix")
    found = page.get_by_role("option").filter(has=heading).first
    expect(found).to_be_visible(timeout=PATIENT)
    shot(page, "site-search")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("crash-matrix"))
    expect(page.locator("h1")).to_contain_text("The crash matrix")


def test_site_goes_by_keyboard(site: Path, open_page: PageOpener) -> None:
    """Everything that can be operated is reached by Tab, and seen to be."""
    page = open_page(site / "walk.html")

    assert_keyboard(page)


def test_screen_of_the_tutorial_is_shown_as_it_is(site: Path, open_page: PageOpener) -> None:
    """Columns stand below each other: no line of eighty is broken."""
    page = open_page(site / "tutorial.html", viewport={"width": 1280, "height": 900})
    block = page.locator("pre", has_text=WORDS).first

    assert _lines(block.inner_text())
    assert not page.evaluate("e => e.scrollWidth > e.clientWidth", block.element_handle())


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("Patient ")]


def test_dutch_is_marked_as_dutch(site: Path, open_page: PageOpener) -> None:
    """Who has a page read aloud hears the right language."""
    page: Page = open_page(site / "draaiboek.html")

    assert page.locator('[lang="nl"] table').count() > 5
