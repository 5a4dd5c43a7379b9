"""What a judged sample proves, in a sentence."""

from __future__ import annotations

from kt_migrate.language import number, percent, tr, trn
from kt_migrate.reports.judged import Judged, Verdict

_PERCENT = 100


def proof(judged: Judged) -> str:
    """Return what is proven by what was said of a sample."""
    drawn, wrong = len(judged.dossiers), judged.count(Verdict.WRONG)
    if wrong:
        return trn(
            "{n} dossier is not right: the sample is not approved.",
            "{n} dossiers are not right: the sample is not approved.",
            wrong,
        )
    if not judged.good:
        left = drawn - judged.count(Verdict.GOOD)
        return trn(
            "{n} dossier is still to be judged, or judged with 'do not know': this proves nothing.",
            "{n} dossiers are still to be judged, or judged with 'do not know': this proves "
            "nothing.",
            left,
        )
    return good_proof(drawn, judged.population, judged.fewer_than)


def good_proof(drawn: int, population: int, fewer_than: int) -> str:
    """Return what it proves that all of a sample are good."""
    if drawn == population:
        return tr("{n} of {n} good: that is every dossier.", n=number(drawn))
    return tr(
        "{n} of {n} good: with 95 % certainty fewer than {share} of the {population} dossiers are "
        "wrong.",
        n=number(drawn),
        share=percent(fewer_than / _PERCENT, 0),
        population=number(population),
    )
