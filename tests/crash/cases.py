"""The cases of the crash matrix: drawn from a seed, so that each can be played again.

A case has one trap that it is for, in turn one of every kind, in a scene in which that trap can be
reached; the other starts and the server's troubles are drawn. Seeded draws and not hypothesis's
state machine: a case is real processes, half a second each, so there is nothing to shrink with, and
a list that is gone through in turn reaches every step, which draws do only in the long run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from crash.traps import Trap

CHOICES = ("adopt", "update", "refuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a case begins with.

    Attributes:
        domain: where it starts from (`domain.STARTS_FROM`).
        before: what somebody else put there before, of the first stage: `equal`, `other`, `double`
            say how many of each.
        choice: `--existing`.
        gone: how many leaves somebody removed; then a verification, and `--repair`.
        refused: how many objects the server refuses in the first start.
        conditional: whether the server offers conditional create.
    """

    domain: str = "empty"
    before: tuple[tuple[str, int], ...] = ()
    choice: str = ""
    gone: int = 0
    refused: int = 0
    conditional: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the matrix.

    Attributes:
        seed: draws it again.
        aim: name of the trap that it is for.
        scene: what it begins with.
        traps: one per start; None: nothing befalls it. After these come starts without.
        second: the starts (from 0) at which a second process is tried.
        faults: the server's troubles, as `sandbox.settings.Faults` has them.
    """

    seed: int
    aim: str
    scene: Scene
    traps: tuple[Trap | None, ...]
    second: frozenset[int]
    faults: dict[str, Any]


PLAIN = Scene()
MIXED = (("equal", 2), ("other", 2))
DOUBLE = (("double", 1), ("other", 1))
REFUSING = Scene(refused=3)
KEEPING = Scene(before=MIXED, choice="refuse")
BY_LOOK_UP = Scene(before=MIXED, choice="refuse", conditional=False)
GONE = Scene(domain="done", gone=4)

STEPS: tuple[tuple[str, Scene, int], ...] = (
    # step, where it can be reached, at which start
    ("planned→intent", PLAIN, 0),
    ("planned→intent", Scene(conditional=False), 0),
    ("intent→created", PLAIN, 0),
    ("intent→created", Scene(conditional=False), 1),
    ("intent→intent", PLAIN, 0),
    ("intent→waiting", PLAIN, 1),
    ("waiting→intent", PLAIN, 1),
    ("intent→unchanged", KEEPING, 0),
    ("intent→updated", Scene(domain="corrected"), 0),
    ("intent→updated", Scene(before=MIXED, choice="update"), 0),
    ("intent→adopted", Scene(before=MIXED, choice="adopt"), 0),
    ("intent→rejected", REFUSING, 0),
    ("intent→duplicate", Scene(before=DOUBLE, choice="update"), 0),
    ("planned→unchanged", BY_LOOK_UP, 0),
    ("planned→adopted", replace(BY_LOOK_UP, choice="adopt"), 0),
    ("planned→rejected", BY_LOOK_UP, 0),
    ("planned→duplicate", replace(BY_LOOK_UP, before=DOUBLE), 0),
    ("planned→blocked", KEEPING, 0),
    ("rejected→intent", REFUSING, 1),
    ("blocked→intent", REFUSING, 1),
    ("rejected→rejected", BY_LOOK_UP, 1),
    ("blocked→blocked", KEEPING, 1),
    ("created→repair", GONE, 0),
    ("repair→intent", GONE, 0),
)
SCENES = tuple(dict.fromkeys(scene for _step, scene, _start in STEPS))
OFTEN = ("planned→intent", "intent→created")
"""Steps that nearly every write takes; of the others there are few."""
WHENS = ("before", "during", "after")


def aims() -> list[tuple[Trap, Scene | None, int]]:
    """Return every kind of trap, with the scene and the start in which it can be reached."""
    found: list[tuple[Trap, Scene | None, int]] = [
        (Trap(kind="step", step=step, when=when), scene, start)
        for step, scene, start in STEPS
        for when in WHENS
    ]
    found += [
        (Trap(kind="request", method=method, when=when), None, 0)
        for method in ("write", "read")
        for when in ("before", "sent", "answered")
    ]
    found += [(Trap(kind="moment"), None, 0)] * 2
    found += [(Trap(kind="disk"), None, 0)] * 2
    found += [(Trap(kind="clock", amount=sign), None, 0) for sign in (1, -1)]
    return found


def case_of(seed: int) -> Case:
    """Draw the case of a seed: the number in the list of aims, all else by chance."""
    chance = Random(seed)
    every = aims()
    trap, wanted, start = every[seed % len(every)]
    scene = wanted or chance.choice(SCENES)
    aim = _drawn(trap, chance)
    traps: list[Trap | None] = [aim]
    if start:
        traps = [_leading_to(trap.step, chance), aim]
    traps += [_any(chance) for _more in range(chance.choice((0, 0, 1, 1, 2)))]
    second = frozenset(n for n, one in enumerate(traps) if one and chance.random() < 0.2)
    faults = _faults(chance, throttled=trap.step == "intent→intent")
    return Case(
        seed=seed, aim=aim.name, scene=scene, traps=tuple(traps), second=second, faults=faults
    )


def _leading_to(step: str, chance: Random) -> Trap | None:
    """Return what must befall the start before, so that the step can be reached."""
    if step in ("intent→waiting", "waiting→intent", "intent→created"):
        return Trap(kind="request", method="write", when="before", nth=chance.randint(1, 30))
    return None  # it ends by itself, with what was refused


def _any(chance: Random) -> Trap:
    return _drawn(chance.choice(aims())[0], chance)


def _drawn(trap: Trap, chance: Random) -> Trap:
    match trap.kind:
        case "step":
            return replace(trap, nth=chance.randint(1, 40 if trap.step in OFTEN else 2))
        case "request":
            return replace(trap, nth=chance.randint(1, 40 if trap.method == "write" else 4))
        case "disk":
            return replace(trap, amount=chance.randint(1_000, 150_000))
        case "clock":
            seconds = chance.choice((30, 3_600, 86_400, 31_536_000))
            return replace(trap, amount=trap.amount * seconds, nth=chance.randint(1, 60))
        case _:
            return replace(trap, amount=round(chance.uniform(0.02, 0.5), 3))


def _faults(chance: Random, *, throttled: bool) -> dict[str, Any]:
    faults: dict[str, Any] = {
        "latency_ms": chance.choice((0, 0, 2, 8)),
        "retry_after": chance.choice(("seconds", "none", "none")),
        "lost_race_500": chance.random() < 0.5,
        "token_seconds": chance.choice((300, 300, 2)),
    }
    each = {
        "error_every": (7, 23),
        "throttle_every": (17, 31),
        "drop_before_every": (5, 23),
        "drop_after_every": (5, 23),
        "half_every": (7, 23),
        "login_error_every": (2, 3),
        "reset_every": (11, 37),
    }
    for name in chance.sample(sorted(each), chance.choice((0, 1, 2, 3))):
        faults[name] = chance.randint(*each[name])
    if throttled:
        faults["throttle_every"] = chance.randint(9, 17)
    return faults
