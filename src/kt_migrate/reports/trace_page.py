"""The life of one object on one screen: lines of at most 80 columns, but for what is copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import said
from kt_migrate.language import shown, tr
from kt_migrate.plan.life import Seen
from kt_migrate.plan.rows import IssueRow, SuppliedRow
from kt_migrate.reports.trace import Traced, TracedWrite, moment

SHOWN = 3
"""So many of the sightings that were superseded are named; `--json` has all."""

_WIDTH, _LABEL = 80, 14
_OUTCOMES = {
    "migrated": said("migrates"),
    "not_migrated": said("is not migrated"),
    "rejected": said("is rejected"),
    "out_of_scope": said("is out of scope"),
}
_METHODS = {"create": "POST", "create-unconditional": "POST", "update": "PUT", "delete": "DELETE"}


def page(traced: Traced) -> Iterator[str]:
    """Yield the lines, in the order in which it happened."""
    ended = traced.ended
    reason = f" ({ended.reason})" if ended.reason else ""
    yield f"{ended.source_type}: {shown(_OUTCOMES[ended.outcome.value])}{reason}"
    yield from _seen(traced.seen)
    yield from _part(tr("Enrichment"), map(_supplied, traced.supplied))
    for issue in traced.issues:
        yield from _part(tr("Issue"), _issue(issue))
    for write in traced.writes:
        yield from _write(write)
    yield from _part(tr("Verification"), _verified(traced))


def _part(label: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines behind a label that stands once."""
    for line in lines:
        yield f"{label:{_LABEL}}{line}"
        label = ""


def _seen(seen: tuple[Seen, ...]) -> Iterator[str]:
    won = next((one for one in seen if one.by is None), None)
    lost = [one for one in seen if one.by is not None]
    if won is not None:
        yield from _part(tr("Message"), _message(won))
    if not lost:
        yield from _part(tr("Sighting"), [tr("the only one")])
        return
    reasons = ", ".join(
        f"{count} ({why})" for why, count in Counter(s.reason for s in lost).items()
    )
    all_of = tr("the last state of {seen}; superseded: {reasons}", seen=len(seen), reasons=reasons)
    more = [] if len(lost) <= SHOWN else [tr("… before: --json")]
    named = [f"{one.version or '-'} {one.message}".rstrip() for one in lost[-SHOWN:]]
    yield from _part(tr("Sighting"), [*_wrapped(all_of), *more, *named])


def _message(seen: Seen) -> list[str]:
    sender = tr("from {sender}", sender=seen.sender) if seen.sender else ""
    lines = [
        seen.message or tr("no message"),
        ", ".join(filter(None, (seen.event, sender))),
        tr("sent {sent}", sent=seen.sent) if seen.sent else "",
        tr("version {version}", version=seen.version) if seen.version else "",
    ]
    return [line for line in lines if line]


def _supplied(row: SuppliedRow) -> str:
    rule = f" → {row.rule}" if row.rule else ""
    reason = f" {row.reason}" if row.reason else ""
    return f"{row.file}:{row.line} {row.field}{rule}: {row.status}{reason}"


def _issue(issue: IssueRow) -> list[str]:
    entry = CATALOGUE[issue.code]
    words = (shown(text) for text in (entry.title, entry.advice))
    rule = tr("rule {rule}", rule=issue.rule) if issue.rule else ""
    place = " ".join(filter(None, (issue.code, issue.path, issue.detail)))
    return [place, *filter(None, (rule,)), *(line for text in words for line in _wrapped(text))]


def _verified(traced: Traced) -> list[str]:
    if traced.found is None:
        return [tr("not done yet")]
    if traced.found:
        return [line for issue in traced.found for line in _issue(issue)]
    if not traced.writes:
        return [tr("nothing written or compared")]
    return [tr("no difference")]


def _write(traced: TracedWrite) -> Iterator[str]:
    write, stand = traced.write, traced.stand
    yield from _part(
        tr("Write"),
        [
            tr(
                "{seq} (stage {stage}): {r4_type}",
                seq=write.seq,
                stage=write.stage,
                r4_type=write.r4_type,
            ),
            write.system,
            write.value,
        ],
    )
    rules = [f"{name:18} {' '.join(ids) or tr('(none)')}" for name, ids in traced.elements]
    unknown = tr("not known: another algorithm")
    yield from _part(tr("Rules"), rules or [unknown])
    targets = [line for path, kind, link in traced.targets for line in (f"{path} → {kind}", link)]
    yield from _part(tr("Refers to"), targets)
    if not traced.drawn:
        yield from _part(
            tr("Request"),
            [tr("not drawn in the sample")],
        )
        return
    if stand is None:
        yield from _part(tr("Request"), [tr("nothing sent yet")])
        return
    yield from _steps(traced)
    lines = filter(None, (f"{stand.code} {stand.path}".strip(), stand.said))
    yield from _part(tr("Stands"), [stand.state, *lines])
    yield from _undone(traced)


def _steps(traced: TracedWrite) -> Iterator[str]:
    r4_type = traced.write.r4_type
    for step in traced.steps:
        if step.state == "intent":
            what = f"{_METHODS.get(step.operation, step.operation)} {r4_type}"
            lines = [f"{moment(step.at)} {what}", f"X-Request-Id {step.request_id}"]
            yield from _part(tr("Request"), lines)
            continue
        status = f"HTTP {step.status}" if step.status else ""
        version = tr("version {version}", version=step.version) if step.version else ""
        lines = [" ".join(filter(None, (moment(step.at), status, step.state, version)))]
        lines += [f"{r4_type}/{step.server_id}"] if step.server_id else []
        yield from _part(tr("Answer"), lines)


def _undone(traced: TracedWrite) -> Iterator[str]:
    for one in traced.undone:
        method = _METHODS.get(one.operation, "")
        status = f"HTTP {one.status}" if one.status else ""
        lines = [
            " ".join(filter(None, (one.state, method, status, one.code))),
            f"{traced.write.r4_type}/{one.server_id}",
        ]
        lines += [f"X-Request-Id {one.request_id}"] if one.request_id else []
        yield from _part(tr("Undone"), lines)


def _wrapped(text: str) -> list[str]:
    """Return a sentence in lines that fit beside the label."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > _WIDTH - _LABEL and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines
