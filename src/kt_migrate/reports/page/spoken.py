"""Cells and durations as their reader writes them."""

from __future__ import annotations

from kt_migrate.language import number, tr
from kt_migrate.reports.page.model import Cell

_MINUTE, _HOUR = 60, 3600


def cell(value: Cell) -> str:
    """Return a cell as its reader writes it.

    >>> cell(1234), cell(0.5), cell(None), cell("007")
    ('1.234', '0,5', '', '007')
    """
    match value:
        case None:
            return ""
        case int():
            return number(value)
        case float():
            return number(value, 1)
        case _:
            return value


def lasted(seconds: float | None) -> str:
    """Return a duration as a person says it; empty: there is none.

    >>> lasted(7.25), lasted(75), lasted(7_260), lasted(None)
    ('7,3 s', '1 min 15 s', '2 u 1 min', '')
    """
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{number(seconds, 1)} s"
    if whole < _HOUR:
        return tr("{m} min {s} s", m=whole // _MINUTE, s=whole % _MINUTE)
    return tr("{h} h {m} min", h=number(whole // _HOUR), m=whole % _HOUR // _MINUTE)
