"""The dossiers of a sample as they are shown: each object beside itself, in a professional's words.

All of it holds what clients told: it lives in memory, and is shown to who judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kt_migrate.errors import Said, said
from kt_migrate.judging.drawing import Ending, Kind, Stratum
from kt_migrate.judging.fields import Left, Line
from kt_migrate.language import shown

KINDS: Mapping[Kind, Said] = {
    Kind.ACTIVITIES: said("with activities"),
    Kind.PEOPLE: said("with related persons or a team"),
    Kind.ALONE: said("the client alone"),
    Kind.UNKNOWN: said("not looked into"),
}
ENDINGS: Mapping[Ending, Said] = {
    Ending.MIGRATED: said("came over"),
    Ending.PARTLY: said("came over in part"),
    Ending.REJECTED: said("did not come over"),
    Ending.NOT_MIGRATED: said("is not migrated, as agreed"),
    Ending.OUT_OF_SCOPE: said("was left out, as agreed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One object of a dossier.

    Attributes:
        kind: what it is called.
        name: its own name.
        state: what became of it, in words.
        good: it is where it should be.
        reasons: why it did not come over, in words.
        lines, left: its elements.
        missing: what could not be shown, in words.
        details: (what, text) of the technical side.
        seen: `Type/id` and version of what the server gave.
        own: it belongs to this dossier.
    """

    kind: str
    name: str
    state: str
    good: bool
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    left: tuple[Left, ...]
    missing: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    seen: tuple[str, ...]
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What of a dossier is in KT 1.3 alone, per kind of object.

    Attributes:
        kind: what they are called.
        count: how many.
        why: in words.
        rule: id of the rule that leaves them.
        because: why, in the algorithm's words.
        objects: of each its values, as (label, text).
    """

    kind: str
    count: int
    why: str
    rule: str
    because: str
    objects: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One dossier of a sample.

    Attributes:
        link: the client's.
        stratum: what it is like.
        objects: what is in it.
        besides: what is in KT 1.3 alone.
    """

    link: str
    stratum: Stratum
    objects: tuple[Shown, ...]
    besides: tuple[Beside, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the rules that it shows, sorted."""
        lines = (rule for one in self.objects for line in one.lines for rule in line.rules)
        left = (rule for one in self.objects for lost in one.left for rule in lost.rule.split())
        return tuple(sorted({*lines, *left, *(one.rule for one in self.besides)}))

    @property
    def seen(self) -> tuple[str, ...]:
        """What the server gave, `Type/id/_history/version` of each, sorted."""
        return tuple(sorted({seen for one in self.objects for seen in one.seen}))

    @property
    def whole(self) -> bool:
        """Whether both sides of every object could be shown."""
        return not any(one.missing for one in self.objects)

    @property
    def stand(self) -> str:
        """What it is like, in words."""
        return f"{shown(KINDS[self.stratum.kind])}, {shown(ENDINGS[self.stratum.ending])}"
