"""The life of an object as one JSON document."""

from __future__ import annotations

from kt_migrate.load.steps import Step
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.trace import Traced, TracedWrite, moment


def as_json(traced: Traced) -> dict[str, object]:
    """Return one object as `trace --json` prints it (docs/commands.md)."""
    ended = traced.ended
    return {
        "type": ended.source_type,
        "event": ended.event,
        "outcome": ended.outcome.value,
        "reason": ended.reason,
        "sightings": [
            {
                "version": seen.version,
                "message": seen.message,
                "event": seen.event,
                "sent": seen.sent,
                "sender": seen.sender,
                "superseded_by": None
                if seen.by is None
                else {"message": seen.by[0], "version": seen.by[1]},
                "reason": seen.reason,
            }
            for seen in traced.seen
        ],
        "enrichment": [
            {
                "file": row.file,
                "line": row.line,
                "field": row.field,
                "rule": row.rule,
                "status": row.status,
                "reason": row.reason,
            }
            for row in traced.supplied
        ],
        "issues": [_issue(one) for one in traced.issues],
        "writes": [_write(one) for one in traced.writes],
        "verification": None if traced.found is None else [_issue(one) for one in traced.found],
    }


def _issue(issue: IssueRow) -> dict[str, str]:
    return {"code": issue.code, "path": issue.path, "rule": issue.rule, "detail": issue.detail}


def _write(traced: TracedWrite) -> dict[str, object]:
    write, stand = traced.write, traced.stand
    journal = None
    if stand is not None:
        journal = {
            "state": stand.state,
            "operation": stand.operation,
            "id": stand.server_id,
            "version": stand.version,
            "status": stand.status,
            "attempts": stand.attempts,
            "code": stand.code,
            "path": stand.path,
            "notice": stand.notice,
            "said": stand.said,
            "steps": [_step(step) for step in traced.steps],
        }
    return {
        "seq": write.seq,
        "stage": write.stage,
        "r4_type": write.r4_type,
        "identifier": {"system": write.system, "value": write.value},
        "digest": write.digest,
        "of": {"type": write.source_type, "link": write.link},
        "refers_to": [
            {"path": path, "type": source_type, "link": link}
            for path, source_type, link in traced.targets
        ],
        "elements": [{"element": name, "rules": list(rules)} for name, rules in traced.elements],
        "journal": journal,
        "drawn": traced.drawn,
        "undone": [
            {
                "id": one.server_id,
                "state": one.state,
                "code": one.code,
                "operation": one.operation,
                "status": one.status,
                "request_id": one.request_id,
                "version": one.version,
            }
            for one in traced.undone
        ],
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "at": moment(step.at),
        "state": step.state,
        "operation": step.operation,
        "status": step.status,
        "request_id": step.request_id,
        "id": step.server_id,
        "version": step.version,
    }
