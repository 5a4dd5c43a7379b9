"""Functions for names of people. Source: kt2.md §1.0; nl-core-NameInformation."""

from __future__ import annotations

from kt_migrate.algorithm.arguments import maybe
from kt_migrate.algorithm.dutch_names import is_initial, joined, plain, split_family, split_given
from kt_migrate.algorithm.registry import Context, function
from kt_migrate.algorithm.supplying import NAME
from kt_migrate.kt13.body import first_text, nodes, text, texts
from kt_migrate.model import Body, Json, Node

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
_QUALIFIER = "iso21090-EN-qualifier"
_OWN_PREFIX, _OWN_NAME = "humanname-own-prefix", "humanname-own-name"
_PARTS = ((_OWN_PREFIX, _OWN_NAME), ("humanname-partner-prefix", "humanname-partner-name"))
_ORDER = "humanname-assembly-order"
_ORDERS = ("NL1", "NL2", "NL3", "NL4", "UNK")
_USES = ("usual", "official", "temp", "nickname", "anonymous", "old", "maiden")
_OFFICIAL_NAMES = 2

Made = dict[str, Json]


@function(
    maybe("order"),
    reads=("use", "family", "given", "prefix", f"extension[{_ORDER}]"),
    needs="name-particles",
    supply=NAME,
)
def human_names(context: Context, nodes: list[Node], arguments: tuple[str, ...]) -> Json:
    """Rebuild names as nl-core wants them.

    * `use` absent or unknown → official, an unknown one is reported. A nickname without a family
      is `usual`. The only name that there is is official.
    * Family parts are joined by a space. Particles of the table `name-particles`, in `prefix` or
      in the family itself when that is certain, are the own-prefix; the family stays whole. A
      title has no place and is reported. Extensions of the source's own for the own and the
      partner's name are taken as they are; with the argument `order` also which goes first.
    * Each given gets its qualifier: IN for an initial, CL in a usual name, else BR. Initials in
      one text are taken apart (`A.B.`); several names in one stay whole.
    * `usual` keeps its given names only. An official name without family or given cannot be:
      `name_incomplete` says whether that rejects, or makes it a name with use `temp`.
    * The same name twice is one; a third official name is reported and left behind.
    """
    names = [node for node in nodes if isinstance(node, dict)]
    families = {_family_text(node) for node in names if _use_said(node) in ("", "official")}
    made: list[Made] = []
    for node in names:
        name = _name(context, node, len(names), families)
        if name is not None:
            made.append({**_order(context, node, name, arguments), **name})
    return [*_kept(context, made)] or None


def _kept(context: Context, made: list[Made]) -> list[Made]:
    """Return each name once, and as many official ones as the profile has room for."""
    kept: list[Made] = []
    for name in made:
        officials = sum(one["use"] == "official" for one in kept)
        if name in kept:
            continue
        if name["use"] == "official" and officials >= _OFFICIAL_NAMES:
            context.notice("value-dropped", "name")
        else:
            kept.append(name)
    return kept


def _name(context: Context, node: Body, count: int, families: set[str]) -> Made | None:
    use = _use(context, node, count)
    givens = _givens(node, "CL" if use == "usual" else "BR")
    if use == "usual":
        _say_what_is_left_out(context, node, families)
        return {"use": use, **givens} if givens else None
    family = _family(context, node)
    if use == "official" and not (family and givens):
        if context.policies.name_incomplete == "reject":
            context.reject("value-missing", "name.family" if givens else "name.given")
            return None
        use = "temp"
    return {"use": use, **family, **givens} if family or givens else None


def _say_what_is_left_out(context: Context, node: Body, families: set[str]) -> None:
    """Report the family of a usual name, which has no place; an official name may say it too."""
    family, prefix = _family_text(node), _prefix(context, node)
    if family and family not in families:
        context.notice("value-dropped", "name.family")
    elif prefix and not family:
        context.notice("value-dropped", "name.prefix")


def _order(context: Context, node: Body, made: Made, arguments: tuple[str, ...]) -> Made:
    """Return the extension that says which of two family names goes first, if it may be said."""
    order = _carried(nodes(node, "extension"), "valueCode").get(_ORDER)
    if order is None:
        return {}
    if order not in _ORDERS or "_family" not in made or arguments != ("order",):
        context.notice("value-dropped", "name.extension")
        return {}
    return {"extension": [_extension(_ORDER, "valueCode", order)]}


def _use_said(node: Body) -> str:
    return (first_text(node, "use") or "").lower()


def _use(context: Context, node: Body, count: int) -> str:
    use = _use_said(node) or "official"
    if use not in _USES:
        context.notice("value-dropped", "name.use")
        return "official"
    has_family = bool(_family_text(node))
    # The only name that there is is official, whatever its sender called it.
    if use == "usual" and has_family and count == 1:
        return "official"
    return "usual" if use == "nickname" and not has_family else use


def _family_text(node: Body) -> str:
    return " ".join(part for part in texts(node, "family") if part.strip())


def _family(context: Context, node: Body) -> Made:
    """Return `family`, with what is certain of its parts; empty when there is none."""
    family = _family_text(node)
    prefix = _prefix(context, node)
    if not family:
        if prefix:
            context.notice("value-dropped", "name.prefix")
        return {}
    named = [e for one in nodes(node, "family") for e in nodes(one, "extension")]
    parts = _said_parts(context, _carried(named, "valueString"))
    before = joined(prefix, "")
    if prefix:
        has_it = plain(family[: len(before)]) == plain(before)  # some senders say it twice
        own = family[len(before) :] if has_it else family
        family = family if has_it else before + family
        parts = parts or {_OWN_PREFIX: prefix, _OWN_NAME: own}
    elif not parts:
        found = split_family(family, lambda word: _is_particle(context, word))
        parts = dict(zip((_OWN_PREFIX, _OWN_NAME), found, strict=True)) if found else {}
    extensions: list[Json] = [_extension(n, "valueString", v) for n, v in parts.items()]
    return {"family": family, **({"_family": {"extension": extensions}} if extensions else {})}


def _is_particle(context: Context, word: str) -> bool:
    return context.code("name-particles", word) is not None


def _prefix(context: Context, node: Body) -> str:
    """Return the particles of `prefix`; titles before them are reported.

    A title after a particle makes it unknown which is which: all of it is reported.
    """
    words = [word for prefix in texts(node, "prefix") for word in prefix.split()]
    titles = 0
    while titles < len(words) and not _is_particle(context, plain(words[titles])):
        titles += 1
    particles = words[titles:]
    if not all(_is_particle(context, plain(word)) for word in particles):
        titles, particles = len(words), []
    if titles:
        context.notice("value-dropped", "name.prefix")
    return " ".join(particles)


def _said_parts(context: Context, carried: dict[str, str]) -> dict[str, str]:
    """Return the parts that the source names itself; a prefix without its name is none."""
    parts: dict[str, str] = {}
    for prefix, name in _PARTS:
        if name in carried:
            parts |= {one: carried[one] for one in (prefix, name) if one in carried}
        elif prefix in carried:
            context.notice("value-dropped", "name.family")
    return parts


def _carried(extensions: list[Body], value: str) -> dict[str, str]:
    """Return what extensions say, by the last part of their URL."""
    said = ((first_text(one, "url") or "", first_text(one, value)) for one in extensions)
    return {url.rpartition("/")[2]: text for url, text in said if text}


def _extension(name: str, element: str, value: str) -> Made:
    return {"url": _EXTENSION + name, element: value}


def _givens(node: Body, full: str) -> Made:
    """Return `given` with a qualifier each; empty when there is none."""
    found: list[tuple[str, str]] = []
    for one in node.get("given", ()):
        given = text(one) or ""
        said = _carried(nodes(one, "extension") if isinstance(one, dict) else [], "valueCode")
        if not given.strip():
            continue
        if said.get(_QUALIFIER) in ("BR", "IN", "CL"):
            found.append((given, said[_QUALIFIER]))
        else:
            parts = split_given(given)
            found += [(part, "IN" if is_initial(part) else full) for part in parts]
    if not found:
        return {}
    qualifiers: list[Json] = [
        {"extension": [_extension(_QUALIFIER, "valueCode", code)]} for _given, code in found
    ]
    return {"given": [given for given, _code in found], "_given": qualifiers}
