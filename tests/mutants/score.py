"""What trying a room's mutants came to, and which survivors are known to be harmless."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

HARMLESS = Path(__file__).with_name("harmless")
_NOTICED = {1, 3, 36, 24, -24, 152, 255}  # a test failed, or never ended
_BY_TYPES = 37
_UNTRIED = (None, 2)


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed.

    Attributes:
        function: whose, with its module.
        was: the line as it stands.
        became: the line as it was tried.
    """

    function: str
    was: str
    became: str


@dataclass(frozen=True)
class Score:
    """How many mutants of a room there are, and who noticed them.

    Attributes:
        made: all that were tried, or shown by types alone.
        types: that mypy refuses; they cannot be committed, so they are not counted as noticed either.
        noticed: on which a test fails or never ends.
        harmless: survivors listed with a reason.
    """

    made: int
    types: int
    noticed: int
    harmless: int = 0

    @property
    def share(self) -> float:
        """Return the noticed of those that types let through, 0 to 1; nothing tried is 0."""
        left = self.made - self.types
        return self.noticed / left if left else 0.0

    @property
    def noticed_of_what_matters(self) -> float:
        """Return the same without those that do no harm, as somebody wrote down with a reason."""
        left = self.made - self.types - self.harmless
        return self.noticed / left if left else 0.0

    @property
    def open(self) -> int:
        """Return how many nobody noticed and nobody explained."""
        return self.made - self.types - self.noticed - self.harmless


def is_noticed(code: int | None) -> bool:
    """Tell whether this end of a mutant means that somebody noticed it."""
    return code in _NOTICED or code == _BY_TYPES


def count(results: Mapping[str, int | None], harmless: int = 0) -> Score:
    """Return the score of what was tried."""
    tried = {name: code for name, code in results.items() if code not in _UNTRIED}
    kinds = Counter(
        "types" if code == _BY_TYPES else "noticed" if code in _NOTICED else "left"
        for code in tried.values()
    )
    return Score(len(tried), kinds["types"], kinds["noticed"], harmless)


def function_of(mutant: str) -> str:
    """Return the function of a mutant's name: `a.b.xǁClassǁmethod__mutmut_3` is `a.b.Class.method`."""
    module, _, name = mutant.rpartition(".")
    function = name.rpartition("__mutmut_")[0]
    function = function.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in function else function[2:]
    return f"{module}.{function}"


def harmless(room: str) -> dict[Survivor, str]:
    """Return the survivors of a room that were looked at, with why each is equal or harmless."""
    path = HARMLESS / f"{room}.yaml"
    if not path.exists():
        return {}
    entries = YAML(typ="safe").load(path) or []
    return {Survivor(e["in"], e["was"], e["became"]): e["why"] for e in entries}


def unexplained(survivors: Iterable[Survivor], known: Mapping[Survivor, str]) -> Iterator[Survivor]:
    """Yield the survivors that nobody explained."""
    return (survivor for survivor in survivors if survivor not in known)
