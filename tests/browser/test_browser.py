"""The browser's own tests: each thing that a page may not do is caught, and a good page passes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browsing import (
    PageOpener,
    aside,
    assert_keyboard,
    assert_readable,
    fits,
    opened,
    outside,
    page_of,
    printed,
    program,
    shot,
)

GOOD = """
<h2>Alles is over</h2><p>12 van 12 cliënten. <a href="#tabel">Naar de tabel</a></p>
<details><summary>Meer</summary><p>Onderliggend <button>Sluit</button></p></details>
<svg width="200" height="40" role="img" aria-label="twaalf"><rect width="200" height="40" fill="#003b5c"/>
<text x="10" y="25" fill="#ffffff">twaalf cliënten</text></svg>
<div style="overflow-x:auto" tabindex="0" role="region" aria-label="tabel" id="tabel">
<table><tr><th scope="col">Soort</th></tr><tr><td>behandelaar</td></tr></table></div>
<form id="f"><label><input type="radio" name="oordeel"> akkoord</label>
<label><input type="radio" name="oordeel"> niet akkoord</label></form>
"""


def test_good_page(open_page: PageOpener, tmp_path: Path) -> None:
    """A page with nothing wrong passes everything, and leaves its picture and its paper."""
    page = open_page(page_of(tmp_path, GOOD))
    assert_readable(page)
    assert_keyboard(page)
    fits(page)
    assert printed(page, tmp_path / "page.pdf").stat().st_size > 1_000
    assert shot(page, "the-browser-itself").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>console.error('stuk')</script>", "error on the console: stuk"),
        ("<script>throw new Error('om')</script>", "error of the page: om"),
        ("<img alt='' src='https://elders.example/x.png'>", "request outside: https://elders"),
        ("<link rel=stylesheet href='http://192.0.2.1/a.css'>", "request outside: http://192"),
        ("<script>new WebSocket('ws://192.0.2.1/')</script>", "connection outside: ws://192"),
        ("<img alt='' src='weg.png'>", "error on the console: Failed to load"),
    ],
)
def test_page_not_quiet(browser: Browser, tmp_path: Path, body: str, said: str) -> None:
    """An error or a request outside fails the test that opened the page."""
    with (
        pytest.raises(AssertionError, match=said),
        opened(browser, page_of(tmp_path, body)) as page,
    ):
        page.wait_for_timeout(50)


def test_page_that_is_left_later(browser: Browser, tmp_path: Path) -> None:
    """What a page opens beside itself is watched too."""
    link = "<a target=_blank href='https://elders.example/'>elders</a>"
    with pytest.raises(AssertionError, match="request outside: https://elders"):
        _follow_link(browser, page_of(tmp_path, link))


def _follow_link(browser: Browser, where: Path) -> None:
    with opened(browser, where) as page:
        with page.expect_popup():
            page.click("a")
        page.wait_for_timeout(50)


PALE = "<p style='color:#999;background:#fff'>bleek</p>"
DARK_ONLY = "<style>@media (prefers-color-scheme: dark) {p {color:#333;background:#222}}</style><p>bleek</p>"
DRAWN = "<svg width=99 height=30 role=img aria-label=x><rect width=99 height=30 fill=#eee /><text y=20 fill=#bbb>wit</text></svg>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PALE, "light: color-contrast: <p"),
        (DARK_ONLY, "^dark: color-contrast"),
        (DRAWN, 'light: <text> "wit" has contrast'),
        ("<img src='data:,'>", "image-alt"),
        ("<p style='background:linear-gradient(#fff,#999);color:#777'>verloop</p>", "gradient"),
        (
            "<p style='width:3em;overflow:hidden;white-space:nowrap'>afgesneden tekst</p>",
            "cuts off",
        ),
        ("<p style='height:1em;overflow:hidden'>een<br>twee<br>drie</p>", "cuts off"),
    ],
)
def test_unreadable(open_page: PageOpener, tmp_path: Path, body: str, said: str) -> None:
    """Pale text (in one scheme, in a drawing), a picture without words, text cut off: each is caught."""
    page = open_page(page_of(tmp_path, body))
    with pytest.raises(AssertionError, match=said):
        assert_readable(page)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<span onclick='1'>klik</span>", 'klik" cannot be reached by Tab'),
        ("<a href='#' tabindex=-1>weg</a>", 'weg" cannot be reached by Tab'),
        ("<div role=button>knop</div>", 'knop" cannot be reached by Tab'),
        (
            "<style>a:focus {outline: none}</style><a href='#x'>vaag</a>",
            "looks the same with the focus",
        ),
        ("<a href='#x' style='position:absolute;left:-999px'>ver</a>", "focus outside the window"),
        (
            "<button onkeydown='event.preventDefault()'>val</button><button>na</button>",
            'na" cannot be reached by Tab',
        ),
    ],
)
def test_not_by_keyboard(open_page: PageOpener, tmp_path: Path, body: str, said: str) -> None:
    """What Tab does not come to, and what does not show that it has the focus: each is caught."""
    page = open_page(page_of(tmp_path, body))
    with pytest.raises(AssertionError, match=said):
        assert_keyboard(page)


WIDE = "<p style='width:1500px'>breed</p>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (WIDE, '<p> "breed" ends at'),
        ("<div style='overflow:auto'><p style='width:1500px'>breed</p></div>", "<div>.*cuts off"),
        ("<div style='height:2em;overflow:auto'>a<br>b<br>c</div>", "<div>.*cuts off"),
        ("<p style='position:absolute;left:2000px'>ver</p>", "ends at"),
        ("<p style='position:absolute;top:-500px'>erboven</p>", "not on the paper: erboven"),
    ],
)
def test_cut_off_on_paper(open_page: PageOpener, tmp_path: Path, body: str, said: str) -> None:
    """What is too wide, what can only be rolled to, and what lies off the sheet: each is caught."""
    page = open_page(page_of(tmp_path, body))
    with pytest.raises(AssertionError, match=said):
        printed(page, tmp_path / "page.pdf")


def test_paper_has_its_own_look(open_page: PageOpener, tmp_path: Path) -> None:
    """What only the screen shows is not asked of the paper, and the screen is back afterwards."""
    hidden = (
        f"<style>@media print {{.s {{display:none}}}}</style><div class=s>{WIDE}</div><p>rest</p>"
    )
    page = open_page(page_of(tmp_path, hidden), color_scheme="dark")
    size = page.viewport_size
    printed(page, tmp_path / "page.pdf")
    assert page.is_visible(".s")
    assert page.viewport_size == size


def test_wider_than_a_telephone(open_page: PageOpener, tmp_path: Path) -> None:
    """What makes a page roll sideways is named; what rolls by itself may."""
    page = open_page(
        page_of(tmp_path, f"<div id=a>{WIDE}</div><div style='overflow:auto'>{WIDE}</div>")
    )
    with pytest.raises(AssertionError, match='"breed" ends at 15') as caught:
        fits(page)
    assert str(caught.value).count("ends at") == 1


@pytest.mark.parametrize(
    ("url", "away"),
    [
        ("file:///x.html", False),
        ("data:text/html,x", False),
        ("http://127.0.0.1:80/", False),
        ("http://localhost/", False),
        ("http://127.0.0.1.example/", True),
        ("https://localhost@elders.example/", True),
        ("wss://elders.example/", True),
    ],
)
def test_outside(url: str, *, away: bool) -> None:
    """Only this machine is inside."""
    assert outside(url) is away


def test_asyncio_beside_a_page(open_page: PageOpener, tmp_path: Path) -> None:
    """A test that has a page open can run a command in its own process."""
    page = open_page(page_of(tmp_path, "<p>een</p>"))
    with aside():
        assert asyncio.run(asyncio.sleep(0, "klaar")) == "klaar"
    assert page.inner_text("p") == "een"


def test_asyncio_after_a_page() -> None:
    """The tests that come after need not know of it."""
    assert asyncio.run(asyncio.sleep(0, "klaar")) == "klaar"


def test_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a browser a test is passed over at home, and fails where the build is judged."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        program()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        program()


def test_page_type(open_page: PageOpener, tmp_path: Path) -> None:
    """A page is Playwright's own, with its viewport as asked."""
    page = open_page(page_of(tmp_path, "<p>x</p>"), viewport={"width": 500, "height": 400})
    assert isinstance(page, Page)
    assert page.evaluate("innerWidth") == 500
