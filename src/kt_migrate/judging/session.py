"""A sample while it is judged: who looks, what was said, and when it is over. No web in here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kt_migrate.errors import UsageError
from kt_migrate.gates.deciding import require_person
from kt_migrate.judging.cards import Card
from kt_migrate.reports.errors.remarks import MOST, plain
from kt_migrate.reports.judged import Judged, Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where what people say goes; nothing of it is kept elsewhere.

    Attributes:
        verdicts: is given the sample after each verdict.
        remark: is given (link, text) of a remark; an empty text takes it away.
        now: the clock, UTC.
    """

    verdicts: Callable[[Judged], None]
    remark: Callable[[str, str], None]
    now: Callable[[], datetime]


class Session:
    """One sample that is judged.

    Args:
        cards: the dossiers, in their order.
        judged: the sample, with what was said of it before.
        names: who may judge; empty: who does, says so.
        remarks: by link, what was remarked before.
        keeping: where what is said goes.
    """

    def __init__(
        self,
        cards: tuple[Card, ...],
        judged: Judged,
        names: tuple[str, ...],
        remarks: dict[str, str],
        keeping: Keeping,
    ) -> None:
        self.cards = cards
        self.judged = judged
        self.names = names
        self.remarks = remarks
        self.by = names[0] if len(names) == 1 else ""
        self.ended = False
        self.seen_at = keeping.now()
        self.token = secrets.token_urlsafe(32)
        self._cookie = ""
        self._keeping = keeping

    # who looks

    def enter(self, token: str) -> str:
        """Give the cookie for the token of the address: once.

        Returns:
            The cookie; empty: it is not the token, or it was used before.
        """
        used = bool(self._cookie) or self.ended
        if used or not secrets.compare_digest(token.encode(), self.token.encode()):
            return ""
        self._cookie = secrets.token_urlsafe(32)
        return self._cookie

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is the one that was given, and the sample is not over."""
        known = bool(self._cookie) and secrets.compare_digest(
            cookie.encode(), self._cookie.encode()
        )
        if known and not self.ended:
            self.seen_at = self._keeping.now()
        return known and not self.ended

    # what is said

    def begin(self, by: str) -> None:
        """Note who judges.

        Raises:
            UsageError: that is no name, or not one of those that may.
        """
        require_person(by, "")
        if self.names and by not in self.names:
            raise UsageError(
                "This name was not given with the command.",
                where="--by",
                fix="Choose one of the names, or begin again with another --by.",
            )
        self.by = by

    def of(self, number: int) -> Judgement:
        """Return what was said of a dossier, by its place from 1."""
        return self.judged.dossiers[number - 1]

    def judge(self, number: int, verdict: Verdict, remark: str) -> None:
        """Note what was said of a dossier: on disk before it is said here, or not at all.

        Args:
            number: its place, from 1.
            verdict: what.
            remark: free text; of a dossier that is wrong it may not be empty.

        Raises:
            UsageError: there is no name, or what is wrong has no remark, or that is too long, or
                what is good could not be seen whole.
            JournalError, OSError: it could not be kept.
        """
        text = plain(remark)
        if not self.by:
            raise UsageError("Nobody said who judges.", where="--by", fix="Say who you are first.")
        if len(text) > MOST or (verdict is Verdict.WRONG and not text):
            raise UsageError(
                "A dossier that is not right needs a remark, of 2000 characters at most.",
                where="sample",
                fix="Say in a few words what is not right.",
            )
        if verdict is Verdict.GOOD and not self.cards[number - 1].whole:
            raise UsageError(
                "Not all of this dossier could be shown, so that nobody can tell that it is good.",
                where="sample",
                fix="Say that it is not right, or that you do not know.",
            )
        before = self.of(number)
        if text or before.remark:  # a remark that was made of another sample is not taken away
            self._keeping.remark(before.link, text)
        at = self._keeping.now().isoformat(timespec="seconds")
        judgement = replace(before, verdict=verdict, by=self.by, at=at, remark=bool(text))
        judged = self.judged.with_judgement(judgement)
        self._keeping.verdicts(judged)
        self.judged, self.remarks[before.link] = judged, text

    # where to go

    def next_open(self, number: int) -> int:
        """Return the place of the next dossier that nobody judged; 0: there is none."""
        count = len(self.cards)
        places = [(number + step) % count + 1 for step in range(count)]
        return next((place for place in places if self.of(place).verdict is None), 0)

    def end(self) -> None:
        """Let nobody in any more, and forget what was shown."""
        self.ended = True
        self.cards = ()
        self.remarks = {}

    def idle(self) -> float:
        """Return for how many seconds nobody looked."""
        return (self._keeping.now() - self.seen_at).total_seconds()
