"""Where each Subscription of an environment stands, read from its journal; looks at the disk only.

A journal per client that switches: `subscriptions.ndjson` of the environment's own, and
`subscriptions-<name>.ndjson` of one of its `credentials`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import orjson

from kt_migrate.errors import JournalError
from kt_migrate.model import Resource
from kt_migrate.subscriptions.states import OPEN, Switch, require_step

SCHEMA = "kt-migrate-subscriptions/1"
_NAME, _ENDING = "subscriptions", ".ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where one Subscription stands.

    Attributes:
        id: its logical id.
        state: where it stands.
        at: since when, in seconds since 1970.
        version: the version that the server had, or gave.
        body: the Subscription before it was paused, as the server gave it; never shown.
        request_id: `X-Request-Id` of what was sent, or is going to be.
        fields: names of what differs, of one that somebody changed.
        status: HTTP status of a refusal; 0: none.
    """

    id: str
    state: Switch
    at: float
    version: str = ""
    body: str = field(default="", repr=False)
    request_id: str = ""
    fields: tuple[str, ...] = ()
    status: int = 0

    @property
    def before(self) -> Resource:
        """The Subscription before it was paused."""
        resource: Resource = orjson.loads(self.body)
        return resource

    @property
    def open(self) -> bool:
        """Whether something is still to be put back, or decided."""
        return self.state in OPEN


def journal_path(root: Path, env: str, client: str = "") -> Path:
    """Return where the journal of subscriptions stands.

    Args:
        root: the working folder.
        env: the environment.
        client: name of one of its `credentials`; empty: its own client.
    """
    return root / "runs" / env / f"{_NAME}{f'-{client}' if client else ''}{_ENDING}"


def read_journal(root: Path, env: str, client: str = "") -> dict[str, Step]:
    """Read where the Subscriptions of a client stand; nothing when none was ever paused.

    Raises:
        JournalError: it is damaged, cannot be read, or is of another environment.
    """
    path = journal_path(root, env, client)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError:
        raise _damaged(path) from None
    whole = content[: content.rfind(b"\n") + 1]
    return read_steps(path, whole, env) if whole else {}


def every_journal(root: Path, env: str) -> dict[str, dict[str, Step]]:
    """Read the journals of all clients of an environment, per name; that of its own is empty.

    Raises:
        JournalError: one is damaged, or of another environment.
    """
    found = sorted((root / "runs" / env).glob(f"{_NAME}*{_ENDING}"))
    names = [
        path.name.removeprefix(_NAME).removesuffix(_ENDING).removeprefix("-") for path in found
    ]
    return {name: read_journal(root, env, name) for name in names}


def still_open(root: Path, env: str) -> dict[str, tuple[Step, ...]]:
    """Return what is still to be put back in an environment, per client; who has none is left out.

    Raises:
        JournalError: a journal is damaged.
    """
    every = every_journal(root, env)
    found = {name: tuple(s for s in steps.values() if s.open) for name, steps in every.items()}
    return {name: steps for name, steps in found.items() if steps}


def read_steps(path: Path, content: bytes, env: str, base: str = "") -> dict[str, Step]:
    """Read the whole lines of a journal.

    Args:
        path: where it stands, to be named.
        content: its lines.
        env: the environment that it must be of.
        base: the address that it must be of; empty: any.

    Raises:
        JournalError: it is damaged, or of another.
    """
    try:
        first, *rest = (orjson.loads(line) for line in content.splitlines())
        bound = (first["schema"], first["environment"]) == (SCHEMA, env)
        bound = bound and base in ("", first["base"])
        steps = _folded(rest)
        _require_bodies(steps)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(path) from None
    if not bound:
        raise JournalError(
            "The journal of the subscriptions is of another environment, address or version.",
            where=str(path),
            fix="Restore them with the working folder and the address with which they were paused.",
        )
    return steps


def _folded(lines: list[dict[str, object]]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for line in lines:
        values = dict(line)
        logical_id = str(values["id"])
        known = steps.get(logical_id)
        state = Switch(str(values.pop("state")))
        require_step(None if known is None else known.state, state)
        kept = known.body if known is not None else ""
        fields: tuple[str, ...] = tuple(values.pop("fields", ()))  # type: ignore[arg-type]  # as `_line` wrote it
        body = str(values.pop("body", "") or kept)
        steps[logical_id] = Step(state=state, body=body, fields=fields, **values)  # type: ignore[arg-type]
    return steps


def _require_bodies(steps: dict[str, Step]) -> None:
    """Refuse a journal that does not say how one was that is still to be put back.

    Raises:
        ValueError, AttributeError: it does not.
    """
    for before, step in ((step.before, step) for step in steps.values() if step.open):
        if (before.get("resourceType"), before.get("id")) != ("Subscription", step.id):
            raise ValueError


def _damaged(path: Path) -> JournalError:
    return JournalError(
        "The journal of the subscriptions is damaged.",
        where=str(path),
        fix="Bring it back from a copy; it is what knows how the subscriptions were.",
    )
