"""The life of one object on one screen: lines of at most 80 columns, but for what is copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.language import tr
from kt_migrate.plan.life import Seen
from kt_migrate.plan.rows import IssueRow, SuppliedRow
from kt_migrate.reports.dutch import dutch
from kt_migrate.reports.trace import Traced, TracedWrite, moment

SHOWN = 3
"""So many of the sightings that were superseded are named; `--json` has all."""

_WIDTH, _LABEL = 80, 14
_OUTCOMES = {
    "migrated": ("gaat mee", "migrates"),
    "not_migrated": ("wordt niet gemigreerd", "is not migrated"),
    "rejected": ("valt uit", "is rejected"),
    "out_of_scope": ("valt buiten de scope", "is out of scope"),
}
_METHODS = {"create": "POST", "create-unconditional": "POST", "update": "PUT", "delete": "DELETE"}


def page(traced: Traced) -> Iterator[str]:
    """Yield the lines, in the order in which it happened."""
    ended = traced.ended
    reason = f" ({ended.reason})" if ended.reason else ""
    yield f"{ended.source_type}: {tr(*_OUTCOMES[ended.outcome.value])}{reason}"
    yield from _seen(traced.seen)
    yield from _part(tr("Verrijking", "Enrichment"), map(_supplied, traced.supplied))
    for issue in traced.issues:
        yield from _part(tr("Melding", "Issue"), _issue(issue))
    for write in traced.writes:
        yield from _write(write)
    yield from _part(tr("Verificatie", "Verification"), _verified(traced))


def _part(label: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines behind a label that stands once."""
    for line in lines:
        yield f"{label:{_LABEL}}{line}"
        label = ""


def _seen(seen: tuple[Seen, ...]) -> Iterator[str]:
    won = next((one for one in seen if one.by is None), None)
    lost = [one for one in seen if one.by is not None]
    if won is not None:
        yield from _part(tr("Bericht", "Message"), _message(won))
    if not lost:
        yield from _part(tr("Waarneming", "Sighting"), [tr("de enige", "the only one")])
        return
    reasons = ", ".join(
        f"{count} ({why})" for why, count in Counter(s.reason for s in lost).items()
    )
    all_of = tr(
        f"de laatste stand van {len(seen)}; vervangen: {reasons}",
        f"the last state of {len(seen)}; superseded: {reasons}",
    )
    more = [] if len(lost) <= SHOWN else [tr("… eerder: --json", "… before: --json")]
    named = [f"{one.version or '-'} {one.message}".rstrip() for one in lost[-SHOWN:]]
    yield from _part(tr("Waarneming", "Sighting"), [*_wrapped(all_of), *more, *named])


def _message(seen: Seen) -> list[str]:
    sender = tr(f"van {seen.sender}", f"from {seen.sender}") if seen.sender else ""
    lines = [
        seen.message or tr("geen bericht", "no message"),
        ", ".join(filter(None, (seen.event, sender))),
        tr(f"verstuurd {seen.sent}", f"sent {seen.sent}") if seen.sent else "",
        tr(f"versie {seen.version}", f"version {seen.version}") if seen.version else "",
    ]
    return [line for line in lines if line]


def _supplied(row: SuppliedRow) -> str:
    rule = f" → {row.rule}" if row.rule else ""
    reason = f" {row.reason}" if row.reason else ""
    return f"{row.file}:{row.line} {row.field}{rule}: {row.status}{reason}"


def _issue(issue: IssueRow) -> list[str]:
    entry = CATALOGUE[issue.code]
    said = (tr(dutch(text), text) for text in (entry.title, entry.advice))
    rule = tr(f"regel {issue.rule}", f"rule {issue.rule}") if issue.rule else ""
    place = " ".join(filter(None, (issue.code, issue.path, issue.detail)))
    return [place, *filter(None, (rule,)), *(line for text in said for line in _wrapped(text))]


def _verified(traced: Traced) -> list[str]:
    if traced.found is None:
        return [tr("nog niet gedaan", "not done yet")]
    if traced.found:
        return [line for issue in traced.found for line in _issue(issue)]
    if not traced.writes:
        return [tr("niets geschreven, dus niets te vergelijken", "nothing written or compared")]
    return [tr("geen verschil", "no difference")]


def _write(traced: TracedWrite) -> Iterator[str]:
    write, stand = traced.write, traced.stand
    yield from _part(
        tr("Schrijfactie", "Write"),
        [
            tr(
                f"{write.seq} (trap {write.stage}): {write.r4_type}",
                f"{write.seq} (stage {write.stage}): {write.r4_type}",
            ),
            write.system,
            write.value,
        ],
    )
    rules = [
        f"{name:18} {' '.join(ids) or tr('(geen)', '(none)')}" for name, ids in traced.elements
    ]
    unknown = tr("niet bekend: een ander algoritme", "not known: another algorithm")
    yield from _part(tr("Regels", "Rules"), rules or [unknown])
    targets = [line for path, kind, link in traced.targets for line in (f"{path} → {kind}", link)]
    yield from _part(tr("Verwijst", "Refers to"), targets)
    if not traced.drawn:
        yield from _part(
            tr("Verzoek", "Request"),
            [tr("niet getrokken in de steekproef", "not drawn in the sample")],
        )
        return
    if stand is None:
        yield from _part(tr("Verzoek", "Request"), [tr("nog niets verstuurd", "nothing sent yet")])
        return
    yield from _steps(traced)
    lines = filter(None, (f"{stand.code} {stand.path}".strip(), stand.said))
    yield from _part(tr("Stand", "Stands"), [stand.state, *lines])
    yield from _undone(traced)


def _steps(traced: TracedWrite) -> Iterator[str]:
    r4_type = traced.write.r4_type
    for step in traced.steps:
        if step.state == "intent":
            what = f"{_METHODS.get(step.operation, step.operation)} {r4_type}"
            lines = [f"{moment(step.at)} {what}", f"X-Request-Id {step.request_id}"]
            yield from _part(tr("Verzoek", "Request"), lines)
            continue
        status = f"HTTP {step.status}" if step.status else ""
        version = tr(f"versie {step.version}", f"version {step.version}") if step.version else ""
        lines = [" ".join(filter(None, (moment(step.at), status, step.state, version)))]
        lines += [f"{r4_type}/{step.server_id}"] if step.server_id else []
        yield from _part(tr("Antwoord", "Answer"), lines)


def _undone(traced: TracedWrite) -> Iterator[str]:
    for one in traced.undone:
        method = _METHODS.get(one.operation, "")
        status = f"HTTP {one.status}" if one.status else ""
        lines = [
            " ".join(filter(None, (one.state, method, status, one.code))),
            f"{traced.write.r4_type}/{one.server_id}",
        ]
        lines += [f"X-Request-Id {one.request_id}"] if one.request_id else []
        yield from _part(tr("Teruggedraaid", "Undone"), lines)


def _wrapped(text: str) -> list[str]:
    """Return a sentence in lines that fit beside the label."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > _WIDTH - _LABEL and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
