"""On the site, a page that a text names (`docs/gates.md`) is a link to it.

An extension of Python-Markdown, which zensical.toml names. In the sources the name stays a path:
that is what a reader in an editor can open.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

_BELOW_CODE_AND_LINKS = 75
_PAGE = r"\bdocs/([a-z0-9-]+)\.md\b"


class _Names(InlineProcessor):
    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(  # type: ignore[override]  # noqa: N802 (the library's name and types)
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        """Return the link that takes the place of a page's name."""
        del data
        link = Element("a", {"href": f"{m[1]}.md"})
        link.text = m[1].replace("-", " ")
        return link, m.start(0), m.end(0)


class PageLinks(Extension):
    """Makes links of the names of pages."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (the library's name)
        """Add the pattern: what stands in code or in a link stays as it is."""
        md.inlinePatterns.register(_Names(_PAGE, md), "page-names", _BELOW_CODE_AND_LINKS)


def makeExtension(**settings: object) -> PageLinks:  # noqa: N802 (the library's name)
    """Return the extension; Python-Markdown calls this."""
    return PageLinks(**settings)
