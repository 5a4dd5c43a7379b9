"""`python tests/mutants ROOM…`: break each line of a room in many ways, and say what no test noticed.

`--sample N` draws N mutants over all the rooms, or over `--groups` of neighbours among them, by
`--seed` (the commit), and asks `--at-least`.
`--again` keeps what was noticed before and tries the rest once more: for who writes the tests.
`--record` writes the score to `scores.yaml`, of which docs/tests-that-notice.md is made.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from rooms import ROOMS, ROOT, drawn_groups
from ruamel.yaml import YAML
from score import Score, Survivor, count, function_of, harmless, is_noticed, unexplained
from workshop import Workshop

SCORES = Path(__file__).with_name("scores.yaml")


def survivors(shop: Workshop, names: list[str]) -> list[Survivor]:
    """Return what nobody noticed of these mutants."""
    results = shop.results()
    left = [name for name in names if not is_noticed(results[name])]
    return [Survivor(function_of(name), *shop.diff(name)) for name in left]


def show(found: list[Survivor]) -> None:
    """Print survivors, so that they can be pasted into `harmless/<room>.yaml`."""
    yaml = YAML()
    yaml.width = 1000
    if found:
        yaml.dump([{"in": s.function, "was": s.was, "became": s.became} for s in found], sys.stdout)


def try_room(name: str, arguments: argparse.Namespace) -> Score:
    """Try a room's mutants (or those that match `--only`), print what survived, return the score."""
    shop = Workshop(name, ROOMS[name])
    shop.open(fresh=not arguments.again)
    before = shop.results()
    names = sorted(n for n in before if arguments.only in function_of(n))
    shop.try_out([n for n in names if not is_noticed(before[n])], arguments.processes)
    known = harmless(name)
    left = survivors(shop, names)
    show(list(unexplained(left, known)))
    after = shop.results()
    score = count({n: after[n] for n in names}, sum(s in known for s in left))
    say(name, score)
    return score


def try_sample(arguments: argparse.Namespace) -> bool:
    """Try a sample over all the rooms; tell whether enough of it was noticed."""
    groups = drawn_groups(arguments.seed, arguments.groups)
    shops = [Workshop("-".join(room.tests), room) for room in groups]
    for shop in shops:
        shop.open(fresh=True)
    everything = [(place, mutant) for place, shop in enumerate(shops) for mutant in shop.names()]
    most = min(arguments.sample, len(everything))
    drawn = random.Random(arguments.seed).sample(everything, most)  # noqa: S311 (a draw, no secret)
    known = {survivor: why for room in ROOMS for survivor, why in harmless(room).items()}
    scores = []
    for place, shop in enumerate(shops):
        names = sorted(mutant for where, mutant in drawn if where == place)
        if not names:
            continue
        shop.try_out(names, arguments.processes)
        results, left = shop.results(), survivors(shop, names)
        show(list(unexplained(left, known)))
        scores.append(count({n: results[n] for n in names}, sum(s in known for s in left)))
        say(shop.name, scores[-1])
    whole = Score(*(sum(column) for column in zip(*(_fields(s) for s in scores), strict=True)))
    say("all", whole)
    at_least: float = arguments.at_least
    found = whole.noticed_of_what_matters
    print(f"{found:.1%} of those that do harm; asked {at_least:.0%}")  # noqa: T201
    return found >= at_least


def _fields(score: Score) -> tuple[int, int, int, int]:
    return score.made, score.types, score.noticed, score.harmless


def say(name: str, score: Score) -> None:
    """Print one line per room."""
    print(  # noqa: T201
        f"{name:12} {score.made:5} mutants, {score.types:5} refused by types, "
        f"{score.noticed:5} noticed = {score.share:.1%} of the rest, "
        f"{score.harmless} harmless, {score.open} open",
        flush=True,
    )


def record(name: str, score: Score) -> None:
    """Write a room's score down."""
    yaml = YAML()
    scores = yaml.load(SCORES) if SCORES.exists() else {}
    made, types, noticed, known = _fields(score)
    scores[name] = {"made": made, "types": types, "noticed": noticed, "harmless": known}
    yaml.dump({room: scores[room] for room in ROOMS if room in scores}, SCORES)


def main() -> int:
    """Parse, try, and exit with 1 when too little was noticed."""
    parser = argparse.ArgumentParser(prog="python tests/mutants", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", choices=[[], *ROOMS])
    parser.add_argument("--only", default="", help="functions whose dotted name contains this")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--groups", type=int, default=0)
    parser.add_argument("--seed", default="")
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.sample:
        return 0 if try_sample(arguments) else 1
    enough = True
    for name in arguments.rooms or ROOMS:
        score = try_room(name, arguments)
        enough = enough and score.share >= arguments.at_least
        if arguments.record:
            record(name, score)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    sys.exit(main())
