"""What another supplier brings: never planned as a write, but others may refer to it.

An object of the archive that another claims, and a reference to what is not in the archive but
which another announces or whose type another claims, is *foreign*. It stands among the drafts
(`alive` is 2) so that references to it hold, and is never written: the load finds it on the
server by its temporary identifier.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.config import Claim, Suppliers, claimant
from kt_migrate.model import MIGRATION_SYSTEM, Issue, Key, Outcome
from kt_migrate.plan.announced import Announced, require_no_clash
from kt_migrate.plan.ledger import Ledger, Subject

OTHER_SUPPLIER = "other-supplier"
"""Why an object is out of scope; the supplier stands behind it."""

EXPECTED = "expected-of-other"
"""Catalogue code: what we bring needs an object that another supplier brings."""

FOREIGN = 2
"""`alive` of a draft that another supplier brings."""

_TABLES = """
CREATE TABLE foreign_draft (
  draft INTEGER PRIMARY KEY, supplier TEXT, basis TEXT, announced INTEGER);
CREATE TABLE client_draft (draft INTEGER PRIMARY KEY, client TEXT);
"""
_SENDER = """
SELECT c.sender FROM sighting s JOIN copy c ON c.id = s.copy
WHERE s.source_type = ? AND s.link = ? AND c.sender <> ''
ORDER BY s.moment IS NULL, s.moment, c.timestamp, c.identifier, c.sender LIMIT 1
"""
_ABSENT = """
SELECT r4_type, system, value, EXISTS (SELECT 1 FROM object o WHERE o.link = n.value) FROM (
  SELECT r4_type, system, value FROM draft_reference
  UNION SELECT r4_type, system, value FROM other_target) n
WHERE NOT EXISTS (SELECT 1 FROM draft d
  WHERE (d.r4_type, d.system, d.value) = (n.r4_type, n.system, n.value)) ORDER BY 1, 2, 3
"""
_OURS = "SELECT id, r4_type, system, value, source_type, link FROM draft WHERE alive = 1"
_NEEDED = f"""
SELECT DISTINCT t.source_type, t.link, t.event, f.supplier FROM draft t
JOIN foreign_draft f ON f.draft = t.id
JOIN draft_reference r ON (r.r4_type, r.system, r.value) = (t.r4_type, t.system, t.value)
JOIN draft d ON d.id = r.draft
WHERE t.alive = {FOREIGN} AND d.alive = 1 AND NOT r.dropped ORDER BY 1, 2
"""


class Foreign:
    """Knows whose an object is, while planning."""

    def __init__(
        self, algorithm: Algorithm, suppliers: Suppliers, announced: Announced, ledger: Ledger
    ) -> None:
        self._targets = {
            source_type: (rules.target, MIGRATION_SYSTEM + rules.identifier)
            for source_type, rules in algorithm.types.items()
        }
        self._sources = {target: source for source, target in self._targets.items()}
        self._ours, self._claims = suppliers.ours, suppliers.claims
        self._announced = announced
        self._ledger = ledger
        for statement in _TABLES.split(";"):
            ledger.db.execute(statement)

    def whose(self, subject: Subject) -> str:
        """Return which other supplier brings an object; empty: we do."""
        target = self._targets.get(subject.source_type)
        if target is None or not self._claims:
            return ""
        sender = self._sender(self._claims, subject.source_type, subject.link)
        return claimant(self._claims, target[0], sender) or ""

    def _sender(self, claims: tuple[tuple[str, Claim], ...], source_type: str, link: str) -> str:
        """Return who brought an object into the domain, when any claim asks for it."""
        if not any(claim.sender for _who, claim in claims):
            return ""
        row = self._ledger.db.execute(_SENDER, (source_type, link)).fetchone()
        return "" if row is None else str(row[0])

    def leave(self, subject: Subject, supplier: str) -> None:
        """Leave an object to the supplier that brings it."""
        reason = f"{OTHER_SUPPLIER}/{supplier}"
        self._ledger.fate(subject, Outcome.OUT_OF_SCOPE, reason)
        r4_type, system = self._targets[subject.source_type]
        key = Key(r4_type=r4_type, system=system, value=subject.link)
        self._expect(key, subject, self._announced.by(key) or supplier, "claimed")

    def expect_absent(self) -> None:
        """Expect of others what drafts refer to, we do not bring, and another does.

        What the archive has is expected of who announces it (we cannot make it, and they can); of
        who claims its type only what the archive lacks: it had its fate already.
        """
        for r4_type, system, value, in_archive in self._ledger.db.execute(_ABSENT).fetchall():
            key = Key(r4_type=r4_type, system=system, value=value)
            announced = self._announced.by(key)
            claimed = "" if in_archive else claimant(self._claims, r4_type, "")
            supplier = announced or claimed
            if supplier:
                source_type = self._sources.get((r4_type, system), r4_type)
                subject = Subject(source_type=source_type, link=value, event="")
                self._expect(key, subject, supplier, "announced" if announced else "claimed")

    def _expect(self, key: Key, subject: Subject, supplier: str, basis: str) -> None:
        cursor = self._ledger.db.execute(
            "INSERT INTO draft (r4_type, system, value, source_type, link, event, alive)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(key.r4_type, key.system, key.value),
                *(subject.source_type, subject.link, subject.event, FOREIGN),
            ),
        )
        said = self._announced.by(key) == supplier
        row = (cursor.lastrowid, supplier, basis, said)
        self._ledger.db.execute("INSERT INTO foreign_draft VALUES (?, ?, ?, ?)", row)

    def settle(self, clients: tuple[tuple[str, Claim], ...]) -> None:
        """Say which of our clients writes what, and what we need of others.

        Args:
            clients: (client, claim) of the environment.

        Raises:
            ClashError: another announces what we would bring.
        """
        db = self._ledger.db
        rows = db.execute(_OURS)
        keys = ((Key(r4_type=t, system=s, value=v), link) for _i, t, s, v, _st, link in rows)
        require_no_clash(self._ours, keys, self._announced)
        if clients:
            sender: Callable[[str, str], str] = partial(self._sender, clients)
            for draft, r4_type, _s, _v, source_type, link in db.execute(_OURS):
                client = claimant(clients, r4_type, sender(source_type, link))
                if client is not None:
                    db.execute("INSERT INTO client_draft VALUES (?, ?)", (draft, client))
        for source_type, link, event, supplier in db.execute(_NEEDED).fetchall():
            subject = Subject(source_type=source_type, link=link, event=event)
            self._ledger.issue(subject, Issue(code=EXPECTED, detail=supplier))
