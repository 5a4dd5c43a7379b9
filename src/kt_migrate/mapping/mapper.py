"""Applies an algorithm to the last state of one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kt_migrate.algorithm.codes import Otherwise
from kt_migrate.algorithm.fhirpath import compiled
from kt_migrate.algorithm.model import Algorithm, Policies, Rule, TypeRules
from kt_migrate.algorithm.presenting import Presented
from kt_migrate.algorithm.registry import FUNCTIONS, Function, Lookup, Supply, part_of, split_call
from kt_migrate.mapping.selecting import Steps, steps_of, walked
from kt_migrate.model import (
    MIGRATION_SYSTEM,
    PROFILE_BASE,
    Issue,
    Json,
    Key,
    Mapped,
    Node,
    NotMigrated,
    Reference,
    Rejected,
    Resource,
    SourceObject,
    Supplied,
    Used,
    Write,
)

ENDPOINT_EXISTS = "endpoint-exists"
"""Rule of an application whose Endpoint is already in KT 2.0 (`reference:` in kt-migrate.yaml)."""


def map_object(
    source: SourceObject, algorithm: Algorithm, lookup: Lookup
) -> Mapped | NotMigrated | Rejected:
    """Make R4 resources of the last state of one object.

    Args:
        source: the object.
        algorithm: what becomes what.
        lookup: what may be asked about the rest of the domain.

    Returns:
        The resources, with conditional references; or why there are none. The same arguments
        give the same result, byte for byte.
    """
    unwanted = _unwanted(source, algorithm, lookup)
    if unwanted is not None:
        return unwanted
    rules = algorithm.types[source.source_type]
    context = _Context(source, algorithm, lookup, rules)
    resource: Resource = {
        "resourceType": rules.target,
        "meta": {"profile": [PROFILE_BASE + rules.target]},
    }
    for ready in _ready(algorithm, source.source_type):
        _apply(ready, context, resource)
    used = tuple(context.used)
    if context.rejects:
        return Rejected(issues=tuple(dict.fromkeys(context.rejects)), used=used)
    return Mapped(
        writes=_writes(source, rules, resource, context),
        notices=tuple(dict.fromkeys(context.notices)),
        used=used,
    )


def never_migrated(source_type: str, algorithm: Algorithm) -> NotMigrated | None:
    """Return what ends every object of a type, whatever is in it; None: it depends on that."""
    tasks = source_type == "CarePlanSubActivity" and algorithm.policies.sub_activities == "tasks"
    if source_type == "CarePlanActivityStatus" or tasks:
        return None
    rule = algorithm.not_migrated.get(source_type)
    return None if rule is None else NotMigrated(rule=rule)


def _unwanted(
    source: SourceObject, algorithm: Algorithm, lookup: Lookup
) -> NotMigrated | Rejected | None:
    """Return what ends an object before any rule looks at it."""
    source_type = source.source_type
    if source_type == "CarePlanActivityStatus":
        return Rejected(issues=(Issue(code="activity-unknown"),))
    never = never_migrated(source_type, algorithm)
    if never is not None:
        return never
    if source_type == "Application":
        entry = lookup.application(source.link)
        if entry is not None and entry.reference is not None:
            return NotMigrated(rule=ENDPOINT_EXISTS)
    if source_type not in algorithm.types:
        return Rejected(issues=(Issue(code="type-unknown", detail=source_type),))
    return None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule with everything looked up that is the same for every object.

    Attributes:
        rule: the rule.
        steps: of a dotted `from`; empty: there is none, or it is FHIRPath.
        call: the function; its arguments; how it takes what is supplied.
    """

    rule: Rule
    to: str
    value: str | None
    when: str | None
    source: str
    steps: Steps
    call: Function
    arguments: tuple[str, ...]
    supply: Supply


_READY: dict[tuple[str, str], tuple[_Ready, ...]] = {}
"""Per digest and type: an algorithm is asked for each of its types a million times."""


def _ready(algorithm: Algorithm, source_type: str) -> tuple[_Ready, ...]:
    key = (algorithm.digest, source_type)
    if key not in _READY:
        _READY[key] = tuple(map(_made_ready, algorithm.types[source_type].rules))
    return _READY[key]


def _made_ready(rule: Rule) -> _Ready:
    name, arguments = split_call(rule.using)
    return _Ready(
        rule,
        rule.to,
        rule.value,
        rule.when,
        rule.source,
        steps_of(rule.source) if rule.source else (),
        FUNCTIONS[name].call,
        arguments,
        FUNCTIONS[name].supply,
    )


def _apply(ready: _Ready, context: _Context, resource: Resource) -> None:
    context.start(ready.rule)
    before = len(context.rejects)
    if ready.when is not None and not context.holds(ready.when):
        return
    value: Json = ready.value
    if value is None:
        value = ready.call(context, context.found(ready), ready.arguments)
    if value is not None:
        resource[ready.to] = value
    elif ready.rule.required and len(context.rejects) == before:
        context.reject("value-missing")


def _writes(
    source: SourceObject, rules: TypeRules, resource: Resource, context: _Context
) -> tuple[Write, ...]:
    system = MIGRATION_SYSTEM + rules.identifier
    key = Key(r4_type=rules.target, system=system, value=source.link)
    choices = context.choices
    if choices is None:
        return (Write(key=key, resource=resource, references=tuple(context.references)),)
    element, values = choices
    others = [r for r in context.references if r.path[0] != element]
    owners = [r for r in context.references if r.path[0] == element]
    writes = []
    for number, (value, reference) in enumerate(zip(values, owners, strict=True), start=1):
        own = replace(key, value=f"{source.link}#owner-{number}")
        identifiers = resource.get("identifier")
        real = identifiers[1:] if isinstance(identifiers, list) else []
        temporary: Json = {"use": "temp", "system": own.system, "value": own.value}
        body: Resource = {**resource, element: value, "identifier": [temporary, *real]}
        writes.append(Write(key=own, resource=body, references=(*others, reference)))
    return tuple(writes)


class _Context:
    """One object at work; implements `algorithm.registry.Context`."""

    def __init__(
        self, source: SourceObject, algorithm: Algorithm, lookup: Lookup, rules: TypeRules
    ) -> None:
        self.source = source
        self.lookup = lookup
        self.policies: Policies = algorithm.policies
        self.rule: Rule  # the one at work; `_apply` says which
        self.rejects: list[Issue] = []
        self.notices: list[Issue] = []
        self.references: list[Reference] = []
        self.choices: tuple[str, list[Json]] | None = None
        self.used: list[Used] = []
        self._supplied = lookup.supplied(source.link)
        self._given: dict[str, Supplied] = {}  # what the rule at work takes of it, by field
        self._algorithm = algorithm
        self._target = rules.target
        self._body: Presented | None = None  # made when an expression asks for it

    def start(self, rule: Rule) -> None:
        """Begin with the next rule."""
        self.rule = rule
        self._given = {}

    def found(self, ready: _Ready) -> list[Node]:
        """Return what a rule's function gets: supplied values go before what the source says.

        The function judges them as it judges the source.
        """
        found = self._selected(ready)
        fields = ready.rule.fields if self._supplied else ()
        self._given = {field: self._supplied[field] for field in fields if field in self._supplied}
        if not self._given:
            return found
        self.used += [Used(rule=self.rule.id, field=field) for field in self._given]
        values = {part_of(field): given.value for field, given in self._given.items()}
        instead = ready.supply.put(self, found, values, ready.arguments)
        if not ready.source or any(node not in instead for node in found):
            self.notice("enriched")
        return instead

    def _selected(self, ready: _Ready) -> list[Node]:
        """Return the nodes of a rule's `from`: a dotted path, or FHIRPath."""
        if ready.steps:
            return walked(self.source.body, ready.steps)
        if not ready.source:
            return []
        try:
            return self._presented().select(compiled(ready.source))
        except Exception:  # noqa: BLE001  (whatever the library raises: the object is told apart)
            self.reject("expression-failed", "from")
            return []

    def holds(self, condition: str) -> bool:
        """Say whether a rule's `when` is true of the object."""
        try:
            answer = self._presented().holds(compiled(condition))
        except Exception:  # noqa: BLE001  (the same)
            answer = None
        if answer is None:
            self.reject("expression-failed", "when")
        return answer is True

    def _presented(self) -> Presented:
        if self._body is None:
            self._body = Presented(self.source.body, self.source.source_type)
        return self._body

    def code(self, table: str, code: str) -> str | Mapping[str, str] | None:
        return self._algorithm.codes.get(table, {}).get(code)

    def supplied(self, field: str) -> str | None:
        found = self._supplied.get(field)
        return None if found is None else found.value

    def source_code(self, table: str, target: str) -> str | None:
        codes = self._algorithm.codes.get(table, {})
        return next((code for code, becomes in codes.items() if becomes == target), None)

    def otherwise(self, table: str) -> Otherwise:
        return self._algorithm.otherwise(table)

    def notice(self, code: str, detail: str = "") -> None:
        self.notices.append(self._issue(code, detail))

    def reject(self, code: str, detail: str = "") -> None:
        self.rejects.append(self._issue(code, detail))

    def _issue(self, code: str, detail: str) -> Issue:
        path = f"{self._target}.{self.rule.to}"
        if self._given:
            # Of a code that was supplied nothing is repeated but where it stands.
            said = "" if code.startswith("code-") else detail
            wheres = (given.where for given in self._given.values())
            detail = " ".join(filter(None, (said, *dict.fromkeys(wheres))))
        return Issue(code=code, path=path, rule=self.rule.id, detail=detail)

    def key(self, link: str, allowed: tuple[str, ...]) -> Key | None:
        source_type = self.lookup.type_of(link)
        rules = None if source_type is None else self._algorithm.types.get(source_type)
        if source_type is None:
            target = identifier = allowed[0]
        elif rules is None or rules.target not in allowed:
            return None
        else:
            target, identifier = rules.target, rules.identifier
        return Key(r4_type=target, system=MIGRATION_SYSTEM + identifier, value=link)

    def refer(
        self,
        key: Key,
        path: tuple[str | int, ...],
        remove: tuple[str | int, ...] | None,
        others: tuple[Key, ...] = (),
    ) -> dict[str, Json]:
        element = self.rule.to
        self.references.append(
            Reference(
                target=key,
                path=(element, *path),
                remove=() if remove is None else (element, *remove),
                rule=self.rule.id,
                others=others,
            )
        )
        return {"reference": key.reference, "type": key.r4_type}

    def alternatives(self, values: list[Json]) -> None:
        self.choices = (self.rule.to, values)
