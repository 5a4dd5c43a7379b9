"""What the tests of the sample share: small dossiers, made up; and those of the example domain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import httpx

from inside import Done, inside, parsed_once, typed
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import no_passwords
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.judging.app import build_app
from kt_migrate.judging.cards import Card, Desk, Shown
from kt_migrate.judging.drawing import Ending, Kind, Stratum
from kt_migrate.judging.preparing import Sample, drawn_of, judged_of
from kt_migrate.judging.session import Keeping, Session
from kt_migrate.judging.source import Source, read_source
from kt_migrate.judging.target import Target, read_target
from kt_migrate.load.execute import credentials_of
from kt_migrate.reports.judged import Judged, Judgement
from support import standard

ORIGIN = "http://127.0.0.1:5000"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SECRET = "Kwikzilver"
RUN = Path("runs/local/001")
Serve = Callable[..., None]


def card(number: int) -> Card:
    """Return a dossier with a name in it."""
    client = Shown(
        kind="Client",
        name=f"{SECRET} {number}",
        state="came over",
        good=True,
        reasons=(),
        lines=(),
        left=(),
        missing=(),
        details=(("KT 1.3", f"https://epd.example/Patient/{number}"),),
        seen=(f"Patient/{number}/_history/1",),
        own=True,
    )
    return Card(
        link=f"https://epd.example/Patient/{number}",
        stratum=Stratum(Kind.ALONE, Ending.MIGRATED),
        objects=(client,),
        besides=(),
    )


def judged(count: int, of: int = 100, **changed: object) -> Judged:
    """Return a sample of which nothing was said yet."""
    dossiers = tuple(
        Judgement(
            link=card(n).link, kind="alone", ending="migrated", rules=("r",), seen=card(n).seen
        )
        for n in range(1, count + 1)
    )
    values: dict[str, object] = {
        "env": "local",
        "run": "001",
        "plan": "p",
        "seed": "s",
        "asked": count,
        "strata": (("alone", "migrated", of, count),),
        "written": "1.0",
        "read": NOON.isoformat(),
        "dossiers": dossiers,
    }
    return Judged(**{**values, **changed})  # type: ignore[arg-type]  # what a test asks for


class Kept:
    """What a session keeps, and a clock that a test moves."""

    def __init__(self) -> None:
        self.verdicts: list[Judged] = []
        self.remarks: list[tuple[str, str]] = []
        self.now = NOON

    def later(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    @property
    def keeping(self) -> Keeping:
        """Where what is said goes."""
        return Keeping(
            self.verdicts.append, lambda *remark: self.remarks.append(remark), lambda: self.now
        )


def session(count: int = 3, names: tuple[str, ...] = ("Z. Voorbeeld",)) -> tuple[Session, Kept]:
    """Return a sample to be judged, and what is kept of it."""
    kept = Kept()
    cards = tuple(map(card, range(1, count + 1)))
    return Session(cards, judged(count), names, {}, kept.keeping), kept


class Guest:
    """Who looks: a client that keeps its cookies, with nothing but the page behind it."""

    def __init__(self, of: Session, ended: list[bool] | None = None) -> None:
        ends = ended if ended is not None else []
        app = build_app(of, ORIGIN, lambda: ends.append(True))
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"Origin": ORIGIN}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def asked(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """Ask, and let what follows happen."""

        async def ask() -> httpx.Response:
            answer = await self._client.request(method, path, **more)
            await asyncio.sleep(0.01)
            return answer

        return self._runner.run(ask())

    def get(self, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """GET."""
        return self.asked("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        """POST a form."""
        return self.asked("POST", path, **more)


def browser(of: Session, ended: list[bool] | None = None) -> Guest:
    """Return who looks, by the right name and from the page itself."""
    return Guest(of, ended)


def entered(of: Session, ended: list[bool] | None = None) -> Guest:
    """Return who looks, and came in by the address on the screen."""
    found = browser(of, ended)
    assert found.get(f"/enter/{of.token}").status_code == 303
    return found


def both_sides(folder: Path, count: int = 25, seed: str = "x") -> tuple[Sample, Source, Target]:
    """Draw of the example domain, and read what KT 1.3 had and what the sandbox has."""
    drawn = drawn_of(folder / RUN, count, seed)
    source = read_source(
        [folder / "archive"],
        drawn.every,
        domains=(),
        passwords=no_passwords,
        limits=Limits(),
        progress=lambda _n: None,
    )
    with parsed_once():
        workspace = find_workspace(folder)
        environment = load_environment(workspace, "local")
        credentials = credentials_of(workspace, environment)
    with inside(folder):
        target = asyncio.run(read_target(environment.base, credentials, drawn.keys, time.time))
    return drawn, source, target


def cards_of(folder: Path, count: int = 25, seed: str = "x") -> tuple[Card, ...]:
    """Return dossiers of the example domain as they are shown."""
    drawn, source, target = both_sides(folder, count, seed)
    desk = Desk(standard(), source, target)
    strata = drawn.dossiers.strata
    return tuple(desk.card(key, strata[key], drawn.items[key]) for key in drawn.drawn.keys)


def prepared(folder: Path, count: int = 25) -> Judged:
    """Return a sample of the example domain, with what was said of it before."""
    cards = cards_of(folder, count)
    return judged_of(drawn_of(folder / RUN, count, "x"), cards, NOON.isoformat())


def sampled(folder: Path, judge: Callable[[Session], None], *options: str) -> Done:
    """Give the command, and judge where it would serve a page."""

    def serve(of: Session, _port: int, _idle: float, ready: Callable[[str], None]) -> None:
        ready(f"{ORIGIN}/enter/{of.token}")
        judge(of)

    line = ("sample", "--env", "local", "--seed", "x", "--by", "Z. Voorbeeld", *options)
    with inside(folder), patch("kt_migrate.judging.server.serve", serve):
        return typed(*line, cwd=folder)
