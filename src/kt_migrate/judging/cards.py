"""The dossiers of a sample as they are shown: each object beside itself, in a professional's words.

All of it holds what clients told: it lives in memory, and is shown to who judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import Said, said
from kt_migrate.history.careplans import CAREPLAN
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.judging.drawing import Ending, Kind, Stratum
from kt_migrate.judging.fields import Both, Compared, Left, Line, compared, left_out, walked
from kt_migrate.judging.items import Item
from kt_migrate.judging.planned import Named
from kt_migrate.judging.source import Source
from kt_migrate.judging.target import Target
from kt_migrate.judging.values import Naming, of_source, of_target
from kt_migrate.judging.words import kind_word
from kt_migrate.kt2.search import Found
from kt_migrate.kt13.body import extension_value, first_text
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.kt13.links import split_version
from kt_migrate.language import shown, tr
from kt_migrate.mapping.mapper import never_migrated
from kt_migrate.model import Body, Outcome, Resource

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
_OUTCOMES: Mapping[Outcome, Said] = {
    Outcome.MIGRATED: said("came over"),
    Outcome.NOT_MIGRATED: said("is not migrated, as agreed"),
    Outcome.REJECTED: said("did not come over"),
    Outcome.OUT_OF_SCOPE: said("was left out, as agreed"),
}
_FOLLOWS = frozenset({HEADER, DOCUMENT, "CarePlanActivityStatus", "CarePlanActivity"})
"""What is no object of its own to who judges."""


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


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that dossiers are shown with.

    Attributes:
        algorithm: by which the plan was made.
        source: KT 1.3's side.
        target: KT 2.0's.
    """

    algorithm: Algorithm
    source: Source
    target: Target

    def card(self, link: str, stratum: Stratum, items: tuple[Item, ...]) -> Card:
        """Return a dossier as it is shown."""
        naming = _naming(self.source, self.target)
        return Card(
            link=link,
            stratum=stratum,
            objects=tuple(one for item in items for one in self._shown(item, naming)),
            besides=tuple(self._besides(link, naming)),
        )

    def _shown(self, item: Item, naming: Naming) -> Iterator[Shown]:
        body = self.source.bodies.get(item.named, {})
        if not item.writes:
            both = Both(source_type=item.source_type, body=body, resource={}, naming=naming)
            yield self._object(item, body, None, compared(both, self.algorithm), naming)
        for write in item.writes:
            found = self.target.of(write.key)
            both = Both(
                source_type=item.source_type,
                body=body,
                resource=found[0].resource if found else {},
                naming=naming,
                supplied=item.supplied,
            )
            result = compared(both, self.algorithm)
            yield self._object(item, body, found, result, naming, write.key.reference)

    def _object(
        self,
        item: Item,
        body: Body,
        found: tuple[Found, ...] | None,
        result: Compared,
        naming: Naming,
        key: str = "",
    ) -> Shown:
        there = len(found or ()) == 1
        return Shown(
            kind=kind_word(item.source_type),
            name=_source_name(item.source_type, body, naming) or _target_name(found, naming),
            state=_state(item, there=there),
            good=there if item.outcome is Outcome.MIGRATED else item.outcome in _GOOD,
            reasons=tuple(_reasons(item)),
            lines=result.lines,
            left=result.left,
            missing=tuple(_missing(item, body, found)),
            details=tuple(_technical(item, found, key)),
            seen=tuple(_seen(found)),
            own=item.own,
        )

    def _besides(self, link: str, naming: Naming) -> Iterator[Beside]:
        """Yield what of a client is in KT 1.3 alone, by kind."""
        groups: dict[str, list[Body]] = {}
        for (source_type, _of), body in sorted(self.source.besides.items(), key=_named):
            if source_type not in _FOLLOWS and any(_is(text, link) for _p, text in walked(body)):
                groups.setdefault(source_type, []).append(body)
        for kind, bodies in groups.items():
            never = never_migrated(kind, self.algorithm)
            if never is None:
                continue
            yield Beside(
                kind=kind_word(kind),
                count=len(bodies),
                why=tr("each of its activities stands in KT 2.0 for itself")
                if kind == CAREPLAN
                else tr("KT 2.0 has no place for it"),
                rule=never.rule,
                because=shown(self.algorithm.reasons.get(never.rule, "")),
                objects=tuple(tuple(self._values(kind, one, naming)) for one in bodies),
            )

    def _values(self, kind: str, body: Body, naming: Naming) -> Iterator[tuple[str, str]]:
        """Yield (label, text) of what of an object no rule brings over."""
        both = Both(source_type=kind, body=body, resource={}, naming=naming)
        for left in left_out(both, self.algorithm):
            if not left.technical:
                yield left.label, "; ".join(left.values)


_GOOD = frozenset({Outcome.NOT_MIGRATED, Outcome.OUT_OF_SCOPE})


def _named(pair: tuple[Named, Body]) -> Named:
    return pair[0]


def _is(text: str, link: str) -> bool:
    return split_version(text)[0] == link


def _state(item: Item, *, there: bool) -> str:
    if item.outcome is None:
        return tr("is not in the archive")
    if item.outcome is Outcome.MIGRATED and not there:
        return tr("is not on the server")
    return shown(_OUTCOMES[item.outcome])


def _reasons(item: Item) -> Iterator[str]:
    """Yield in words why an object did not come over, and what was said of it besides."""
    codes = dict.fromkeys(issue.code for issue in item.issues)
    for code in codes or ([item.reason] if item.reason in CATALOGUE else []):
        entry = CATALOGUE[code]
        if entry.error_class is not ErrorClass.NOTICE or item.outcome is Outcome.MIGRATED:
            yield shown(entry.title)


def _missing(item: Item, body: Body, found: tuple[Found, ...] | None) -> Iterator[str]:
    if not body and item.outcome is not None:
        yield tr("What KT 1.3 had of it was not found in the archive as the plan has it.")
    if found is not None and len(found) > 1:
        yield tr("The server has it more than once.")


def _technical(item: Item, found: tuple[Found, ...] | None, key: str) -> Iterator[tuple[str, str]]:
    yield "KT 1.3", f"{item.source_type} {item.link}"
    if item.last[0]:
        yield tr("message"), " ".join(filter(None, item.last))
    if key:
        yield "KT 2.0", key
    for seen in _seen(found):
        yield tr("on the server"), seen
    if item.reason:
        yield tr("reason"), item.reason
    for issue in item.issues:
        parts = (issue.code, issue.path, issue.rule, issue.detail)
        yield tr("said of it"), " ".join(filter(None, parts))


def _seen(found: tuple[Found, ...] | None) -> Iterator[str]:
    for one in found or ():
        yield f"{one.resource.get('resourceType')}/{one.id}/_history/{one.version}"


def _naming(source: Source, target: Target) -> Naming:
    """Return what knows the names of references on both sides."""
    every = source.named | source.besides | source.bodies
    old = {link: (kind, body) for (kind, link), body in every.items()}
    old |= {
        number: (kind, body)
        for (kind, _link), body in every.items()
        if kind == "ActivityDefinition" and (number := definition_identifier(body))
    }
    new = target.named()

    def naming(text: str) -> str:
        if text in new:
            return _resource_name(new[text])
        kind, body = old.get(split_version(text)[0], ("", {}))
        return _source_name(kind, body, _nobody) if kind else ""

    return naming


def _nobody(_text: str) -> str:
    return ""


def _source_name(source_type: str, body: Body, naming: Naming) -> str:
    """Return what an object of KT 1.3 is called; empty: it has no name."""
    if source_type == "CarePlanActivity":
        nodes = body.get("activity", [])
        node = nodes[0] if nodes and isinstance(nodes[0], dict) else {}
        return _text(node, "CarePlan#ActivityDescription", naming)
    own = {
        "CareTeam": "CareTeam#Name",
        "ActivityDefinition": "ActivityDefinition#ActivityName",
    }.get(source_type)
    if own is not None:
        return _text(body, own, naming)
    names = body.get("name", [])
    return of_source(names[0], "name", naming) if names else first_text(body, "title") or ""


def _text(body: Body, extension: str, naming: Naming) -> str:
    value = extension_value(body, extension)
    return "" if value is None else of_source(value, "", naming)


def _target_name(found: tuple[Found, ...] | None, naming: Naming) -> str:
    del naming
    return _resource_name(found[0].resource) if found else ""


def _resource_name(resource: Resource) -> str:
    for element in ("name", "title", "description"):
        texts = of_target(resource.get(element), element, _nobody)
        if texts:
            return texts[0]
    return ""
