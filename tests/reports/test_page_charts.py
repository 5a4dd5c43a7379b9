"""The drawings: as long as their numbers, the same each time, and nothing in them but drawing."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.reports.page.charts import _ticks, bars_chart, share_bar, stream_chart
from kt_migrate.reports.page.model import Bars, Fate, Stream

FATES = st.lists(st.integers(0, 10**7), min_size=1, max_size=len(Fate))
EVIL = "</svg><script>alert(1)</script>&'\""


def elements(svg: str) -> list[ET.Element]:
    """Return every element of a drawing, or of two after each other."""
    return list(ET.fromstring(f"<a>{svg}</a>").iter())  # noqa: S314  (our own)


def drawn(svg: str) -> dict[str, float]:
    """Return how long each part of a bar is, as a share of what is shown."""
    root = elements(svg)[1]
    width = float(root.attrib["viewBox"].split()[2])
    return {
        group.attrib["class"]: float(group[0][0][0].attrib["width"]) / width
        for group in root.iter("g")
        if len(group) and group[0].attrib.get("class") == "bars" and group.attrib["class"] != "none"
    }


@pytest.mark.property
@settings(max_examples=50, deadline=None)
@given(FATES)
def test_a_bar_is_as_long_as_its_numbers(counts: list[int]) -> None:
    """Each part its share, together the whole, what is nothing not there at all."""
    parts = list(zip((fate.value for fate in Fate), counts, strict=False))
    whole = sum(counts)

    found = drawn(share_bar(parts, whole, "x"))

    assert found.keys() == ({name for name, count in parts if count} if whole else set())
    for name, count in parts:
        if count:
            assert found[name] == pytest.approx(count / whole, abs=1e-3)


def test_a_bar_of_a_part_is_a_part() -> None:
    """Against another whole: the rest stays empty."""
    assert drawn(share_bar([("rejected", 25)], 100, "x"))["rejected"] == pytest.approx(
        0.25, abs=1e-3
    )


STREAM = Stream(name=EVIL, points=((0.0, 0.0), (10.0, 40.0), (20.0, 83.0)))
BARS = Bars(
    title=EVIL,
    first=EVIL,
    parts=(EVIL, "b"),
    rows=tuple((f"2024-{month:02} {EVIL}", (month, 2 * month)) for month in range(1, 13)),
)
DRAWINGS = {
    "bar": lambda: share_bar([("migrated", 3), ("rejected", 1)], 4, EVIL),
    "streams": lambda: stream_chart((STREAM, STREAM), EVIL, (EVIL, EVIL)),
    "bars": lambda: bars_chart(BARS, EVIL),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_each_time_and_only_drawing(name: str) -> None:
    """No script, no style of its own, no day, no address, no id that chance gave."""
    svg = DRAWINGS[name]()

    assert DRAWINGS[name]() == svg
    tags = {element.tag for element in elements(svg)[1:]}
    assert tags <= {"svg", "title", "g", "rect", "path", "text"}
    names = {attribute for element in elements(svg) for attribute in element.attrib}
    assert not names & {"id", "style", "onload", "href"}
    assert not re.search(r"//|xmlns|20\d\d-\d\d-\d\dT|pygal", svg.replace(EVIL, ""))


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_says_what_it_is_to_who_does_not_see_it(name: str) -> None:
    """The label is its title, as text, whatever stands in it."""
    for svg in (element for element in elements(DRAWINGS[name]()) if element.tag == "svg"):
        assert svg.attrib["role"] == "img"
        assert svg[0].tag == "title"
        assert svg[0].text == EVIL


@pytest.mark.parametrize("name", ["streams", "bars"])
def test_a_chart_is_drawn_for_a_screen_and_for_a_telephone(name: str) -> None:
    """Its letters are as large as the text beside them in both."""
    both = [element for element in elements(DRAWINGS[name]()) if element.tag == "svg"]

    assert [svg.attrib["class"] for svg in both] == ["chart wide", "chart narrow"]
    assert [svg.attrib["viewBox"].split()[2] for svg in both] == ["960", "380"]


def test_a_line_goes_through_its_points() -> None:
    """Twice as much is twice as high."""
    svg = elements(
        stream_chart((Stream(name="a", points=((0, 0), (1, 50), (2, 100))),), "x", ("", ""))
    )
    (line,) = (
        e.attrib["d"]
        for e in svg[1].iter("path")
        if e.attrib.get("class") == "line" and "L" in e.attrib["d"]
    )
    numbers = [float(word) for word in re.findall(r"[\d.]+", line)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))

    bottom, half, top = points[1][1], points[2][1], points[3][1]
    assert bottom - half == pytest.approx(half - top, abs=0.1)
    assert top < half < bottom


@given(st.floats(0.01, 1e9), st.integers(2, 12))
def test_an_axis_holds_every_value(most: float, about: int) -> None:
    """From nothing to at least the highest, in even steps of a round number, and not too many."""
    found = _ticks(most, about)

    steps = {round(b - a, 6) for a, b in itertools.pairwise(found)}
    assert found[0] == 0
    assert found[-1] >= most or found[-1] == pytest.approx(most)
    assert len(steps) == 1
    assert len(found) <= about + 2
    assert str(next(iter(steps)))[0] in "125"
