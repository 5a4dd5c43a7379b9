"""The sentences of the documents that promise something, as their readers see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DESIGN = ROOT.parent / "shared" / "design.md"
_WORDS = re.compile(r"\b(must|never|only|exactly|refus(?:e|es|ed|al|als))\b", re.IGNORECASE)
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"\n\s*\n|\n\s*(?=[*-] |\d+\. |\||#)")
_END = re.compile(r"(?<=[.!?])(?:\*\*|[)\"”])*\s+(?=[A-Z`\"*_([0-9])")
_GENERATED = ("tests-that-notice.md", "algorithm-functions.md", "standard-algorithm.md")
"""Made of the code. What docstrings and `because` say there, the algorithm's examples show."""


@dataclass(frozen=True)
class Sentence:
    """One sentence that promises something.

    Attributes:
        document: where it stands, relative to the project (`design` is the design decisions).
        text: the sentence, its white space folded.
    """

    document: str
    text: str


def promising(document: str, text: str) -> Iterator[Sentence]:
    """Yield the sentences with must, never, only, exactly or refuse; a row of a table is one."""
    for block in _BLOCK.split(_FENCE.sub("\n\n", text)):
        row = block.lstrip().startswith("|")
        for sentence in [block] if row else _END.split(block):
            folded = " ".join(sentence.split()).removeprefix("* ").removeprefix("- ")
            if _WORDS.search(folded):
                yield Sentence(document, folded)


def documents() -> Iterator[tuple[str, str]]:
    """Yield every document that promises something: its name and its text."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        if page.name not in _GENERATED:
            yield str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")
    if DESIGN.exists():
        text = DESIGN.read_text(encoding="utf-8")
        yield "design", text[text.index("\n## 3.") : text.index("\n## 8.")]


def every_sentence() -> list[Sentence]:
    """Return all promising sentences, in order, each once."""
    found = (s for name, text in documents() for s in promising(name, text))
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    for found in every_sentence():
        print(f"{found.document}\t{found.text}")  # noqa: T201
