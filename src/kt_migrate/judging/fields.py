"""One object beside itself: KT 1.3 at left, KT 2.0 at right, element by element, and the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kt_migrate.algorithm.fhirpath import compiled
from kt_migrate.algorithm.model import Algorithm, Rule, TypeRules
from kt_migrate.algorithm.paths import is_simple
from kt_migrate.algorithm.presenting import Presented
from kt_migrate.algorithm.registry import split_call
from kt_migrate.books import RESOURCE_ORIGIN
from kt_migrate.errors import Said, said
from kt_migrate.history.careplans import CAREPLAN
from kt_migrate.judging.values import Naming, of_source, of_target
from kt_migrate.judging.words import TECHNICAL, element_word, rule_words
from kt_migrate.kt13.body import first_text
from kt_migrate.language import shown, tr
from kt_migrate.mapping.coverage import Status, fate_of, read_besides, shown_extension
from kt_migrate.mapping.coverage import shown as shown_name
from kt_migrate.mapping.selecting import select
from kt_migrate.model import Body, Json, Node, Resource
from kt_migrate.plan.elements import own_elements
from kt_migrate.plan.rows import SuppliedRow

_OURS = frozenset({"resourceType", "id", "meta", "text", "implicitRules"})
_NARRATIVE = "text"
_ANCHORS = frozenset({"id", "url"})
_SAYS_NOTHING = frozenset({"system", "use", "display", "version", "primary", "userSelected"})
_WITHIN = frozenset({"coding", "reference", "resource"})


class Relation(StrEnum):
    """How the two sides compare, for who reads them."""

    SAME = "same"
    CHANGED = "changed"
    OLD_ONLY = "old-only"
    NEW_ONLY = "new-only"


RELATIONS: dict[Relation, Said] = {
    Relation.SAME: said("the same"),
    Relation.CHANGED: said("written otherwise"),
    Relation.OLD_ONLY: said("only in KT 1.3"),
    Relation.NEW_ONLY: said("only in KT 2.0"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One element.

    Attributes:
        label: what it is called.
        old, new: its values on either side, as texts.
        rule: what the rule does, in words.
        rules: ids of the rules.
        technical: it says nothing to who knows the client.
        details: (what, text) of the technical side.
    """

    label: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    rule: str
    rules: tuple[str, ...] = ()
    technical: bool = False
    details: tuple[tuple[str, str], ...] = ()

    @property
    def relation(self) -> Relation:
        """How the two sides compare."""
        if set(self.old) == set(self.new):
            return Relation.SAME
        if not self.new:
            return Relation.OLD_ONLY
        return Relation.CHANGED if self.old else Relation.NEW_ONLY

    @property
    def mark(self) -> str:
        """The same in words."""
        return shown(RELATIONS[self.relation])


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One element of KT 1.3 that is not in KT 2.0.

    Attributes:
        label: what it is called.
        values: as texts.
        why: in words.
        rule: id of the rule that leaves it; empty: no rule reads it.
        technical: it says nothing to who knows the client.
        details: (what, text) of the technical side.
    """

    label: str
    values: tuple[str, ...]
    why: str
    rule: str = ""
    technical: bool = False
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One object beside itself."""

    lines: tuple[Line, ...] = ()
    left: tuple[Left, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """One object on either side.

    Attributes:
        source_type: its KT 1.3 type.
        body: its last state; empty: it was not found.
        resource: as the server has it; empty: it is not there.
        supplied: rows of the enrichment that are about it.
        naming: knows what references are called.
    """

    source_type: str
    body: Body
    resource: Resource
    naming: Naming
    supplied: Sequence[SuppliedRow] = ()


def compared(both: Both, algorithm: Algorithm) -> Compared:
    """Lay an object beside itself, by the rules of an algorithm."""
    rules = algorithm.types.get(both.source_type)
    lines = tuple(_lines(both, rules)) if rules else ()
    return Compared(lines, tuple(left_out(both, algorithm)))


def _lines(both: Both, rules: TypeRules) -> Iterator[Line]:
    by_target: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        by_target.setdefault(rule.to.partition(".")[0], []).append(rule)
    for element, ours in by_target.items():
        line = _line(both, rules.target, element, ours)
        if line.old or line.new:
            yield line
    for element, value in both.resource.items():
        new = _new(value, element, both.naming)
        if new and element not in by_target and element not in _OURS:
            words = tr("no rule of ours writes this")
            yield Line(label=element_word(element), old=(), new=new, rule=words)


def _line(both: Both, r4_type: str, element: str, rules: list[Rule]) -> Line:
    nodes = [node for rule in rules for node in _selected(both.body, both.source_type, rule)]
    texts = [of_source(node, element, both.naming) for node in nodes]
    old = dict.fromkeys(filter(None, texts or _besides(both, rules)))
    ids = {rule.id for rule in rules}
    given = [row for row in both.supplied if row.rule in ids and row.status == "used"]
    return Line(
        label=element_word(element, r4_type),
        old=tuple(old),
        new=_new(both.resource.get(element), element, both.naming),
        rule=_said(rules, given),
        rules=tuple(rule.id for rule in rules),
        technical=element in TECHNICAL,
        details=tuple(_details(rules)),
    )


def _besides(both: Both, rules: list[Rule]) -> Iterator[str]:
    """Yield what the functions of rules read besides: a planned start, who takes part."""
    for rule in rules:
        for path in read_besides(both.source_type, split_call(rule.using)[0]):
            for node in select(both.body, path):
                text = of_source(node, rule.to, both.naming)
                name = _last(path) if "[" in path and rule.to != "description" else ""
                yield f"{element_word(name)}: {text}" if text and name else text


def _new(value: Json, element: str, naming: Naming) -> tuple[str, ...]:
    if element == "extension" and isinstance(value, list):
        value = [v for v in value if not (isinstance(v, dict) and v.get("url") == RESOURCE_ORIGIN)]
    return tuple(dict.fromkeys(of_target(value, element, naming)))


def _said(rules: list[Rule], given: list[SuppliedRow]) -> str:
    if given:
        where = ", ".join(dict.fromkeys(f"{row.file}:{row.line}" for row in given))
        return tr("filled in by the care provider ({where})", where=where)
    words = (rule_words(split_call(rule.using)[0], fixed=rule.value is not None) for rule in rules)
    return "; ".join(dict.fromkeys(words))


def _details(rules: list[Rule]) -> Iterator[tuple[str, str]]:
    for rule in rules:
        yield tr("rule"), rule.id
        if rule.value is not None:
            yield tr("always"), rule.value
        else:
            yield tr("how"), " → ".join(filter(None, (rule.source, rule.using, rule.to)))
        yield tr("because"), shown(rule.because)


def _selected(body: Body, source_type: str, rule: Rule) -> list[Node]:
    if not rule.source or not body:
        return []
    if is_simple(rule.source):
        return select(body, rule.source)
    try:
        return Presented(body, source_type).select(compiled(rule.source))
    except Exception:  # noqa: BLE001  (whatever the library raises: the plan has said so)
        return []


def left_out(both: Both, algorithm: Algorithm) -> Iterator[Left]:
    """Yield the elements of an object that no rule brings to KT 2.0."""
    source_type, body = both.source_type, both.body
    found: dict[str, list[str]] = {}
    for path, value in walked(_accounted(source_type, body)):
        if path.partition(".")[0] != _NARRATIVE or source_type not in algorithm.types:
            found.setdefault(path, []).append(value)
    for path, values in found.items():
        fate = fate_of(source_type, path, algorithm)
        if fate.status is Status.READ:
            continue
        name = _last(path)
        texts = dict.fromkeys(of_source(value, name, both.naming) for value in values)
        ignored = fate.status is Status.IGNORED
        because = ((tr("because"), shown(fate.because)),) if fate.because else ()
        yield Left(
            label=_label(path),
            values=tuple(texts),
            why=tr("left out on purpose") if ignored else tr("no rule of ours reads it"),
            rule=" ".join(fate.rules),
            technical=path.rpartition(".")[2] in _SAYS_NOTHING,
            details=((tr("path"), path), *because),
        )


def _accounted(source_type: str, body: Body) -> Body:
    """Return what of an object's body is its own; a care plan's goals are shown with it."""
    own = own_elements(source_type, body)
    return {**own, "goal": body["goal"]} if source_type == CAREPLAN and "goal" in body else own


def walked(body: Body, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every value in a body, by the paths that the algorithm knows."""
    for name, nodes in body.items():
        for node in nodes if name not in _ANCHORS else ():
            if isinstance(node, dict) and name == "extension":
                step = f"extension[{shown_extension(first_text(node, 'url') or '')}]"
            else:
                step = shown_name(name)
            path = f"{above}.{step}" if above else step
            if isinstance(node, dict):
                yield from walked(node, path)
            else:
                yield path, node


def _steps(path: str) -> list[str]:
    """Return the names along a path that mean something to a person."""
    steps = []
    for step in path.split("."):
        name = step.partition("[")[2].rstrip("]").rpartition("#")[2] or step
        if not name.startswith("value") and name not in _WITHIN:
            steps.append(name)
    return steps


def _last(path: str) -> str:
    return (_steps(path) or [path])[-1]


def _label(path: str) -> str:
    words = [element_word(step) for step in _steps(path)]
    return ": ".join(dict.fromkeys([words[0], words[-1]])) if words else path
