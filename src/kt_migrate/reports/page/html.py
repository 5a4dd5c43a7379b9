"""A page as one HTML file: it needs nothing from elsewhere, runs nothing, and opens years later.

What is drawn is drawn when the page is made. The page itself says to a browser that nothing may
be fetched and no script run (CSP); its style is allowed by its own digest.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from kt_migrate.language import language, moment, number, percent, tr
from kt_migrate.reports.page import charts
from kt_migrate.reports.page.model import Bars, Fate, Flow, Page, Reason, Stream, Table, Trial
from kt_migrate.reports.page.spoken import cell, lasted
from kt_migrate.reports.page.things import fate_meaning, fate_name

_POLICY = "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def write_page(page: Page, path: Path) -> Path:
    """Write a page; it appears whole or not at all, and is its owner's.

    Args:
        page: what it says.
        path: where it comes.

    Returns:
        The same path.
    """
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(render(page).encode())
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path


def render(page: Page) -> str:
    """Return a page as HTML; the same page gives the same bytes."""
    style = files("kt_migrate.reports").joinpath("templates/page.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            page=page,
            lang=language(),
            style=Markup(style),  # noqa: S704  (our own file)
            policy=_POLICY.format(digest=digest),
            Fate=Fate,
        )
    )


@lru_cache
def _templates() -> Templates:
    templates = Templates(
        loader=PackageLoader("kt_migrate.reports"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        _=tr,
        fate_name=fate_name,
        fate_meaning=fate_meaning,
        fates_of=fates_of,
        numeric=numeric,
        flow_bar=_flow_bar,
        whole_bar=_whole_bar,
        size_bar=_size_bar,
        reason_bar=_reason_bar,
        length_bar=_length_bar,
        rejected_bar=_rejected_bar,
        streams=_streams,
        bars=_bars,
    )
    templates.filters.update(
        cell=cell, number=number, percent=percent, moment=moment, lasted=lasted
    )
    return templates


def numeric(table: Table) -> frozenset[int]:
    """Return which columns (from 0) hold numbers and nothing else; an empty one holds none."""
    return frozenset(
        place
        for place in range(len(table.columns))
        if all(isinstance(row[place], int | float | None) for row in table.rows)
    )


def fates_of(flows: tuple[Flow, ...]) -> tuple[Fate, ...]:
    """Return the fates that occur; those of every account are there even when nobody has them."""
    always = {Fate.NOT_MIGRATED, Fate.REJECTED, Fate.OUT_OF_SCOPE}
    found = {fate for flow in flows for fate in flow.parts}
    return tuple(fate for fate in Fate if fate in always | found)


def _whole_bar(name: str, parts: Mapping[Fate, int]) -> Markup:
    """Return a bar over the whole width of a page, of a screen's and of a telephone's."""
    sizes = (("wide", 1000), ("narrow", 320))
    return Markup().join(_flow_bar(name, parts, kind, width) for kind, width in sizes)


def _flow_bar(name: str, parts: Mapping[Fate, int], kind: str = "", width: int = 240) -> Markup:
    found = [(fate, parts.get(fate, 0)) for fate in Fate]
    said = ", ".join(f"{number(n)} {fate_name(fate)}" for fate, n in found if n)
    whole = sum(parts.values())
    label = f"{name}: {said}"
    drawn = [(fate.value, n) for fate, n in found]
    return _drawn(charts.share_bar(drawn, whole, label, kind, width))


def _size_bar(flow: Flow, most: int) -> Markup:
    drawn = [(fate.value, n) for fate, n in flow.parts.items()]
    return _drawn(charts.share_bar(drawn, most, f"{flow.name}: {number(flow.objects)}"))


def _reason_bar(reason: Reason, most: int) -> Markup:
    kind = "rejected" if reason.error else "not_migrated"
    label = tr("{n} of the most frequent {most}", n=number(reason.count), most=number(most))
    return _drawn(charts.share_bar([(kind, reason.count)], most, label))


def _length_bar(value: float, most: float, label: str) -> Markup:
    return _drawn(charts.share_bar([("length", value)], most, label))


def _rejected_bar(trial: Trial) -> Markup:
    label = tr("{share} rejected", share=percent(trial.share or 0, 2))
    return _drawn(charts.share_bar([("rejected", trial.share or 0)], 1, label))


def _streams(streams: tuple[Stream, ...], label: str) -> Markup:
    axes = (tr("time at work"), tr("per second"))
    return _drawn(charts.stream_chart(streams, label, axes))


def _bars(bars: Bars) -> Markup:
    return _drawn(charts.bars_chart(bars, bars.title))


def _drawn(svg: str) -> Markup:
    """Return a drawing as it is: charts escapes what it is given."""
    return Markup(svg)  # noqa: S704
