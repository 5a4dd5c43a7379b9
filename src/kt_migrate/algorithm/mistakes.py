"""What is wrong in an algorithm, and where: a sentence, what was expected, the nearest right word.

Nothing of the file is quoted but the word itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kt_migrate.errors import ConfigurationError, Said, said
from kt_migrate.language import shown, tr

_SHOWN = 24
"""So many words are listed; of more, the nearest."""

_NEAREST = 8
_MOST = 20
_WORD = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,80}")

KINDS = {
    "key": said("Unknown key: {word}."),
    "value": said("Unknown value: {word}."),
    "function": said("Unknown function: {word}."),
    "argument": said("Unknown argument: {word}."),
    "policy": said("Unknown policy: {word}."),
    "code table": said("Unknown code table: {word}."),
    "coding": said("Unknown coding: {word}."),
    "source code": said("Unknown source code: {word}."),
    "target code": said("Unknown target code: {word}."),
    "code system": said("Unknown code system: {word}."),
    "field": said("Unknown field: {word}."),
    "source type": said("Unknown source type: {word}."),
    "source element": said("Unknown source element: {word}."),
    "target type": said("Unknown target type: {word}."),
    "target element": said("Unknown target element: {word}."),
    "rule id": said("Unknown rule id: {word}."),
    "algorithm": said("Unknown algorithm: {word}."),
    "identifier": said("Unknown identifier: {word}."),
    "folder": said("Unknown folder: {word}."),
    "type": said("Unknown type: {word}."),
    "reason": said("Unknown reason: {word}."),
}
"""What a word can be; the sentence whole, for a language may bend its words."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        where: `file:line:column`.
        what: the sentence.
        fix: what was expected, and the nearest right word.
    """

    where: str
    what: str
    fix: str


class AlgorithmError(ConfigurationError):
    """An algorithm is not right; `mistakes` has all that is wrong with it."""

    def __init__(self, what: str, *, fix: str, mistakes: Sequence[Mistake]) -> None:
        super().__init__(what, where=mistakes[0].where, fix=fix)
        self.mistakes = tuple(mistakes)


def unknown(where: str, kind: str, word: str, known: Iterable[str]) -> Mistake:
    """Return that a word is none of those that are known."""
    what = shown(Said(KINDS[kind].text, word=shown_word(word)))
    return Mistake(where, what, expected(word, known))


def expected(word: str, known: Iterable[str]) -> str:
    """Return the nearest right word, and which there are."""
    words = sorted(set(known))
    near = nearest(word, words)
    told = [tr("Did you mean {near}?", near=near)] if near else []
    if words:
        some = words if len(words) <= _SHOWN else closest(word, words)
        more = "" if len(some) == len(words) else tr(" … ({words})", words=len(words))
        told.append(tr("Expected: ") + ", ".join(some) + f"{more}.")
    return " ".join(told) or tr("Leave it out.")


def nearest(word: str, known: Sequence[str], alike: float = 0.6) -> str:
    """Return the known word that is most like this one, or empty when none is so much alike.

    >>> nearest("birthdat", ["birthDate", "name"])
    'birthDate'
    """
    lower = {other.lower(): other for other in known}
    found = difflib.get_close_matches(word[:80].lower(), lower, 1, alike)
    return lower[found[0]] if found else ""


def closest(word: str, known: Sequence[str]) -> list[str]:
    """Return the few known words that are most like this one, the nearest first."""
    return difflib.get_close_matches(word[:80], known, _NEAREST, 0.0)


def shown_word(word: str) -> str:
    """Return a word as it may be shown; what is too long or odd to be one is not."""
    return word if _WORD.fullmatch(word) else "…"


def refuse(mistakes: Sequence[Mistake]) -> None:
    """Stop when there are mistakes; all of them are told, up to twenty.

    Raises:
        AlgorithmError: there is at least one.
    """
    if not mistakes:
        return
    first, *others = mistakes
    if not others:
        raise AlgorithmError(first.what, fix=first.fix, mistakes=mistakes)
    lines = [f"{m.where}: {m.what} {m.fix}" for m in mistakes[:_MOST]]
    if len(mistakes) > _MOST:
        more = len(mistakes) - _MOST
        lines.append(tr("… and {more} more.", more=more))
    count = len(mistakes)
    what = "\n".join([tr("{count} mistakes:", count=count), *lines])
    raise AlgorithmError(
        what,
        fix=said("Correct the file at the place named."),
        mistakes=mistakes,
    )
