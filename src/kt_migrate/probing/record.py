"""runs/<env>/probe.json: what the last probe of an environment saw, for `gate pre` and `run`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.errors import JournalError, said
from kt_migrate.probing.service import Service, service_of

SCHEMA = "kt-migrate-probe/1"
_NAME = "probe.json"


class Verdict(StrEnum):
    """What became of one point."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"
    """It could not be looked at, and that is never *met*."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePoint:
    """One point, as the record keeps it.

    Attributes:
        id: `login`, `scopes`, …
        verdict: what became of it.
        found: what was found, in English.
        needed: what was needed, in English; empty: nothing was, and the point is only told.
    """

    id: str
    verdict: Verdict
    found: str
    needed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """What a probe saw.

    Attributes:
        environment: its name.
        environment_file: `config.environment_digest` of its file.
        at: when, ISO 8601 in UTC.
        plan: digest of the plan that it was held against (`Binding.plan`); empty: no plan.
        points: every point.
        server: what the server looked like.
    """

    environment: str
    environment_file: str
    at: str
    plan: str
    points: tuple[ProbePoint, ...]
    server: Service

    @property
    def lacking(self) -> tuple[ProbePoint, ...]:
        """The needed points that are not met."""
        return tuple(p for p in self.points if p.needed and p.verdict is Verdict.NOT_MET)

    @property
    def unknown(self) -> tuple[ProbePoint, ...]:
        """The needed points that could not be looked at."""
        return tuple(p for p in self.points if p.needed and p.verdict is Verdict.UNKNOWN)

    @property
    def met(self) -> bool:
        """Whether everything that is needed was seen to be there."""
        return not self.lacking and not self.unknown

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it and probe.json keeps it."""
        return {
            "schema": SCHEMA,
            "environment": self.environment,
            "environment_file": self.environment_file,
            "at": self.at,
            "plan": self.plan,
            "points": [asdict(point) for point in self.points],
            "server": self.server.as_json(),
            "server_digest": self.server.digest,
        }


def write_probe(root: Path, record: ProbeRecord) -> Path:
    """Write probe.json of an environment: mode 0600, whole or not at all.

    Args:
        root: the working folder.
        record: what was seen.
    """
    path = _path(root, record.environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with unfinished.open("xb") as out:
        unfinished.chmod(0o600)
        out.write(orjson.dumps(record.as_json(), option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.replace(path)
    return path


def forget_probe(root: Path, environment: str) -> None:
    """Take back what the last probe said: the server may be another by now."""
    _path(root, environment).unlink(missing_ok=True)


def read_probe(root: Path, environment: str) -> ProbeRecord | None:
    """Read what the last probe of an environment saw; None when there was none.

    Raises:
        JournalError: the file is not as `write_probe` made it, or is of another environment.
    """
    path = _path(root, environment)
    if not path.is_file():
        return None
    record = _understood(path.read_bytes())
    if record is None or record.environment != environment:
        raise JournalError(
            "What the last probe said cannot be read.",
            where=str(path),
            fix=said(
                "Give kt-migrate probe --env {environment} again: it makes the file anew.",
                environment=environment,
            ),
        )
    return record


def _understood(text: bytes) -> ProbeRecord | None:
    try:
        content = orjson.loads(text)
        record = _record(content)
        return record if orjson.loads(orjson.dumps(record.as_json())) == content else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _record(content: dict[str, Any]) -> ProbeRecord:
    return ProbeRecord(
        environment=content["environment"],
        environment_file=content["environment_file"],
        at=content["at"],
        plan=content["plan"],
        points=tuple(
            ProbePoint(**{**point, "verdict": Verdict(point["verdict"])})
            for point in content["points"]
        ),
        server=service_of(content["server"]),
    )


def _path(root: Path, environment: str) -> Path:
    return root / "runs" / environment / _NAME
