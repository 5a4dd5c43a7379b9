"""The success criteria as sentences that a care provider reads."""

from __future__ import annotations

from kt_migrate.algorithm.policies import Words
from kt_migrate.algorithm.success import Figures, Success, judge
from kt_migrate.language import percent


def criterion_words(name: str, limit: float) -> Words:
    """Return what one criterion demands."""
    place, _, threshold = name.rpartition(".")
    whose = place.partition(".")[2]
    share = threshold in ("rejected_share", "share")
    number = f"{limit:g}"
    shown_nl = shown_en = percent(limit, 3) if share else number
    if not share:
        shown_nl = number.replace(".", ",")
    of_nl, of_en = (f"Van {whose}", f"Of {whose}") if whose else ("In totaal", "In total")
    match threshold:
        case "rejected" | "rejected_share":
            return Words(
                f"{of_nl} valt ten hoogste {shown_nl} uit.",
                f"{of_en} at most {shown_en} is rejected.",
            )
        case "migrated":
            return Words(
                f"{of_nl} is ten minste {shown_nl} gemigreerd.",
                f"{of_en} at least {shown_en} is migrated.",
            )
        case "count" | "share":
            return Words(
                f"Ten hoogste {shown_nl} valt uit om {whose}.",
                f"At most {shown_en} is rejected for {whose}.",
            )
        case "hours":
            return Words(
                f"Het schrijven duurt ten hoogste {shown_nl} uur.",
                f"Writing takes at most {shown_en} hours.",
            )
        case _:
            return Words("De server is gelijk aan het plan.", "The server equals the plan.")


def demanded(success: Success) -> list[tuple[str, float]]:
    """Return (name, limit) of every criterion, in order."""
    nothing = Figures(
        migrated={}, rejected={}, reasons={}, settled=False, hours=None, verified=None
    )
    return [(one.name, one.limit) for one in judge(success, {}, nothing).judged]
