"""The success criteria as sentences that a care provider reads."""

from __future__ import annotations

from kt_migrate.algorithm.success import Figures, Success, judge
from kt_migrate.errors import Said, said
from kt_migrate.language import decimal, percent


def criterion_words(name: str, limit: float) -> Said:
    """Return what one criterion demands; its number as the reader of now writes it."""
    place, _, threshold = name.rpartition(".")
    whose = place.partition(".")[2]
    share = threshold in ("rejected_share", "share")
    most = percent(limit, 3) if share else decimal(limit)
    of = said("Of {type}", type=whose) if whose else said("In total")
    match threshold:
        case "rejected" | "rejected_share":
            return said("{of} at most {most} is rejected.", of=of, most=most)
        case "migrated":
            return said("{of} at least {least} is migrated.", of=of, least=most)
        case "count" | "share":
            return said("At most {most} is rejected for {reason}.", most=most, reason=whose)
        case "hours":
            return said("Writing takes at most {most} hours.", most=most)
        case _:
            return said("The server equals the plan.")


def demanded(success: Success) -> list[tuple[str, float]]:
    """Return (name, limit) of every criterion, in order."""
    nothing = Figures(
        migrated={}, rejected={}, reasons={}, settled=False, hours=None, verified=None
    )
    return [(one.name, one.limit) for one in judge(success, {}, nothing).judged]
