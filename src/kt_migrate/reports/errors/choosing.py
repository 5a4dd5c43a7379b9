"""Which lines of an error list a person asks for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from kt_migrate.algorithm.known_sources import TYPES
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import UsageError, said
from kt_migrate.plan.rows import IssueRow
from kt_migrate.pseudonyms import belongs_to
from kt_migrate.reports.errors.holders import Holder, holder_of

STEPS = tuple(dict.fromkeys(entry.step for entry in CATALOGUE.values()))
CLASSES = tuple(c.value for c in ErrorClass)
_FEW = 8
"""So many words are told to who mistypes one of them."""

HolderAt = Callable[[IssueRow], str]
"""Says who acts on a line: a person may have said another than the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The filters of a command; an empty one takes everything.

    Attributes:
        types, codes, classes, steps, holders: words of which a line has one.
        link: of the object.
        pseudonym: of the object's link.
        notices: whether notices count too; naming one, or their class, says so as well.
    """

    types: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    link: str = ""
    pseudonym: str = ""
    notices: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is asked for in particular."""
        words = self.types + self.codes + self.classes + self.steps + self.holders
        return bool(words or self.link or self.pseudonym)


def default_holder(issue: IssueRow) -> str:
    """Return who acts on a line by the catalogue."""
    return holder_of(issue.code).value


def chooser(
    asked: Asked, types: Iterable[str] = (), holder_at: HolderAt = default_holder
) -> Callable[[IssueRow], bool]:
    """Return what says of a line whether it is asked for; notices are left to `takes_notices`.

    Args:
        asked: the filters.
        types: types that this run knows, beside those of KT 1.3.
        holder_at: who acts on a line.

    Raises:
        UsageError: a word that no line of any list can have, with the nearest that one can.
    """
    _known("--type", asked.types, {*TYPES, *types})
    _known("--code", asked.codes, CATALOGUE)
    _known("--class", asked.classes, CLASSES)
    _known("--step", asked.steps, STEPS)
    _known("--holder", asked.holders, [h.value for h in Holder])
    has_name = belongs_to(asked.pseudonym) if asked.pseudonym else None
    tests: list[Callable[[IssueRow], bool]] = []
    for words, value in (
        (asked.types, lambda i: i.source_type),
        (asked.codes, lambda i: i.code),
        (asked.classes, lambda i: CATALOGUE[i.code].error_class.value),
        (asked.steps, lambda i: CATALOGUE[i.code].step),
        (asked.holders, holder_at),
    ):
        if words:
            tests.append(partial(_is_one_of, frozenset(words), value))
    if asked.link:
        tests.append(lambda i: i.link == asked.link)
    if has_name is not None:
        tests.append(lambda i: has_name(i.link))
    return lambda issue: all(test(issue) for test in tests)


def _is_one_of(words: frozenset[str], value: HolderAt, issue: IssueRow) -> bool:
    return value(issue) in words


def takes_notices(asked: Asked) -> bool:
    """Whether notices are asked for, in so many words or by naming one."""
    named = any(CATALOGUE[c].error_class is ErrorClass.NOTICE for c in asked.codes)
    return asked.notices or named or ErrorClass.NOTICE.value in asked.classes


def _known(option: str, words: Iterable[str], known: Iterable[str]) -> None:
    choices = {choice.lower(): choice for choice in sorted(known)}
    for word in words:
        if word in choices.values():
            continue
        near = difflib.get_close_matches(word[:80].lower(), choices, 1, 0.0)
        few = len(choices) <= _FEW
        rest = f" There are: {', '.join(choices.values())}." if few else ""
        raise UsageError(
            "No line of any error list has this word.",
            where=f"{option} {word[:80]}",
            fix=said("Perhaps {choices} is meant.{rest}", choices=choices[near[0]], rest=rest),
        )
