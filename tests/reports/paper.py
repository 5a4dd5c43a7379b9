"""Pages for the tests of pages: one with everything, and one whose every text is the same."""

from __future__ import annotations

from kt_migrate.reports.page.model import (
    Answer,
    Bars,
    Fate,
    Flow,
    Kind,
    Latency,
    Moment,
    Page,
    Proof,
    Reason,
    Stream,
    Table,
    Tone,
    Trial,
)


def _page(text: str) -> Page:
    """Return a page that has every section, each of its texts this one."""
    table = Table(
        key="t",
        title=text,
        columns=(text, text, text),
        rows=((text, 1234, None), (text, 0, 2.5)),
        note=text,
        codes=frozenset({0}),
    )
    return Page(
        kind=Kind.TRIAL,
        title=text,
        facts=((text, text),),
        answers=tuple(
            Answer(question=text, answer=text, tone=tone, more=(text,), parts={Fate.MIGRATED: 2})
            for tone in Tone
        ),
        warnings=(text,),
        flows=(
            Flow(
                name=text, source=text, target=text, parts={Fate.MIGRATED: 1200, Fate.REJECTED: 34}
            ),
            Flow(name=text, source=text, parts={fate: n for n, fate in enumerate(Fate)}),
        ),
        left=table,
        proofs=tuple(Proof(name=text, tone=tone, found=text, how=text) for tone in Tone),
        criteria=table,
        reasons=(
            Reason(
                code=text, meaning=text, advice=text, holder=text, count=40, types=((text, 40),)
            ),
            Reason(code=text, meaning=text, count=3, error=False),
        ),
        moments=(Moment(at=text, what=text, tone=Tone.BAD),),
        streams=(Stream(name=text, points=((0.0, 0.0), (60.0, 30.0), (120.0, 55.0))),) * 2,
        latencies=(
            Latency(name=text, requests=9, mean=0.1, p50=0.05, p95=0.2, p99=0.4, longest=1.5),
        ),
        trials=tuple(
            Trial(
                name=text,
                here=verified is None,
                extent=text,
                migrated=90,
                rejected=10,
                seconds=3_700.0,
                verified=verified,
            )
            for verified in (True, False, None)
        ),
        gate=table,
        server=table,
        bars=(
            Bars(title=text, first=text, parts=(text, text), rows=((text, (3, 4)),) * 3, note=text),
        ),
        tables=(table, table),
        foot=(text,),
    )


FULL = _page("Woorden")


def evil_page(text: str) -> Page:
    """Return a page whose every text came from elsewhere."""
    return _page(text)
