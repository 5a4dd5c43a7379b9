"""What a test asks of a page in a browser: quiet, readable, by keyboard, on paper, on a telephone.

Each `assert_…` and its like fails with everything that is wrong, one a line. The fixtures that
open a page stand in tests/browser/conftest.py.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    WebSocket,
)
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]
SHOTS = ROOT / "build" / "screenshots"
"""Where pictures of pages are left for who reads the build."""

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""What Chromium is called, by who packs it; the first that is there."""

ARGUMENTS = (
    "--no-sandbox",  # the tests of CI are root's, and open only what they made themselves
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
WITHIN = frozenset({"127.0.0.1", "localhost", "::1"})
SILENT = frozenset({"file", "data", "blob", "about"})
A4 = (794, 1123)
"""A4 in CSS pixels, of which 96 go into an inch."""
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

_LOOKING = (Path(__file__).parent / "browser" / "looking.js").read_text("utf-8")
_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


class PageOpener(Protocol):
    """How a test opens a page: the fixture `open_page`."""

    def __call__(self, where: Path | str, **options: Any) -> Page:  # noqa: ANN401
        """Open it; the test fails at its end when the page was not quiet."""


def program() -> str:
    """Return where the browser is; without one a test is passed over, and in CI fails."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no Chromium on this machine: apt-get install chromium-headless-shell")
    return found


@contextmanager
def aside(loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
    """Lend a test its own asyncio while a page is open: a command in this process, say.

    Playwright's synchronous side keeps its loop marked as the running one, on which
    `asyncio.run` then stumbles.

    Args:
        loop: What is to be the running loop within; none, when nothing is.
    """
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(before)


def outside(url: str) -> bool:
    """Say whether an address lies on another machine."""
    parts = urlsplit(url)
    return parts.scheme not in SILENT and parts.hostname not in WITHIN


@dataclass
class Watch:
    """What a page did that it may not do."""

    complaints: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of a context, from before its first byte."""
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("request", self._asked)
        context.on("page", self._entered)

    def _entered(self, page: Page) -> None:
        page.on("websocket", self._connected)
        page.on("crash", lambda _: self.complaints.append("the page crashed"))

    def _threw(self, error: WebError) -> None:
        self.complaints.append(f"error of the page: {error.error}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"error on the console: {message.text}")

    def _asked(self, request: Request) -> None:
        if outside(request.url):
            self.complaints.append(f"request outside: {request.url}")

    def _connected(self, socket: WebSocket) -> None:
        if outside(socket.url):
            self.complaints.append(f"connection outside: {socket.url}")


def page_of(folder: Path, body: str) -> Path:
    """Write a small page of its own, with what every page has."""
    path = folder / "page.html"
    head = "<!doctype html><html lang=nl><meta charset=utf-8><title>Proef</title>"
    scheme = "<style>:root {color-scheme: light dark; background: Canvas}</style>"
    path.write_text(f"{head}{scheme}<body><main><h1>Proef</h1>{body}</main></body></html>", "utf-8")
    return path


def fail_on(complaints: list[str]) -> None:
    """Fail with what is wrong, when something is."""
    assert not complaints, "\n".join(complaints)


@contextmanager
def opened(browser: Browser, where: Path | str, **options: Any) -> Iterator[Page]:  # noqa: ANN401
    """Open a page in a context of its own; fails at the end when it was not quiet.

    Args:
        browser: The session's browser.
        where: A file, or the address of a page.
        options: As Playwright's `new_context` has them (`viewport`, `color_scheme`, `locale`, …).

    Yields:
        The page, loaded.
    """
    watch = Watch()
    context = browser.new_context(**options)
    context.set_default_timeout(10_000)
    watch.follow(context)
    try:
        page = context.new_page()
        page.goto(where if isinstance(where, str) else where.resolve().as_uri())
        yield page
        page.wait_for_load_state()
    finally:
        context.close()
    fail_on(watch.complaints)


def asked(page: Page, question: str) -> Any:  # noqa: ANN401
    """Ask a page one of the questions of browser/looking.js, such as `cut(false)`."""
    page.evaluate(f"globalThis.__looking ??= {_LOOKING}")
    return page.evaluate(f"globalThis.__looking.{question}")


def assert_readable(
    page: Page, schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
) -> None:
    """Hold a page to WCAG 2.2 AA (axe-core; contrast also of text in drawings), light and dark."""
    complaints = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        complaints += [f"{scheme}: {one}" for one in [*_axe(page), *asked(page, "drawn()")]]
    page.emulate_media(color_scheme="null")
    fail_on([*complaints, *asked(page, "cut(false)")])


def _axe(page: Page) -> Iterator[str]:
    """Say what axe-core found."""
    page.evaluate(f"globalThis.axe ?? (() => {{ {_AXE} }})()")
    kinds = ["violations", "incomplete"]
    options = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": kinds}
    found = page.evaluate("options => axe.run(document, options)", options)
    undecided = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    for rule in found["violations"] + undecided:
        for node in rule["nodes"]:
            if rule not in undecided or _hidden_from(node):
                said = _first_line(node["failureSummary"])
                yield f"{rule['id']}: {node['html'][:160]}: {said}"


def _hidden_from(node: dict[str, Any]) -> bool:
    """Whether axe-core could not tell a contrast for what lies behind: an image, a gradient.

    Text in drawings is looked at by `drawn`; signs that are no letters are not read.
    """
    keys = {(check["data"] or {}).get("messageKey") for check in node["any"]}
    return bool(keys & {"bgImage", "bgGradient", "pseudoContent"}) and "<text" not in node["html"]


def _first_line(summary: str) -> str:
    return summary.splitlines()[-1].strip()


def assert_keyboard(page: Page) -> None:
    """Go through a page by Tab: everything that can be operated is reached, and seen to be."""
    left = int(asked(page, "keys.start()")) + 3
    complaints, nowhere = [], 0
    while left and nowhere < 2:  # once before the first, once after the last
        page.keyboard.press("Tab")
        step = asked(page, "keys.step()")
        if step.get("end"):
            break
        nowhere += bool(step.get("none"))
        left -= 1
        complaints += [step["wrong"]] if "wrong" in step else []
    fail_on(complaints + asked(page, "keys.missed()"))


def fits(page: Page, width: int = 360) -> None:
    """Hold a page to a window: on a telephone nobody rolls sideways."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 800})
    complaints = asked(page, "sticking()") + asked(page, "cut(false)")
    if before is not None:
        page.set_viewport_size(before)
    fail_on(complaints)


def printed(page: Page, path: Path, margin: str = "12mm") -> Path:
    """Print a page on A4; nothing may be cut off, and every word is on the paper.

    Args:
        page: What is printed.
        path: Where the PDF comes.
        margin: Of the paper, on each side; a page's own `@page` goes before it.

    Returns:
        The path, for who reads on.
    """
    before = page.viewport_size
    page.emulate_media(media="print", color_scheme="light")
    sides = 2 * round(float(margin.removesuffix("mm")) * 96 / 25.4)
    page.set_viewport_size({"width": A4[0] - sides, "height": A4[1] - sides})
    complaints = asked(page, "sticking()") + asked(page, "cut(true)")
    words = asked(page, "words()")
    around = dict.fromkeys(("top", "right", "bottom", "left"), margin)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(path=path, format="A4", margin=around, print_background=True)  # type: ignore[arg-type]  # four sides
    page.emulate_media(media="null", color_scheme="null")
    if before is not None:
        page.set_viewport_size(before)
    fail_on([*complaints, *_not_on_paper(words, path)])
    return path


def _not_on_paper(words: list[str], path: Path) -> list[str]:
    """Name the words that the paper lacks, wherever its lines break."""
    paper = _plain("".join(page.extract_text() for page in PdfReader(path).pages))
    return [f"not on the paper: {word}" for word in words if _plain(word) not in paper]


def _plain(text: str) -> str:
    """Fold ligatures, and leave out all that a line break may add."""
    return re.sub(r"[\s\u00ad]+", "", unicodedata.normalize("NFKC", text))


def shot(page: Page, name: str) -> Path:
    """Keep a picture of the whole page with the artefacts of the build."""
    path = SHOTS / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path
