"""Dutch by default, English on request. Both stand side by side, so that neither goes missing."""

from __future__ import annotations

import os

LANGUAGES = ("nl", "en")
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


def tr(nl: str, en: str) -> str:
    """Return the text in the chosen language.

    >>> tr("gelezen", "read")
    'gelezen'
    """
    return en if _CURRENT[0] == "en" else nl


def percent(share: float, decimals: int = 1) -> tuple[str, str]:
    """Return a share as it is read in Dutch and in English.

    Args:
        share: 1 is the whole.
        decimals: so many at most; zeros at the end are left out.

    >>> percent(0.2, 3), percent(0.13889, 3)
    (('20 %', '20 %'), ('13,889 %', '13.889 %'))
    """
    text = f"{100 * share:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return f"{text.replace('.', ',')} %", f"{text} %"
