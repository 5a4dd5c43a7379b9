"""The first screen of a run: is everything over, what is not, why, and who must act."""

from __future__ import annotations

from collections.abc import Iterable

from kt_migrate.algorithm.success import Verdict
from kt_migrate.language import number, percent, tr, trn
from kt_migrate.model import Outcome
from kt_migrate.reports.page.answers import ENVELOPE, what_is_not, who_acts, why_not
from kt_migrate.reports.page.course import ended_text
from kt_migrate.reports.page.flows import reasons_of
from kt_migrate.reports.page.model import Answer, Fate, Flow, Tone
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.success import verdict_text
from kt_migrate.reports.undone import undoing_text
from kt_migrate.undo.looking import Undoing


def answers_of(standing: Standing, flows: tuple[Flow, ...]) -> tuple[Answer, ...]:
    """Return the four answers of a run."""
    return (
        _over(standing, flows),
        what_is_not(flows, left_behind(standing)),
        why_not(reasons_of(standing.reasons), _stopped(standing)),
        who_acts(standing.reasons, _next(standing)),
    )


def left_behind(standing: Standing) -> tuple[int, int]:
    """Return how many objects a rule leaves behind, and how many of those are envelopes."""
    left = [row for row in standing.ends if row[1] == Outcome.NOT_MIGRATED]
    envelopes = sum(count for name, _outcome, _reason, count in left if name == ENVELOPE)
    return standing.ended(Outcome.NOT_MIGRATED), envelopes


def _stopped(standing: Standing) -> str:
    """Say why something is still to do; empty: nothing is, or it was not begun."""
    pending = standing.result.pending
    if not standing.sent or not pending:
        return ""
    if not standing.starts:
        return trn("{n} write is still to do.", "{n} writes are still to do.", pending)
    return trn(
        "{n} write is still to do: the last start ended, {how}.",
        "{n} writes are still to do: the last start ended, {how}.",
        pending,
        how=ended_text(standing.starts[-1].ended),
    )


def _over(standing: Standing, flows: tuple[Flow, ...]) -> Answer:
    tone, text = _verdict(standing)
    migrated, rejected = standing.ended(Outcome.MIGRATED), standing.ended(Outcome.REJECTED)
    had_to, more = migrated + rejected, []
    if standing.undoing is not None:
        more.append(undoing_text(standing.undoing))
    elif standing.sent and had_to:
        more.append(
            tr(
                "{done} of the {all} objects that had to come are in KT 2.0: {share}.",
                done=number(migrated),
                all=number(had_to),
                share=_floored(migrated, had_to),
            )
        )
    return Answer(
        question=tr("Is everything over?"),
        answer=text,
        tone=tone,
        more=(*more, *_proven(standing), *_criteria(standing)),
        parts=parts_of(flows) if standing.sent else {},
    )


def parts_of(flows: Iterable[Flow]) -> dict[Fate, int]:
    """Return how many of what had to come is where, all kinds together."""
    found = list(flows)
    counted = (Fate.MIGRATED, Fate.UNDONE, Fate.REJECTED, Fate.NOT_DRAWN, Fate.PENDING)
    sums = {fate: sum(flow.parts.get(fate, 0) for flow in found) for fate in counted}
    return {fate: count for fate, count in sums.items() if count}


def _verdict(standing: Standing) -> tuple[Tone, str]:
    """Answer the first question by the worst that there is to say."""
    doubt = _doubt(standing)
    if doubt is not None:
        return doubt
    rejected = standing.ended(Outcome.REJECTED)
    if rejected:
        text = trn("No: {n} object could not come.", "No: {n} objects could not come.", rejected)
        return Tone.BAD, text
    if standing.result.sample is not None:
        return Tone.OPEN, tr("Of the sample yes; the rest was not tried.")
    if standing.verified is None:
        return Tone.OPEN, tr("By our own record yes; the server was not read back yet.")
    return Tone.GOOD, tr("Yes: everything that had to come is in KT 2.0.")


def _doubt(standing: Standing) -> tuple[Tone, str] | None:
    """Return why it cannot be said, or is not so at all; None: it can be said."""
    pending = standing.result.pending
    if standing.undoing is not None:
        return Tone.BAD, _undone(standing.undoing)
    if not standing.sent:
        return Tone.OPEN, tr("Not yet: nothing was written.")
    if standing.result.books.unbalanced():
        return Tone.BAD, tr("Unknown: the books do not balance.")
    if pending:
        text = trn("Not yet: {n} write is to do.", "Not yet: {n} writes are to do.", pending)
        return Tone.OPEN, text
    if standing.verified is not None and not standing.verified.passed:
        return Tone.BAD, tr("No: the server is not what was planned.")
    return None


def _undone(undoing: Undoing) -> str:
    if undoing.pending:
        return tr("No: this run is being undone, and that is not finished.")
    if undoing.left:
        return tr("No: this run was undone, and something of it was left.")
    return tr("No: this run was undone.")


def _criteria(standing: Standing) -> list[str]:
    """Say whether the run is within the criteria (K.4), once that can be known."""
    verdict = standing.criteria.verdict
    if not standing.sent or standing.undoing is not None or verdict is Verdict.NO_CRITERIA:
        return []
    return [
        tr("The success criteria of the care provider: {verdict}.", verdict=verdict_text(verdict))
    ]


def _proven(standing: Standing) -> list[str]:
    verified = standing.verified
    if not standing.sent or standing.undoing is not None:
        return []
    if verified is None:
        return [tr("The server was not read back yet: kt-migrate verify does.")]
    if verified.passed:
        return [tr("The server was read back, and equals the plan for all that was written.")]
    return [
        trn(
            "The server was read back: {n} line says what differs.",
            "The server was read back: {n} lines say what differs.",
            len(verified.issues),
        )
    ]


def _floored(part: int, whole: int) -> str:
    """Return a share that never says 100 % while something is missing."""
    return percent(int(part / whole * 10_000) / 10_000, 2)


def _next(standing: Standing) -> tuple[str, ...]:
    env = standing.env
    going = "run" if any(start.go for start in standing.starts) else "trial"
    if standing.undoing is not None:
        return ()
    if not standing.sent:
        return (
            tr(
                "Next: kt-migrate {command} --env {env}",
                command="run" if env == "prd2" else "trial",
                env=env,
            ),
        )
    if standing.result.pending:
        return (
            tr(
                "Next: kt-migrate {command} --env {env}, which goes on where it was",
                command=going,
                env=env,
            ),
        )
    if standing.verified is None:
        return (tr("Next: kt-migrate verify --env {env}", env=env),)
    return ()
