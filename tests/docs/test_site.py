"""The documents as a site: it builds strictly, every page is in it, and it asks for nothing outside."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from building import build, built

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OUTSIDE = re.compile(r"^(?:https?:)?//")
FETCHES = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
}


class Page(HTMLParser):
    """What a page links to, what it fetches, and which places it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag says."""
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            if (tag, name) == ("a", "href") and value:
                self.links.append(value)
            if (tag, name) in FETCHES and value:
                self.fetched.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """Every page of the built site, by its name."""
    folder = built(tmp_path_factory.mktemp("site"))
    return {path.name: Page(path.read_text("utf-8")) for path in folder.glob("*.html")}


def pages_of(nav: object) -> Iterator[str]:
    """Yield every page of a navigation."""
    match nav:
        case str():
            yield nav
        case list():
            for one in nav:
                yield from pages_of(one)
        case dict():
            yield from pages_of([*nav.values()])
        case _:
            raise TypeError(nav)


def test_every_page_is_in_the_navigation_once() -> None:
    """Nobody finds a page that is in none."""
    nav = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]

    assert sorted(pages_of(nav)) == sorted(path.name for path in DOCS.glob("*.md"))


def test_the_site_asks_for_nothing_outside(site: dict[str, Page]) -> None:
    """No font, script or picture of another host: it opens on a machine without a network."""
    assert len(site) > 30
    fetched = {address for page in site.values() for address in page.fetched}

    assert {address for address in fetched if OUTSIDE.match(address)} == set()
    assert any("iframe-worker" in address for address in fetched)


def test_every_link_leads_somewhere(site: dict[str, Page]) -> None:
    """Page and place; also those that are made of a page's name in a text."""
    dead = []
    for name, page in site.items():
        for link in page.links:
            path, place = urldefrag(unquote(link).removeprefix("./"))
            if OUTSIDE.match(link) or path.startswith(("mailto:", "..", "/")):
                continue
            target = path or name
            if target not in {*site, "."} or (place and place not in site[target].places):
                dead.append(f"{name}: {link}")

    assert dead == []


def test_a_page_that_a_text_names_is_a_link(site: dict[str, Page]) -> None:
    """`docs/gates.md` in a text; in code it stays what it is."""
    assert "gates.html" in site["proven.html"].links
    assert "x.html" not in site["index.html"].links


@pytest.mark.parametrize(
    "text",
    ["# A\n\n[dead](nowhere.md)\n", "# A\n\n[dead](index.md#nowhere)\n"],
    ids=["a page", "a place"],
)
def test_a_dead_link_stops_the_build(tmp_path: Path, text: str) -> None:
    """Or nobody would see it."""
    assert build(tmp_path, answers=text).returncode != 0


def named() -> Iterator[tuple[str, str]]:
    """Yield every page that is named somewhere: where, and its path."""
    texts = [*DOCS.glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "src").rglob("*.py")]
    for path in [*texts, *(ROOT / "src").rglob("*.po"), *(ROOT / "algorithms").glob("*.yaml")]:
        for name in re.findall(r"\bdocs/[a-z0-9-]+\.md\b", path.read_text("utf-8")):
            yield str(path.relative_to(ROOT)), name


def test_every_page_that_is_named_is_there() -> None:
    """In the documents, in what the program says, in the code's comments."""
    assert {(where, name) for where, name in named() if not (ROOT / name).exists()} == set()
