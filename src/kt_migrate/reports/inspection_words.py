"""The words for what `inspect` found, which the screen and the page share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import said
from kt_migrate.history.completeness import OTHER, PERSON, Completeness
from kt_migrate.history.dossiers import NONE
from kt_migrate.history.seen_messages import FAILED, WAITING, ControlList, Messages
from kt_migrate.language import number, shown, tr, trn

TOGETHER = "\u00a0"
"""A space at which no line is broken."""

_KINDS = {
    "queue-message": said("copy from the queue"),
    "sender-message": said("copy of the sender"),
    "activity-definition-search": said("search for definitions"),
    "post-response": said("answer of the server"),
    "search-summary": said("list without content"),
    "operation-outcome": said("error of the server"),
    "unreadable": said("unreadable or refused"),
}
_BY = {
    "only": said("seen once"),
    "version": said("version"),
    "focal-version": said("version of the focal object"),
    "iid": said("counter of the server"),
    "timestamp": said("clock of the sender"),
    "form": said("kind of copy"),
    "fullness": said("who says most"),
    "content": said("content: nothing else differed"),
    "care-plan": said("state of the CarePlan"),
}


def kind(name: str) -> str:
    """Return the words for a kind of document."""
    known = _KINDS.get(name)
    if known is not None:
        return shown(known)
    return tr("no message") + f" ({name.removeprefix('no-message ')})"


def decider(name: str) -> str:
    """Return the words for what decided which state is the last."""
    return shown(_BY.get(name, name))


def named(name: str) -> str:
    """Return a sender, domain, event or host as it is shown; one that is not there gets a dash."""
    return name or tr("(none)")


def status(name: str) -> str:
    """Return the status of an activity as it is shown."""
    return tr("(none)") if name == NONE else name


def wanted(name: str) -> str:
    """Return what a reference should lead to."""
    if name == PERSON:
        return tr("person")
    return tr("other") if name == OTHER else name


def odd(code: str) -> str:
    """Return what a code of the error catalogue means."""
    title = CATALOGUE[code].title
    return shown(title)


def fate(name: str, target: str) -> str:
    """Return what becomes of a type."""
    return {
        "migrated": target,
        "merged": tr("status of Task"),
        "by_parts": tr("per activity"),
        "no_home": tr("no home"),
    }.get(name, tr("no rule"))


def period(messages: Messages) -> str:
    """Return from when until when."""
    if not messages.oldest:
        return tr("unknown: no message has a moment")
    until = tr("through")
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
        return tr("each of the {every} references leads somewhere", every=every)
    objects = trn("{n} object is missing", "{n} objects are missing", found.missing_objects)
    return tr(
        "of the {every} references {missing} lead nowhere: {objects}",
        every=every,
        missing=missing,
        objects=objects,
    )


def verdict(found: ControlList) -> str:
    """Answer the question of P.5: was the buffer empty?"""
    if found.buffer_empty:
        return tr("YES")
    return tr("NO") if found.buffer_empty is False else tr("UNKNOWN")


def because(found: ControlList) -> str:
    """Say why that is the answer."""
    told = [f"{code} {number(count)}" for code, count in found.statuses.items() if count]
    if found.buffer_empty is False:
        return _unfinished(found)
    if found.buffer_empty:
        return tr("each message was processed or replaced.")
    if not told and not found.without_status:
        return tr("the archive has no message from the queue.")
    if told:
        strange = tr("some statuses are unknown")
        return f"{strange}: {', '.join(told)}."
    return trn(
        "of {n} message the archive does not say whether it was processed.",
        "of {n} messages the archive does not say whether they were processed.",
        found.without_status,
    )


def _unfinished(found: ControlList) -> str:
    parts = []
    if found.waiting:
        parts.append(
            trn(
                "{n} message still waited for a receiver",
                "{n} messages still waited for a receiver",
                found.waiting,
            )
        )
    if found.failed:
        parts.append(
            trn(
                "{n} message was given up by a receiver",
                "{n} messages were given up by a receiver",
                found.failed,
            )
        )
    return tr(" and ").join(parts) + "."


def on_the_list(found: ControlList) -> list[tuple[str, int]]:
    """Return the statuses of the list with their counts, the four first."""
    four = [(code, found.statuses[code]) for code in (*WAITING, *FAILED)]
    return four + [(c, n) for c, n in found.statuses.items() if c not in (*WAITING, *FAILED)]
