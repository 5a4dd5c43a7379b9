"""Lays the dossiers of a sample out: both sides of each object, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import Said, said
from kt_migrate.history.careplans import CAREPLAN
from kt_migrate.history.intake import DOCUMENT, HEADER
from kt_migrate.judging.cards import Beside, Card, Shown
from kt_migrate.judging.drawing import Stratum
from kt_migrate.judging.fields import Both, Compared, compared, left_out, walked
from kt_migrate.judging.items import Item
from kt_migrate.judging.names import naming_of, source_name, target_name
from kt_migrate.judging.planned import Named
from kt_migrate.judging.source import Source
from kt_migrate.judging.target import Target
from kt_migrate.judging.values import Naming
from kt_migrate.judging.words import kind_word
from kt_migrate.kt2.search import Found
from kt_migrate.kt13.links import split_version
from kt_migrate.language import shown, tr
from kt_migrate.mapping.mapper import never_migrated
from kt_migrate.model import Body, Outcome

_OUTCOMES: Mapping[Outcome, Said] = {
    Outcome.MIGRATED: said("came over"),
    Outcome.NOT_MIGRATED: said("is not migrated, as agreed"),
    Outcome.REJECTED: said("did not come over"),
    Outcome.OUT_OF_SCOPE: said("was left out, as agreed"),
}
_FOLLOWS = frozenset({HEADER, DOCUMENT, "CarePlanActivityStatus", "CarePlanActivity"})
"""What is no object of its own to who judges."""


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
        naming = naming_of(self.source, self.target)
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
            name=source_name(item.source_type, body, naming) or target_name(found),
            state=_state(item, len(found or ())),
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


def _state(item: Item, times: int) -> str:
    if item.outcome is None:
        return tr("is not in the archive")
    if item.outcome is Outcome.MIGRATED and times != 1:
        return tr("is on the server more than once") if times else tr("is not on the server")
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
