"""`--plain`: no colour, no bars, nothing but ASCII where a word of ours has a sign for it."""

from __future__ import annotations

_CHOSEN = [False]
_SIGNS = str.maketrans(
    {
        "…": "...",
        "→": "->",
        "←": "<-",
        "·": "-",
        "–": "-",  # noqa: RUF001 (a sign that our texts have)
        "─": "-",
        "├": "|",
        "└": "`",
        "≥": ">=",
        "≤": "<=",
        "×": "x",  # noqa: RUF001 (the same)
        "✓": "v",
        "✗": "x",
    }
)


def choose_plain(*, plain: bool) -> None:
    """Take what the command line says."""
    _CHOSEN[0] = plain


def is_plain() -> bool:
    """Return whether `--plain` was given."""
    return _CHOSEN[0]


def plainly(text: str) -> str:
    """Return a text as this screen shows it; letters with accents stay as they are.

    >>> plainly("a → b")
    'a → b'
    """
    return text.translate(_SIGNS) if _CHOSEN[0] else text
