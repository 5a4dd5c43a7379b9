"""What the benches say of a figure."""

from __future__ import annotations

import pytest
from figures import Figure, Figures


def test_a_figure_says_what_is_asked_and_whether_it_is_met() -> None:
    """More, or less, than asked; a share in per cent."""
    fast = Figure(name="plan", found=2750, unit="messages/s", asked=2500, more="4 s")
    slow = Figure(name="growth", found=1.5, unit="times", asked=1.2, at_most=True)
    share = Figure(name="census", found=0.1, unit="", asked=0.15, at_most=True)

    assert fast.line() == (
        "plan: 2,750 messages/s (4 s); asked ≥ 2,500 messages/s, ratio 1.10: met"
    )
    assert slow.line() == "growth: 1.5 times; asked ≤ 1.2 times, ratio 1.25: NOT MET"
    assert share.line() == "census: 10.0%; asked ≤ 15.0%, ratio 0.67: met"


@pytest.mark.parametrize(
    ("asked_at", "at", "verdict"),
    [(100, 100, "met"), (100, 50, "met, an indication"), (0, 50, "met")],
)
def test_at_another_size_than_asked_it_is_an_indication(
    asked_at: int, at: int, verdict: str
) -> None:
    """Nobody takes ten thousand messages for a million."""
    found = Figure(name="x", found=3, unit="MB", asked=3, asked_at=asked_at, at=at, at_most=True)

    assert found.verdict == verdict


def test_all_figures_come_once_more_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """In the order in which they came."""
    figures = Figures()
    figures.add(Figure(name="a", found=1, unit="MB", asked=2, at_most=True, asked_at=1000, at=1000))
    figures.add(Figure(name="b", found=1, unit="times", asked=4))

    assert len(capsys.readouterr().out.splitlines()) == 2
    assert figures.table().splitlines()[2:] == [
        "| a | 1 MB | ≤ 2 MB at 1,000 | 0.50 | met |",
        "| b | 1 times | ≥ 4 times | 0.25 | NOT MET |",
    ]
