"""Functions for people: names, telecoms, addresses, relationships. Source: kt2.md §1.0, §8.4."""

from __future__ import annotations

from kt_migrate.algorithm.registry import Context, function
from kt_migrate.algorithm.supplying import ADDRESS, NAME, ROLE, TELECOMS
from kt_migrate.kt13.body import coding_code, first_text, texts
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import Body, Json, Node

_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
_OWN_PREFIX = "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix"
_OWN_NAME = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"
_CODE_SPECIFICATION = "http://nictiz.nl/fhir/StructureDefinition/ext-CodeSpecification"
_MOBILE: Json = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-AddressUse",
            "code": "MC",
            "display": "mobile contact",
        }
    ]
}


@function(reads=("use", "family", "given", "prefix"), supply=NAME)
def human_names(context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Rebuild names as nl-core wants them.

    * `use` absent → official. Family parts are joined by a space.
    * A prefix of known particles becomes part of the family, with own-prefix and own-name; any
      other prefix (a title) has no place and is reported.
    * Each given gets its qualifier: IN for an initial, else BR.
    * `usual` keeps its given names only. An official name without family or given cannot be:
      `name_incomplete` says whether that rejects, or makes it a name with use `temp`.
    """
    names = [node for node in nodes if isinstance(node, dict)]
    made = [name for node in names if (name := _name(context, node, len(names)))]
    return [*made] or None


def _name(context: Context, node: Body, count: int) -> dict[str, Json] | None:
    use = _use(node, count)
    givens = texts(node, "given")
    family, extensions = _family(context, node)
    if use == "usual":
        if family:
            context.notice("value-dropped", "name.family")
        return {"use": use, "given": [*givens], "_given": _qualifiers(givens)} if givens else None
    if use == "official" and not (family and givens):
        if context.policies.name_incomplete == "reject":
            context.reject("value-missing", "name.family" if givens else "name.given")
            return None
        use = "temp"
    made: dict[str, Json] = {"use": use}
    if family:
        made["family"] = family
        if extensions:
            made["_family"] = {"extension": extensions}
    if givens:
        made |= {"given": [*givens], "_given": _qualifiers(givens)}
    return made if len(made) > 1 else None


def _use(node: Body, count: int) -> str:
    use = first_text(node, "use") or "official"
    # The only name that there is is official, whatever its sender called it.
    return "official" if use == "usual" and node.get("family") and count == 1 else use


def _family(context: Context, node: Body) -> tuple[str, list[Json]]:
    family = " ".join(texts(node, "family"))
    prefixes = [word for prefix in texts(node, "prefix") for word in prefix.split()]
    if not prefixes:
        return family, []
    if not family or any(context.code("name-particles", w.lower()) is None for w in prefixes):
        context.notice("value-dropped", "name.prefix")
        return family, []
    own_prefix = " ".join(prefixes)
    extensions: list[Json] = [
        {"url": _OWN_PREFIX, "valueString": own_prefix},
        {"url": _OWN_NAME, "valueString": family},
    ]
    return f"{own_prefix} {family}", extensions


def _qualifiers(givens: list[str]) -> list[Json]:
    return [
        {"extension": [{"url": _QUALIFIER, "valueCode": "IN" if _initial(given) else "BR"}]}
        for given in givens
    ]


def _initial(given: str) -> bool:
    return given.endswith(".") or len(given) == 1


@function(reads=("system", "value", "use"), supply=TELECOMS)
def telecoms(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild telecoms; with the argument `email` not without an e-mail address.

    `mobile` becomes a telephone with code MC, `old` and empty ones are left out, an e-mail's use
    is only home or work. A value without a system cannot be placed and is reported.
    """
    made = [t for node in nodes if isinstance(node, dict) and (t := _telecom(context, node))]
    if arguments == ("email",) and not any(t.get("system") == "email" for t in made):
        context.reject("value-missing", "telecom.email")
        return None
    return [*made] or None


def _telecom(context: Context, node: Body) -> dict[str, Json] | None:
    system, value, use = (first_text(node, name) for name in ("system", "value", "use"))
    if not value or use == "old":
        return None
    if system not in ("phone", "fax", "email", "url"):
        context.notice("value-dropped", "telecom.system")
        return None
    made: dict[str, Json] = {"system": system, "value": value}
    if system == "phone" and use == "mobile":
        made["_system"] = {
            "extension": [{"url": _CODE_SPECIFICATION, "valueCodeableConcept": _MOBILE}]
        }
    elif use in ("home", "work") or (use == "temp" and system != "email"):
        made["use"] = use
    return made


@function(reads=("use", "line", "city", "zip", "country"), supply=ADDRESS)
def addresses(_context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Rebuild addresses: DSTU1's zip is R4's postalCode."""
    made: list[Json] = []
    for node in nodes:
        if not isinstance(node, dict):
            continue
        address: dict[str, Json] = {}
        use = first_text(node, "use")
        lines = texts(node, "line")
        if lines:
            address["line"] = [*lines]
        for source, target in (("city", "city"), ("zip", "postalCode"), ("country", "country")):
            value = first_text(node, source)
            if value:
                address[target] = value
        if address and use in ("home", "work", "temp", "old"):
            address["use"] = use
        if address:
            made.append(address)
    return made or None


@function(takes=3, tables=3)
def relationship(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Translate a relationship: `relationship(table, table for male, table for female)`.

    A code without sex uses the person's gender to choose. The system is ignored: four are in
    use for one list (kt13.md X8). Absent: what `relationship_missing` says.
    """
    codes = (coding_code(node, "RoleCode", "relationshiptype") for node in nodes)
    found = next(filter(None, codes), None)
    if not found:
        if context.policies.relationship_missing == "reject":
            return None
        found = "OTH"
    own = next(iter(context.source.body.get("gender", [])), None)
    gender = context.supplied("gender") or coding_code(own, "AdministrativeGender")
    male, female = arguments[1:3]
    sexed = {"M": male, "male": male, "F": female, "female": female}.get(gender)
    target = (context.code(sexed, found) if sexed else None) or context.code(arguments[0], found)
    if target is None or isinstance(target, str):
        context.reject("code-unknown", shown_code(found))
        return None
    if target.get("code") != found:
        context.notice("code-generalised", shown_code(found))
    return [{"coding": [dict(target)]}]


@function(reads=("reference", "role"), takes=1, tables=1, supply=ROLE)
def team_members(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild a team's participants from the care plans: `team_members(table)`.

    One participant per member, with all its roles. A role without a code in the table says that
    this is no member of a team. Patients are no members in KT 2.0.
    """
    roles: dict[str, list[str]] = {}
    for node in nodes:
        if isinstance(node, dict):
            link = first_text(node, "reference") or ""
            roles.setdefault(link, []).append(first_text(node, "role") or "")
    made: list[Json] = []
    for link, codes in sorted(roles.items()):
        participant = _participant(context, link, codes, arguments[0], len(made))
        if participant is not None:
            made.append(participant)
    return made or None


def _participant(context: Context, link: str, codes: list[str], table: str, place: int) -> Json:
    concepts: list[Json] = []
    for code in codes:
        if not code:
            continue
        target = context.code(table, code)
        if target is None:
            context.reject("code-unknown", shown_code(code))
            return None
        if not isinstance(target, str):
            concepts.append({"coding": [dict(target)]})
    if any(codes) and not concepts:
        context.notice("value-dropped", "member without a role in a team")
        return None
    key = context.key(link, ("Practitioner", "RelatedPerson"))
    if key is None:
        context.notice("value-dropped", "member")
        return None
    member = context.refer(key, (place, "member"), (place,))
    return {**({"role": concepts} if concepts else {}), "member": member}
