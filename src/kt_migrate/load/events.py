"""events.ndjson: what happens to a run, a line per event, for `status`, `report` and machines.

Only fields of the list below leave, and only numbers and words of a plain alphabet in them: no
link, no address, nothing that a message or a server said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import structlog

EVENTS = "events.ndjson"
SCHEMA = "kt-migrate-events/1"
"""Stands in the first event of each start."""

FIELDS = frozenset(
    {
        "event",
        "at",
        "env",
        "run",
        "trace_id",
        "go",
        "total",
        "already",
        "done",
        "failed",
        "pending",
        "sent",
        "rate",
        "in_flight",
        "allowed",
        "max_in_flight",
        "error_share",
        "seconds_left",
        "waiting",
        "waiting_seconds",
        "command",
        "per_second",
        "ended",
        "seconds",
        "success_share",
        "latency_mean",
        "latency_50",
        "latency_95",
        "latency_99",
        "latency_max",
        "latency_classes",
        "bytes_out",
        "bytes_in",
        "reads",
        "statuses",
    }
)
_WORD = re.compile(r"[A-Za-z0-9:+._-]{0,64}")
_TAIL_BYTES = 65_536


class EventLog:
    """Writes the events of one start; a disk that takes none does not stop the run."""

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        path = folder / EVENTS
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(number, "ab")
        if _is_cut(path):  # or the first line of this start would be a part of it
            self._file.write(b"\n")
        self._clock = clock
        self._log = structlog.wrap_logger(
            structlog.BytesLogger(self._file),
            processors=[_allow, structlog.processors.JSONRenderer(serializer=_serialize)],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            cache_logger_on_first_use=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # the journal is what counts, and says when the disk is full
            self._file.close()

    def write(self, event: str, **fields: object) -> None:
        """Write one event."""
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        with suppress(OSError):
            self._log.info(event, at=at, **fields)


def _is_cut(path: Path) -> bool:
    """Whether a crash cut the last line."""
    with suppress(OSError), path.open("rb") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    return False


def _allow(_logger: object, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Let through the fields of the list, with plain values."""
    named = {"schema": SCHEMA} if event["event"] == "start" else {}
    return named | {name: event[name] for name in event if name in FIELDS and _plain(event[name])}


def _plain(value: object) -> bool:
    match value:
        case str():
            return _WORD.fullmatch(value) is not None
        case int() | float() | None:
            return True
        case dict():
            return all(_plain(name) and _plain(inner) for name, inner in value.items())
        case _:
            return False


def _serialize(event: object, **_options: object) -> bytes:
    return orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS)


def read_events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a run, as they came; a line that cannot be read is passed over."""
    with suppress(OSError), (folder / EVENTS).open("rb") as file:
        for line in file:
            if (event := _parsed(line)) is not None:
                yield event


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        event = orjson.loads(line)
    except ValueError:  # a crash may have cut it
        return None
    return event if isinstance(event, dict) else None


def last_event(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the last event of a name, out of the end of the file; None: there is none."""
    try:
        with (folder / EVENTS).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):  # the first one is cut, and a crash may have cut the last
        event = _parsed(line)
        if event is not None and event.get("event") == name:
            return event
    return None
