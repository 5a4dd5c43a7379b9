"""Histories put together by hand: no documents, no reading, so that the deciding stands alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from kt_migrate.history.last_states import LastStates
from kt_migrate.history.prepare import Prepared
from kt_migrate.history.store import History
from kt_migrate.kt13.body import NS
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Body, Form, Issue, Message, Node, PostResponse, SourceFile

T1, T2, T3, T4 = (f"2021-01-01T00:00:00:00{n}.1" for n in (1, 2, 3, 4))
"""Versions, each later than the one before."""


def thing(
    link: str = "p", version: str = "", body: Body | str = "", source_type: str = "Patient"
) -> Carried:
    """Return one object in a message; a text stands for a content of that text."""
    made: Body = {"name": [body]} if isinstance(body, str) else body
    text = orjson.dumps(made, option=orjson.OPT_SORT_KEYS)
    return Carried(source_type, link, version, hashlib.sha256(text).hexdigest(), text)


@dataclass(frozen=True)
class Copy:
    """One copy of a message, as the reading gives it."""

    identifier: str
    things: Sequence[Carried] = ()
    form: Form = Form.QUEUE
    iid: int | None = None
    timestamp: str = ""
    focal: str = ""
    event: str = "Event"
    domain: str = ""
    sender: str = ""
    status: str = ""
    broken: Sequence[tuple[str, str]] = ()
    """(code, type) of each entry that cannot be read."""

    def message(self) -> Message:
        """Return it as the history takes it."""
        return Message(
            identifier=self.identifier,
            event=self.event,
            form=self.form,
            iid=self.iid,
            timestamp=self.timestamp,
            domain=self.domain,
            sender=self.sender,
            status=self.status,
            focal=self.focal,
            objects=(),
            issues=tuple(Issue(code=code, path=kind) for code, kind in self.broken),
        )


def file_of(name: str = "a.json", content: bytes = b"") -> SourceFile:
    """Return a file of the archive."""
    return SourceFile(name=name, sha256=f"sha-{name}", size=len(content), content=content)


def document(*copies: Copy, kind: str = "queue-message", issues: Sequence[Issue] = ()) -> Prepared:
    """Return a document with some messages."""
    return Prepared(
        kind=kind,
        messages=tuple(copy.message() for copy in copies),
        carried=tuple(tuple(copy.things) for copy in copies),
        response=None,
        issues=tuple(issues),
        counted=frozenset(),
    )


def answer(request: str, *versions: tuple[str, str]) -> Prepared:
    """Return the server's answer to a message."""
    response = PostResponse(request=request, versions=versions)
    return document(kind="post-response")._replace(response=response)


@contextmanager
def taken_in(*documents: Prepared | Copy) -> Iterator[History]:
    """Return a history that took documents in, each a file of its own, and was indexed."""
    with TemporaryDirectory() as folder:
        history = History(Path(folder))
        for place, one in enumerate(documents):
            made = document(one) if isinstance(one, Copy) else one
            history.add_document(file_of(f"{place}.json"), made)
        history.index()
        try:
            yield history
        finally:
            history.close()


@contextmanager
def decided(*documents: Prepared | Copy) -> Iterator[tuple[History, LastStates]]:
    """Return a history in which the last state of every object was decided on."""
    with taken_in(*documents) as history:
        states = LastStates(history)
        states.decide()
        yield history, states


_NAMED = """
CREATE TEMP VIEW IF NOT EXISTS named AS
SELECT s.id, s.source_type, s.link, c.identifier || ' ' || c.form || ' ' || s.version
  || ' ' || coalesce(json_extract(CAST(t.body AS TEXT), '$.name[0]'), '-') AS name
FROM sighting s JOIN copy c ON c.id = s.copy LEFT JOIN content t ON t.id = s.content
"""


def winners(history: History, source_type: str = "Patient") -> dict[str, tuple[str, str]]:
    """Return link → (`message form version content`, what decided) of the last states."""
    history.db.execute(_NAMED)
    rows = history.db.execute(
        "SELECT o.link, n.name, o.decided_by FROM object o JOIN named n ON n.id = o.sighting"
        " WHERE o.source_type = ?",
        (source_type,),
    )
    return {link: (name, by) for link, name, by in rows}


def losers(history: History, source_type: str = "Patient") -> set[tuple[str, str, str]]:
    """Return (who was superseded, by whom, why)."""
    history.db.execute(_NAMED)
    return set(
        history.db.execute(
            "SELECT n.name, m.name, p.reason FROM superseded p JOIN named n ON n.id = p.sighting"
            " JOIN named m ON m.id = p.successor WHERE n.source_type = ?",
            (source_type,),
        )
    )


def rivals(history: History) -> set[tuple[str, str]]:
    """Return (last state, sighting of another content of its very version)."""
    history.db.execute(_NAMED)
    return set(
        history.db.execute(
            "SELECT n.name, m.name FROM same_version v JOIN named n ON n.id = v.sighting"
            " JOIN named m ON m.id = v.other"
        )
    )


def extension(name: str, **value: Node) -> Body:
    """Return a Koppeltaal extension in canonical form."""
    return {"url": [NS + name], **{k: [v] for k, v in value.items()}}
