"""How many failures a run bears before it stops, in a state from which it goes on. Pure.

What counts is what became of an object, once per object: refused, or there twice. A throttle, a
time-out, an answer that said nothing and was then found on the server: none of them is a failure.
An object that is held back by a failure counts for the share, but is no failure in a row: the
twenty tasks of one refused patient say nothing new of the server.
"""

from __future__ import annotations

from dataclasses import dataclass

ENOUGH_TO_JUDGE = 20
"""Below this number of outcomes the share of failures says nothing."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """What is borne, and what has been.

    Attributes:
        share: a larger part of the outcomes than this may not be failures (0 to 1).
        in_a_row: so many failures one after the other are too many; 0: no limit.
        judged, failed: outcomes so far, and how many of them were failures.
        row: failures since the last success.
    """

    share: float
    in_a_row: int = 0
    judged: int = 0
    failed: int = 0
    row: int = 0

    def count(self, *, failed: bool, held_back: bool = False) -> None:
        """Take note of what became of one object.

        Args:
            failed: it is known that it will not come without a person.
            held_back: it failed only because something that it refers to did; nothing was sent.
        """
        self.judged += 1
        self.failed += failed
        if not failed:
            self.row = 0
        elif not held_back:
            self.row += 1

    @property
    def spent(self) -> bool:
        """Whether it is enough: by the share, or by failures in a row."""
        too_many = self.judged >= ENOUGH_TO_JUDGE and self.failed > self.share * self.judged
        return too_many or 0 < self.in_a_row <= self.row
