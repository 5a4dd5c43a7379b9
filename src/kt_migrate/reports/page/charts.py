"""Charts as SVG, by pygal: it computes where everything stands; page.css gives the looks.

Of what pygal draws goes what has no place on such a page: scripts, styles, the day on which it was
drawn, tooltips. Same values, same bytes. pygal is read when a page is made, and not before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from lxml import etree

from kt_migrate.language import number
from kt_migrate.reports.page.model import Bars, Stream

_GONE = {"script", "style", "desc", "title", "defs"}
_UNSEEN = {"background", "overlay", "text-overlay", "tooltip-overlay"}
_XMLNS = re.compile(r' xmlns(:xlink)?="[^"]*"')
"""In a page a drawing needs none; and a page that names no address is seen to ask for none."""
_LONG = re.compile(r"\d+\.\d{2,}")
_BAR_HEIGHT = 16.0
_MARGIN = 0.02  # what pygal keeps free beside all values, on each side
_STEPS = 5
_LABELS = {"wide": 12, "narrow": 5}


@dataclass(frozen=True, slots=True)
class Size:
    """One of the two drawings of a chart: a telephone gets another than a screen.

    Attributes:
        name: `wide` or `narrow`; page.css shows the one that fits.
        width, height: in the units of its text, which is 14 high.
    """

    name: str
    width: int
    height: int


SIZES = (Size("wide", 960, 280), Size("narrow", 380, 240))


def share_bar(
    parts: Sequence[tuple[str, float]], whole: float, label: str, kind: str = "", width: int = 240
) -> str:
    """Return a single bar of parts, without text in it: it stands beside its numbers.

    Args:
        parts: (class of page.css, how much), left to right.
        whole: how much a full bar is; 0: it stays empty.
        label: what it says, for who does not see it.
        kind: class of page.css that says for which screen it is; empty: for each.
        width: about how wide it is shown: it is stretched to where it stands, with its patterns.
    """
    full = whole or 1
    chart = _pygal().HorizontalStackedBar(
        **_plain(width, int(_BAR_HEIGHT)),
        margin=0,
        spacing=0,
        show_x_labels=False,
        show_y_labels=False,
        show_y_guides=False,
        range=(0, full),
    )
    shown = [(name, count) for name, count in parts if count]
    for name, count in shown or [("none", 0)]:
        chart.add(name, [count])
    tree = _cleaned(chart.render_tree(), [name for name, _count in shown])
    free = _MARGIN / (1 + 2 * _MARGIN)
    x, y = width * free, _BAR_HEIGHT * free
    tree.set("viewBox", _short(f"{x} {y} {width - 2 * x} {_BAR_HEIGHT - 2 * y}"))
    tree.set("preserveAspectRatio", "none")
    return _labelled(tree, f"bar {kind}".rstrip(), label)


def stream_chart(streams: Sequence[Stream], label: str, axes: tuple[str, str]) -> str:
    """Return the throughput of each start as a line over an area.

    Args:
        streams: at least one, with at least two points together.
        label: what it says, for who does not see it.
        axes: what stands along x and y.
    """
    most = max(rate for one in streams for _at, rate in one.points)
    last = max(at for one in streams for at, _rate in one.points)

    def draw(size: Size) -> Any:  # noqa: ANN401 (pygal has no types)
        chart = _pygal().XY(
            **_plain(size.width, size.height),
            **_axes(axes),
            show_dots=False,
            fill=True,
            range=(0, _ticks(most)[-1]),
            xrange=(0, last or 1),
            y_labels=_ticks(most),
            x_labels=[at for at in _ticks(last, _LABELS[size.name]) if at <= last],
            x_value_formatter=_clock(last),
        )
        for one in streams:
            chart.add(one.name, list(one.points))
        return chart

    return _both(draw, [f"series-{place % 4}" for place in range(len(streams))], label)


def bars_chart(bars: Bars, label: str) -> str:
    """Return counts per name as upright bars, the parts on top of each other.

    Args:
        bars: at least one row.
        label: what it says, for who does not see it.
    """
    most = max(sum(counts) for _name, counts in bars.rows)

    def draw(size: Size) -> Any:  # noqa: ANN401
        names = [name for name, _counts in bars.rows]
        every = ceil(len(names) / _LABELS[size.name])
        chart = _pygal().StackedBar(
            **_plain(size.width, size.height),
            **_axes((bars.first, "")),
            x_labels=names,
            x_labels_major_every=every,
            show_minor_x_labels=every == 1,
            range=(0, _ticks(most)[-1]),
            y_labels=_ticks(most),
        )
        for place, name in enumerate(bars.parts):
            chart.add(name, [counts[place] for _name, counts in bars.rows])
        return chart

    return _both(draw, [f"series-{place % 4}" for place in range(len(bars.parts))], label)


def _pygal() -> Any:  # noqa: ANN401 (pygal has no types)
    """Return pygal: it is read when a page is made, and not before (docs/dependencies.md).

    It leaves a finder of modules behind, for maps which we do not draw: of a kind that Python no
    longer knows, so that every later import warns. That one goes.
    """
    import pygal  # noqa: PLC0415

    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]
    return pygal


def _plain(width: int, height: int) -> dict[str, Any]:
    """Return what every chart is made with: its own style, scripts and legend stay out."""
    return {
        "js": [],
        "css": [],
        "no_prefix": True,
        "show_legend": False,
        "width": width,
        "height": height,
        "pretty_print": False,
    }


def _axes(names: tuple[str, str]) -> dict[str, Any]:
    style = _pygal().style.Style(
        label_font_size=14, major_label_font_size=14, title_font_size=14
    )  # room for labels of the size that page.css draws
    return {
        "style": style,
        "margin": 4,
        "spacing": 8,
        "x_title": names[0] or None,
        "y_title": names[1] or None,
        "value_formatter": number,
    }


def _both(draw: Callable[[Size], Any], classes: Sequence[str], label: str) -> str:
    """Return a chart in both sizes; only one of them is shown, or read aloud."""
    return "".join(
        _labelled(_cleaned(draw(size).render_tree(), classes), f"chart {size.name}", label)
        for size in SIZES
    )


def _cleaned(tree: Any, classes: Sequence[str]) -> Any:  # noqa: ANN401 (lxml's element)
    """Return a drawing without what does not belong here, its series under our own classes."""
    for node in list(tree.iter()):
        if not isinstance(node.tag, str) or node.tag in _GONE or _is_empty(node):
            node.getparent().remove(node)
    for node in tree.iter():
        _tidy(node, classes)
    return tree


def _is_empty(node: Any) -> bool:  # noqa: ANN401
    """Whether it is only there for what a script would show."""
    kind = node.get("class", "").split()
    return bool(_UNSEEN.intersection(kind))


def _tidy(node: Any, classes: Sequence[str]) -> None:  # noqa: ANN401
    kind = node.get("class", "")
    series = re.search(r"\bserie-(\d+)\b", kind)
    if series is not None:
        node.set("class", classes[int(series[1])] if classes else "none")
    elif not kind:
        node.attrib.pop("class", None)
    else:
        node.set("class", kind.replace(" reactive", "").replace(" tooltip-trigger", ""))
    for name in ("id", "style", "rx", "ry"):
        node.attrib.pop(name, None)
    for name, value in node.attrib.items():
        if name != "class":
            node.set(name, _short(value))


def _short(text: str) -> str:
    """Return numbers with two decimals: nobody sees more, and a page is not to be a megabyte."""
    return _LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), text)


def _labelled(tree: Any, kind: str, label: str) -> str:  # noqa: ANN401
    tree.set("class", kind)
    tree.set("role", "img")
    tree.set("focusable", "false")
    title = etree.Element("title")
    title.text = label
    tree.insert(0, title)
    text: str = etree.tostring(tree, encoding="unicode", with_tail=False)
    return _XMLNS.sub("", text)


def _ticks(most: float, about: int = _STEPS) -> list[float]:
    """Return round numbers from 0 to at least this one.

    >>> _ticks(83), _ticks(0)
    ([0, 20, 40, 60, 80, 100], [0, 1])
    """
    if most <= 0:
        return [0, 1]
    rough = most / about
    size = 10 ** floor(log10(rough))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= rough)
    step = max(step, 1)
    return [place * step for place in range(ceil(most / step) + 1)]


def _clock(last: float) -> Callable[[float], str]:
    """Return how moments within so many seconds are written: seconds, minutes or hours."""
    for unit, name in ((3600, "h"), (60, "min")):
        if last >= 2 * unit:
            return lambda at: f"{number(at / unit, 1)} {name}"
    return lambda at: f"{number(at)} s"
