"""The words for what `inspect` found, which the screen and the page share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.history.completeness import OTHER, PERSON, Completeness
from kt_migrate.history.dossiers import NONE
from kt_migrate.history.seen_messages import FAILED, WAITING, ControlList, Messages
from kt_migrate.language import tr
from kt_migrate.reports.dutch import dutch

TOGETHER = "\u00a0"
"""A space at which no line is broken."""

_KINDS = {
    "queue-message": ("kopie uit de wachtrij", "copy from the queue"),
    "sender-message": ("kopie van de afzender", "copy of the sender"),
    "activity-definition-search": ("opgevraagde definities", "search for definitions"),
    "post-response": ("antwoord van de server", "answer of the server"),
    "search-summary": ("lijst zonder inhoud", "list without content"),
    "operation-outcome": ("foutmelding van de server", "error of the server"),
    "unreadable": ("onleesbaar of geweigerd", "unreadable or refused"),
}
_BY = {
    "only": ("één keer gezien", "seen once"),
    "version": ("versie", "version"),
    "focal-version": ("versie van het hoofdobject", "version of the focal object"),
    "iid": ("volgnummer van de server", "counter of the server"),
    "timestamp": ("klok van de afzender", "clock of the sender"),
    "form": ("soort kopie", "kind of copy"),
    "fullness": ("wie het meeste zegt", "who says most"),
    "content": ("inhoud: niets anders verschilde", "content: nothing else differed"),
    "care-plan": ("stand van het CarePlan", "state of the CarePlan"),
}


def number(value: int) -> str:
    """Return a number with its thousands apart.

    >>> number(20000)
    '20.000'
    """
    return f"{value:,}".replace(",", tr(".", ","))


def counted(count: int, words: str) -> str:
    """Return a count with its word; `words` is one and more, with a bar between them.

    >>> counted(1, "bericht|berichten"), counted(2, "bericht|berichten")
    ('1 bericht', '2 berichten')
    """
    one, _bar, more = words.partition("|")
    return f"{number(count)} {one if count == 1 else more}"


def kind(name: str) -> str:
    """Return the words for a kind of document."""
    known = _KINDS.get(name)
    if known is not None:
        return tr(*known)
    return tr("geen bericht", "no message") + f" ({name.removeprefix('no-message ')})"


def decider(name: str) -> str:
    """Return the words for what decided which state is the last."""
    return tr(*_BY.get(name, (name, name)))


def named(name: str) -> str:
    """Return a sender, domain, event or host as it is shown; one that is not there gets a dash."""
    return name or tr("(geen)", "(none)")


def status(name: str) -> str:
    """Return the status of an activity as it is shown."""
    return tr("(geen)", "(none)") if name == NONE else name


def wanted(name: str) -> str:
    """Return what a reference should lead to."""
    if name == PERSON:
        return tr("persoon", "person")
    return tr("overig", "other") if name == OTHER else name


def odd(code: str) -> str:
    """Return what a code of the error catalogue means."""
    title = CATALOGUE[code].title
    return tr(dutch(title), title)


def fate(name: str, target: str) -> str:
    """Return what becomes of a type."""
    return {
        "migrated": target,
        "merged": tr("status van Task", "status of Task"),
        "by_parts": tr("per activiteit", "per activity"),
        "no_home": tr("geen plek", "no home"),
    }.get(name, tr("geen regel", "no rule"))


def period(messages: Messages) -> str:
    """Return from when until when."""
    if not messages.oldest:
        return tr("onbekend: geen bericht heeft een tijdstip", "unknown: no message has a moment")
    until = tr("t/m", "to")
    return f"{messages.oldest} {until} {messages.newest}"


def listed(counts: Mapping[str, int] | Iterable[tuple[str, int]]) -> str:
    """Return names with their counts on one line, each name with its count together."""
    pairs = counts.items() if isinstance(counts, Mapping) else counts
    return " · ".join(
        f"{named(name)} {number(count)}".replace(" ", TOGETHER) for name, count in pairs
    )


def dangling(found: Completeness) -> str:
    """Say how many references lead nowhere."""
    every, missing = number(found.references), number(found.missing_references)
    if not found.missing_references:
        return tr(
            f"elk van de {every} verwijzingen komt ergens uit",
            f"each of the {every} references leads somewhere",
        )
    gone = tr("object ontbreekt|objecten ontbreken", "object is missing|objects are missing")
    objects = counted(found.missing_objects, gone)
    return tr(
        f"van de {every} verwijzingen komen er {missing} nergens uit: {objects}",
        f"of the {every} references {missing} lead nowhere: {objects}",
    )


def verdict(found: ControlList) -> str:
    """Answer the question of P.5: was the buffer empty?"""
    if found.buffer_empty:
        return tr("JA", "YES")
    return tr("NEE", "NO") if found.buffer_empty is False else tr("ONBEKEND", "UNKNOWN")


def because(found: ControlList) -> str:
    """Say why that is the answer."""
    told = [f"{code} {number(count)}" for code, count in found.statuses.items() if count]
    if found.buffer_empty is False:
        return _unfinished(found)
    if found.buffer_empty:
        return tr(
            "elk bericht is verwerkt of vervangen.", "each message was processed or replaced."
        )
    if told:
        strange = tr("er zijn statussen die Koppeltaal niet kent", "some statuses are unknown")
        return f"{strange}: {', '.join(told)}."
    said = tr(
        "bericht zegt het archief niet of het verwerkt is"
        "|berichten zegt het archief niet of ze verwerkt zijn",
        "message the archive does not say whether it was processed"
        "|messages the archive does not say whether they were processed",
    )
    return f"{tr('van', 'of')} {counted(found.without_status, said)}."


def _unfinished(found: ControlList) -> str:
    parts = []
    if found.waiting:
        waited = tr(
            "bericht wachtte nog op een ontvanger|berichten wachtten nog op een ontvanger",
            "message still waited for a receiver|messages still waited for a receiver",
        )
        parts.append(counted(found.waiting, waited))
    if found.failed:
        given_up = tr(
            "bericht is door een ontvanger opgegeven|berichten zijn door een ontvanger opgegeven",
            "message was given up by a receiver|messages were given up by a receiver",
        )
        parts.append(counted(found.failed, given_up))
    return tr(" en ", " and ").join(parts) + "."


def on_the_list(found: ControlList) -> list[tuple[str, int]]:
    """Return the statuses of the list with their counts, the four first."""
    four = [(code, found.statuses[code]) for code in (*WAITING, *FAILED)]
    return four + [(c, n) for c, n in found.statuses.items() if c not in (*WAITING, *FAILED)]
