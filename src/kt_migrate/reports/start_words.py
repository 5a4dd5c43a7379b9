"""The starts of a run in words and numbers, for the page."""

from __future__ import annotations

from typing import Any

from kt_migrate.language import percent, tr

GO_DIGITS = 12
"""Digits of a GO's digest on a page: enough to find it in the ledger."""


def start_columns() -> list[str]:
    """Return the names of the columns of `start_rows`."""
    return [
        tr("began"),
        tr("ended"),
        tr("under GO"),
        tr("duration, s"),
        tr("settled"),
        tr("succeeded"),
        tr("per s"),
        tr("requests"),
        tr("latency, ms (mean/50/95/99/max)"),
        tr("bytes out/in"),
        tr("status codes"),
    ]


def start_rows(starts: Any, figures: Any) -> list[list[str]]:  # noqa: ANN401 (of rapport.json)
    """Return a row per start; below several a row of all together.

    Args:
        starts: as `StartFigures.as_json` gives them.
        figures: all together, in the same form; None: there are none.
    """
    rows = [_row(start, _moment(start["began"]), _ended(start["ended"])) for start in starts]
    if len(starts) > 1:
        rows.append(
            _row(
                figures,
                tr("together"),
                tr("{starts} starts", starts=len(starts)),
            )
        )
    return rows


def _row(start: dict[str, Any], began: str, ended: str) -> list[str]:
    share, rate = start["success_share"], start["rate"]
    latencies = [start[f"latency_{name}"] for name in ("mean", "50", "95", "99", "max")]
    return [
        began,
        ended,
        start["go"][:GO_DIGITS],
        f"{start['seconds']:.0f}",
        str(start["done"]),
        "" if share is None else percent(share),
        "" if rate is None else f"{rate:.0f}",
        str(start["sent"]),
        "" if not start["sent"] else " / ".join(f"{1000 * at:.0f}" for at in latencies),
        f"{start['bytes_out']} / {start['bytes_in']}",
        ", ".join(f"{status}: {count}" for status, count in start["statuses"].items()),
    ]


def _moment(at: str) -> str:
    """Return a moment to the second, in UTC."""
    return at[:19].replace("T", " ")


def _ended(how: str) -> str:
    match how:
        case "done":
            return tr("done")
        case "interrupted":
            return tr("interrupted")
        case "over-budget":
            return tr("too many rejects")
        case "stopped":
            return tr("stopped by an error")
        case _:
            return tr("without a word (killed, or no power)")
