"""The success criteria as sentences that a care provider reads."""

from __future__ import annotations

from kt_migrate.algorithm.policies import Words
from kt_migrate.algorithm.success import Figures, Success, judge


def criterion_words(name: str, limit: float) -> Words:
    """Return what one criterion demands."""
    place, _, threshold = name.rpartition(".")
    whose = place.partition(".")[2]
    shown = f"{limit:.3%}" if threshold in ("rejected_share", "share") else f"{limit:g}"
    of_nl, of_en = (f"Van {whose}", f"Of {whose}") if whose else ("In totaal", "In total")
    match threshold:
        case "rejected" | "rejected_share":
            return Words(
                f"{of_nl} valt ten hoogste {shown} uit.", f"{of_en} at most {shown} is rejected."
            )
        case "migrated":
            return Words(
                f"{of_nl} is ten minste {shown} gemigreerd.",
                f"{of_en} at least {shown} is migrated.",
            )
        case "count" | "share":
            return Words(
                f"Ten hoogste {shown} valt uit om {whose}.",
                f"At most {shown} is rejected for {whose}.",
            )
        case "hours":
            return Words(
                f"Het schrijven duurt ten hoogste {shown} uur.",
                f"Writing takes at most {shown} hours.",
            )
        case _:
            return Words("De server is gelijk aan het plan.", "The server equals the plan.")


def demanded(success: Success) -> list[tuple[str, float]]:
    """Return (name, limit) of every criterion, in order."""
    nothing = Figures(
        migrated={}, rejected={}, reasons={}, settled=False, hours=None, verified=None
    )
    return [(one.name, one.limit) for one in judge(success, {}, nothing).judged]
