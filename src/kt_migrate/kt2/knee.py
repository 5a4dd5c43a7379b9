"""Finds the knee: how few requests under way give as many answers per second as there can be.

What a server cannot work on queues: each waits longer, and no more come out. Latency alone
does not show where that begins, for it grows long before the throughput stops growing (server.md
§1). So every step is judged by the throughput, which in a window that is always full is its size
divided by the mean latency (Little's law): no clock is needed, and bursts do not disturb it.

1. Up, by half, as long as it pays; what does not pay is taken back.
2. Then down, by a fifth, as long as it costs nothing.
3. Then hold; and try a step up and a step down in turn, for servers change.
4. A latency that jumps is a step down by half, judged in the same way: slow because of us, or slow.
   One that drops is a reason to go up at once.
5. A server that throttles, or fails often, is no experiment: half, and not as high again soon.

Pure: no clock, no waiting. `kt2.pace` gives the turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto

START = 4
"""Requests under way at the start; it grows while that pays."""

UP = 1.5
DOWN = 1.25
HALF = 2.0
PAYS = 0.2
"""A step up must bring this part of what it could bring at most."""
COSTS = 0.12
"""A step down may cost this part of what it could cost at most."""
JUMP = 3.0
"""So many times the latency that was to be expected is a jump."""
DROP = 0.6
"""Below this part of the latency that was to be expected, there is room."""
SMALL_SECONDS = 0.05
"""A latency below this is never a jump: that is the machine's own restlessness."""
FEW, MANY = 32, 320
"""Answers in a measurement: at least, and at most when the outcome stays in doubt."""
HOLD_TURNS, HOLD_LEAST, HOLD_DOUBLED = 32, 10 * FEW, 3
"""How long a window is held before the next trial: answers per request under way, answers at least,
and how often that is doubled while trials bring nothing."""
PATIENCE = 1_000
"""After so many good answers the height at which the server throttled may be tried again."""
_DOUBT, _SURE = 1.0, 4.0
"""A difference counts when it is this many standard deviations away from the threshold; when it is
that many, few answers are enough."""
_RESTLESS = 0.05
"""No throughput is known better than this from few answers."""
_FEW_IN_CHUNK = 8
_TROUBLE_SHARE = 0.25


class _Mode(Enum):
    HOLD = auto()
    UP = auto()
    DOWN = auto()


@dataclass(slots=True)
class Sample:
    """Latencies under one window.

    Attributes:
        window: how many requests were under way.
        count: how many answers.
        total: seconds that they took together.
        squares: sum of the squares of those seconds.
    """

    window: int
    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, seconds: float) -> None:
        """Take one more."""
        self.count += 1
        self.total += seconds
        self.squares += seconds * seconds

    @property
    def mean(self) -> float:
        """Mean latency, in seconds; never 0."""
        return max(self.total / max(1, self.count), 1e-9)

    @property
    def flow(self) -> float:
        """Answers per second."""
        return self.window / self.mean

    @property
    def doubt(self) -> float:
        """Variance of the mean, relative to its square."""
        spread = max(0.0, self.squares / max(1, self.count) - self.mean**2)
        return spread / self.mean**2 / max(1, self.count)


@dataclass(slots=True)
class Knee:
    """How many requests may be under way now.

    Attributes:
        most: never more than this.
        allowed: the present window.
    """

    most: int
    allowed: int = 0
    _mode: _Mode = _Mode.HOLD
    _now: Sample = field(default_factory=lambda: Sample(0))
    _chunk: Sample = field(default_factory=lambda: Sample(0))
    _base: Sample | None = None
    _good: int = 0
    _step: float = DOWN
    _next: _Mode = _Mode.UP
    _skip: int = 0
    _trouble: int = 0
    _ceiling: int = 0
    _calm: int = 0
    _refused: int = 0

    def __post_init__(self) -> None:
        self.allowed = max(1, min(self.allowed or START, self.most))
        self._ceiling = self.most
        self._restart()

    def answered(self, seconds: float, *, full: bool) -> None:
        """Learn from an answer.

        Args:
            seconds: how long it held its turn.
            full: as many were under way as are allowed; else it says nothing of this window.
        """
        self._calm += 1
        if self._calm == PATIENCE:
            self._ceiling = self.most
        if not full:
            return
        if self._skip:
            self._skip -= 1
            return
        self._now.add(seconds)
        self._chunk.add(seconds)
        if self._chunk.count >= max(_FEW_IN_CHUNK, self.allowed) and self._look():
            return
        if self._now.count >= max(_FEW_IN_CHUNK, self.allowed):
            self._judge()

    def failed(self) -> None:
        """Learn from a request without a usable answer; several of them halve the window."""
        self._trouble += 1
        if self._trouble >= max(2, _TROUBLE_SHARE * self.allowed):
            self.back_off()

    def back_off(self) -> None:
        """Halve the window, down to one: the server says that it is too much."""
        if self._calm:
            self._ceiling = max(1, self.allowed - 1)
        self._calm = 0
        self.allowed = max(1, self.allowed // 2)
        self._restart()

    def _restart(self) -> None:
        self._mode, self._base, self._good = _Mode.HOLD, None, self.allowed
        self._next, self._refused = _Mode.UP, 0
        self._measure()

    def _measure(self) -> None:
        """Measure the present window anew; what is under way began in another one."""
        self._now, self._chunk = Sample(self.allowed), Sample(self.allowed)
        self._skip, self._trouble = self.allowed, 0

    def _look(self) -> bool:
        """Look whether the last few answers show that the server has changed."""
        chunk, self._chunk, self._trouble = self._chunk, Sample(self.allowed), 0
        if self._base is None:
            return False
        expected = self._base.mean * max(1.0, self.allowed / self._base.window)
        if chunk.mean > max(JUMP * expected, SMALL_SECONDS):
            self._base, self._good = chunk, self.allowed
            self._try(_Mode.DOWN, HALF)
            return True
        if self._mode is _Mode.HOLD and chunk.mean < DROP * expected:
            self._base, self._good = chunk, self.allowed
            self._try(_Mode.UP, UP)
            return True
        return False

    def _judge(self) -> None:
        match self._mode:
            case _Mode.HOLD:
                self._judge_hold()
            case _Mode.UP:
                self._judge_up()
            case _Mode.DOWN:
                self._judge_down()

    def _judge_hold(self) -> None:
        first = self._base is None
        held = max(HOLD_LEAST, HOLD_TURNS * self.allowed) << min(self._refused, HOLD_DOUBLED)
        if self._now.count < (max(FEW, 2 * self.allowed) if first else held):
            return
        self._base, self._good = self._now, self.allowed
        self._next, mode = self._other(self._next), self._next
        self._try(mode, UP if first else DOWN)

    def _judge_up(self) -> None:
        base = self._base or self._now
        possible = self.allowed / base.window - 1
        pays = self._above(base, 1 + PAYS * possible)
        if pays is None:
            return
        if pays:
            self._base, self._good, self._refused = self._now, self.allowed, 0
            self._try(_Mode.UP, self._step)
        else:
            self.allowed = self._good
            if self._step == UP:
                self._try(_Mode.DOWN, DOWN)
            else:
                self._hold()

    def _judge_down(self) -> None:
        base = self._base or self._now
        possible = 1 - self.allowed / base.window
        free = self._above(base, 1 - COSTS * possible)
        if free is None:
            return
        if free:  # always against where it began: many small losses are a large one
            self._good, self._refused = self.allowed, 0
            self._try(_Mode.DOWN, self._step)
        else:
            jumped = self._step == HALF and self._good == base.window
            self.allowed = self._good
            if jumped:  # slow, but not because of us
                self._try(_Mode.UP, UP)
            else:
                self._hold()

    def _above(self, base: Sample, factor: float) -> bool | None:
        """Whether the throughput is above a multiple of the base's; None: in doubt, go on."""
        ratio = self._now.flow / base.flow
        margin = _DOUBT * ratio * math.sqrt(self._now.doubt + base.doubt)
        away, count = abs(ratio - factor), self._now.count
        enough = count >= max(FEW, 2 * self.allowed) or away > _SURE * max(margin, _RESTLESS)
        if not enough or (away < margin and count < max(MANY, 4 * self.allowed)):
            return None
        return ratio > factor

    def _try(self, mode: _Mode, step: float) -> None:
        """Go one step up or down, or hold when there is no room for it."""
        self._mode, self._step = mode, step
        if mode is _Mode.UP:
            wanted = min(self.most, self._ceiling, math.ceil(self.allowed * step))
        else:
            wanted = min(self.allowed - 1, int(self.allowed / step))
        if wanted < 1 or (mode is _Mode.UP and wanted <= self.allowed):
            self._no_room(mode)
            return
        self.allowed = wanted
        self._measure()

    def _no_room(self, mode: _Mode) -> None:
        if mode is _Mode.UP and self._step == UP and self.allowed > 1:
            self._try(_Mode.DOWN, DOWN)
        else:
            self._hold()

    def _hold(self) -> None:
        self._mode, self._refused = _Mode.HOLD, self._refused + 1
        self._measure()

    @staticmethod
    def _other(mode: _Mode) -> _Mode:
        return _Mode.DOWN if mode is _Mode.UP else _Mode.UP
