"""Words for people: English in the code, Dutch by default on the screen, by gettext.

The Dutch stands in `locale/nl/LC_MESSAGES/kt_migrate.po`; `tools/words.py` takes the English out
of the code, and makes the `.mo` that is read here.
"""

from __future__ import annotations

import gettext
import os
from functools import lru_cache
from pathlib import Path

from kt_migrate.errors import Said

LANGUAGES = ("nl", "en")
DOMAIN = "kt_migrate"
LOCALE = Path(__file__).parent / "locale"
_CURRENT = ["nl"]


def choose_language(arguments: list[str]) -> None:
    """Take the language of `--lang`, else of KT_MIGRATE_LANG, else Dutch.

    Before the commands are built: their help texts are made then.
    """
    chosen = os.environ.get("KT_MIGRATE_LANG", "nl")
    for place, argument in enumerate(arguments):
        if argument == "--lang" and place + 1 < len(arguments):
            chosen = arguments[place + 1]
        elif argument.startswith("--lang="):
            chosen = argument.partition("=")[2]
    set_language(chosen if chosen in LANGUAGES else "nl")


def set_language(language: str) -> None:
    """Use this language from now on."""
    _CURRENT[0] = language


def language() -> str:
    """Return the reader's language: nl or en."""
    return _CURRENT[0]


def tr(text: str, /, **values: object) -> str:
    """Return the text in the reader's language, its places filled in.

    Args:
        text: English, literally, with places as `{name}`: it is looked up in the catalogue.
        values: by name what fills the places; one that was `said` is translated too.

    >>> tr("written")
    'geschreven'
    """
    return _filled(_catalogue(_CURRENT[0]).gettext(text), values)


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the text for so many, in the reader's language; `{n}` is how many, written out.

    >>> trn("{n} document", "{n} documents", 1), trn("{n} document", "{n} documents", 2000)
    ('1 document', '2.000 documenten')
    """
    text = _catalogue(_CURRENT[0]).ngettext(one, many, count)
    return _filled(text, {"n": number(count), **values})


def shown(text: str) -> str:
    """Return what was `said` (an error's text, a name of ours) in the reader's language."""
    if isinstance(text, Said):
        return _filled(_catalogue(_CURRENT[0]).gettext(text.text), text.values)
    return _catalogue(_CURRENT[0]).gettext(text) if text else ""


def in_languages(text: str) -> tuple[str, ...]:
    """Return a text in every language: for what a person types, in whichever."""
    return tuple(_catalogue(each).gettext(text) for each in LANGUAGES)


def number(value: float, decimals: int = 0) -> str:
    """Return a number as its reader writes it: 1.234,5 in Dutch, 1,234.5 in English.

    >>> number(1234.5, 1)
    '1.234,5'
    """
    return pointed(f"{value:,.{decimals}f}")


def decimal(value: float) -> str:
    """Return a number with no more decimals than it has, as its reader writes it.

    >>> decimal(0.25), decimal(3.0)
    ('0,25', '3')
    """
    return pointed(f"{value:g}")


def pointed(text: str) -> str:
    """Return a number that was written in English, with the points and commas of its reader.

    >>> pointed("1,234.5")
    '1.234,5'
    """
    return text if _CURRENT[0] == "en" else text.translate(_POINTS)


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as its reader writes it.

    Args:
        share: 1 is the whole.
        decimals: so many at most; zeros at the end are left out.

    >>> percent(0.2, 3), percent(0.13889, 3)
    ('20 %', '13,889 %')
    """
    text = f"{100 * share:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return f"{pointed(text)} %"


def moment(at: str) -> str:
    """Return a moment, to the second, or a day as its reader writes it.

    Args:
        at: as ISO 8601 writes it, a zone and parts of a second may stand behind it: they go.

    >>> moment("2026-11-26T11:33:33.522+00:00"), moment("2026-11-26"), moment("")
    ('26-11-2026 11:33:33', '26-11-2026', '')
    """
    day, _t, time = at[:19].replace("T", " ").partition(" ")
    if _CURRENT[0] == "nl":
        day = "-".join(reversed(day.split("-")))
    return f"{day} {time}".strip()


_POINTS = str.maketrans(",.", ".,")


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    return text.format(**{name: _part(value) for name, value in values.items()})


def _part(value: object) -> object:
    """Return what fills a place: what was said is translated, a row of such things is joined."""
    if isinstance(value, Said):
        return shown(value)
    if isinstance(value, tuple):
        return ", ".join(str(_part(one)) for one in value)
    return value


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
