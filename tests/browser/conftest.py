"""A browser for the tests of pages: `open_page(path or address)`; what to ask of it is in browsing.py."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from browsing import ARGUMENTS, PageOpener, aside, opened, program

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playing() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """Return the browser with the loop on which it is spoken to; hidden from all other tests."""
    executable = program()
    with aside(), sync_playwright() as playwright:
        loop = asyncio.get_running_loop()
        started = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        with aside():
            yield started, loop
        started.close()


@pytest.fixture
def browser(playing: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """Return the session's browser, its loop the running one for this test alone."""
    started, loop = playing
    with aside(loop):
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[PageOpener]:
    """Return what opens a page: of a file or an address, with options of Playwright's context."""
    with ExitStack() as stack:
        yield lambda where, **options: stack.enter_context(opened(browser, where, **options))
