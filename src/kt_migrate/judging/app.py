"""The page on which a sample is judged: this machine only, one browser only, nothing kept.

Who comes by another name of this machine (DNS rebinding), without the cookie, or from another
page, is refused before anything is looked at.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kt_migrate.errors import JournalError, UsageError
from kt_migrate.judging.proving import proof
from kt_migrate.judging.session import Session
from kt_migrate.language import language, number, shown, tr
from kt_migrate.reports.errors.remarks import MOST
from kt_migrate.reports.judged import Verdict

_BODY = 65_536
LAST_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
)
"""Of the last page, after which nothing more is given: it stands in the page, by its digest."""
_DIGEST = b64encode(sha256(LAST_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'self' 'sha256-{_DIGEST}'; "
    "script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: nothing is kept, nothing comes from elsewhere, nobody frames it."""
_OWN = {
    "style.css": "text/css; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def cookie_of(host: str) -> str:
    """Return the name of the cookie: a browser gives those of a machine to all its ports."""
    return f"kt-migrate-sample-{host.rpartition(':')[2]}"


def build_app(session: Session, origin: str, on_end: Callable[[], None]) -> ASGIApp:
    """Make the page of a sample.

    Args:
        session: the sample.
        origin: `http://127.0.0.1:port`: by any other name nobody gets in.
        on_end: is called when it is over, to stop serving.
    """
    page = _Page(session, on_end)
    app = Starlette(
        routes=[
            Route("/enter/{token}", page.enter),
            Route("/own/{name}", page.own),
            Route("/", page.start),
            Route("/begin", page.begin, methods=["POST"]),
            Route("/dossier/{place:int}", page.dossier),
            Route("/dossier/{place:int}", page.judge, methods=["POST"]),
            Route("/overview", page.overview),
            Route("/end", page.end, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _not_that},
    )
    return _Door(app, session, origin)


class _Door:
    """Lets in who comes by the right name, with the cookie, from the page itself."""

    def __init__(self, app: ASGIApp, session: Session, origin: str) -> None:
        self._app = app
        self._session = session
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, marked)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = self._origin.removeprefix("http://")
        if headers.getlist("host") != [host]:
            return _no(HTTPStatus.MISDIRECTED_REQUEST, tr("This page has another address."))
        if scope["method"] not in ("GET", "POST"):
            return _no(HTTPStatus.METHOD_NOT_ALLOWED, tr("This page does no such thing."))
        if scope["method"] == "POST" and headers.getlist("origin") != [self._origin]:
            return _no(HTTPStatus.FORBIDDEN, tr("This came from another page."))
        if scope["path"].startswith("/enter/"):
            return None
        if not self._session.knows(Request(scope).cookies.get(cookie_of(host), "")):
            return _no(HTTPStatus.FORBIDDEN, tr("Use the address on the screen, once."))
        return None


async def _not_that(_request: Request, error: Exception) -> Response:
    """Say in the reader's language what the framework refuses: no such page, no such method."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 404)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return _no(status, tr("This page does no such thing."))
    return _no(status, tr("There is no such page."))


def _no(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(text + "\n", status_code=status)


class _Page:
    """What the page shows and does."""

    def __init__(self, session: Session, on_end: Callable[[], None]) -> None:
        self._session = session
        self._on_end = on_end
        environment = Environment(
            loader=PackageLoader("kt_migrate.judging"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(_=tr, number=number, shown=shown, Verdict=Verdict)
        self._templates = environment

    def _shown(self, name: str, status: int = HTTPStatus.OK, **values: object) -> Response:
        text = self._templates.get_template(name).render(
            lang=language(), session=self._session, proof=proof(self._session.judged), **values
        )
        return Response(text, status_code=status, media_type="text/html")

    async def enter(self, request: Request) -> Response:
        """Change the token of the address for a cookie: once."""
        cookie = self._session.enter(request.path_params["token"])
        if not cookie:
            return _no(HTTPStatus.FORBIDDEN, tr("This address is not right, or was used before."))
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        name = cookie_of(request.headers["host"])
        answer.set_cookie(name, cookie, httponly=True, samesite="strict")
        return answer

    async def own(self, request: Request) -> Response:
        """Give a file of the page itself."""
        name = request.path_params["name"]
        if name not in _OWN:
            return _no(HTTPStatus.NOT_FOUND, tr("There is no such page."))
        content = files("kt_migrate.judging").joinpath("static", name).read_bytes()
        return Response(content, headers={"Content-Type": _OWN[name]})

    async def start(self, _request: Request) -> Response:
        """Say what this is, and ask who judges."""
        return self._shown("start.html.j2", problem="")

    async def begin(self, request: Request) -> Response:
        """Note who judges, and go to the first dossier that nobody judged."""
        try:
            self._session.begin((await _form(request)).get("by", "").strip())
        except UsageError as error:
            problem = f"{shown(error.what)} {shown(error.fix)}"
            return self._shown("start.html.j2", HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        return self._on(len(self._session.cards))

    async def dossier(self, request: Request) -> Response:
        """Show a dossier."""
        return self._dossier(request.path_params["place"])

    def _dossier(
        self, place: int, problem: str = "", remark: str | None = None, status: int = HTTPStatus.OK
    ) -> Response:
        cards = self._session.cards
        if not 1 <= place <= len(cards):
            return _no(HTTPStatus.NOT_FOUND, tr("There is no such page."))
        if not self._session.by:
            return RedirectResponse("/", HTTPStatus.SEE_OTHER)
        said = self._session.of(place)
        return self._shown(
            "dossier.html.j2",
            status,
            place=place,
            card=cards[place - 1],
            said=said,
            remark=self._session.remarks.get(said.link, "") if remark is None else remark,
            problem=problem,
            most=MOST,
        )

    async def judge(self, request: Request) -> Response:
        """Note a verdict, and go on."""
        place, form = request.path_params["place"], await _form(request)
        if not 1 <= place <= len(self._session.cards) or form.get("verdict") not in set(Verdict):
            return _no(HTTPStatus.NOT_FOUND, tr("There is no such page."))
        remark = form.get("remark", "")
        try:
            self._session.judge(place, Verdict(form["verdict"]), remark)
        except UsageError as error:
            problem = f"{shown(error.what)} {shown(error.fix)}"
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._dossier(place, problem, remark, status)
        except (JournalError, OSError):
            problem = tr("What you said could not be kept: look at the disk, and say it again.")
            return self._dossier(place, problem, remark, HTTPStatus.INTERNAL_SERVER_ERROR)
        return self._on(place)

    def _on(self, place: int) -> Response:
        following = self._session.next_open(place)
        to = f"/dossier/{following}" if following else "/overview"
        return RedirectResponse(to, HTTPStatus.SEE_OTHER)

    async def overview(self, _request: Request) -> Response:
        """Show what was said so far, and what that proves."""
        return self._shown("overview.html.j2")

    async def end(self, _request: Request) -> Response:
        """End: nobody gets in any more, and nothing is held any more."""
        answer = self._shown("ended.html.j2", style=Markup(LAST_STYLE))  # noqa: S704 (our own)
        self._session.end()
        asyncio.get_running_loop().call_later(0, self._on_end)
        return answer


async def _form(request: Request) -> dict[str, str]:
    """Read a form, of a bounded size."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > _BODY:
            return {}
    fields = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
