"""What a function takes: the kinds of argument, and how each is written.

reference(need, type…)      need is `mandatory` or `optional`; then one type of KT 2.0, or more
code(table[, policy])       a code table; then perhaps a policy
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_CALL = re.compile(r"([a-z_]+)(?:\(([^()]*)\))?")


class Kind(StrEnum):
    """What a word between the brackets is."""

    TABLE = "table"
    CODE = "code"
    POLICY = "policy"
    TYPE = "type"
    WORD = "word"
    IDENTIFIER = "identifier"
    VALUE_SET = "value set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument.

    Attributes:
        kind: TABLE a code table of the algorithm; CODE a source code of the table before it;
            POLICY a policy; TYPE an R4 type; WORD one of `words`; IDENTIFIER the type's own
            `identifier`; VALUE_SET a code system of KT 1.3.
        words: what a WORD may be.
        optional: it may be left out.
        repeats: more of them may follow.
    """

    kind: Kind
    words: tuple[str, ...] = ()
    optional: bool = False
    repeats: bool = False

    @property
    def shown(self) -> str:
        """Return how the documentation writes it.

        >>> Argument(kind=Kind.WORD, words=("active",), optional=True).shown
        '[active]'
        """
        text = "|".join(self.words) or self.kind.value
        text += "…" if self.repeats else ""
        return f"[{text}]" if self.optional else text


TABLE = Argument(kind=Kind.TABLE)
CODE = Argument(kind=Kind.CODE)
IDENTIFIER = Argument(kind=Kind.IDENTIFIER)
TYPES = Argument(kind=Kind.TYPE, repeats=True)
MAYBE_TABLE = Argument(kind=Kind.TABLE, optional=True)
MAYBE_POLICY = Argument(kind=Kind.POLICY, optional=True)
MAYBE_VALUE_SETS = Argument(kind=Kind.VALUE_SET, optional=True, repeats=True)


def word(*words: str) -> Argument:
    """Return an argument that must be one of these words."""
    return Argument(kind=Kind.WORD, words=words)


def maybe(*words: str) -> Argument:
    """Return an argument that may be one of these words."""
    return Argument(kind=Kind.WORD, words=words, optional=True)


def split_call(using: str) -> tuple[str, tuple[str, ...]]:
    """Split `name(argument, argument)`; an unreadable call has no name.

    >>> split_call("reference(optional, Organization)")
    ('reference', ('optional', 'Organization'))
    """
    found = _CALL.fullmatch(using.strip())
    if found is None:
        return "", ()
    arguments = tuple(part.strip() for part in (found[2] or "").split(",") if part.strip())
    return found[1], arguments
