"""The small server of a talk: a page for the hall's phones, and one for the presenter.

It runs in a thread beside the window. Phones get the question that is on and send a vote; whoever knows the key of the
presenter's page sees the notes there and turns the pages. All that is sent is JSON of a few bytes, checked before use.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import uvicorn
from pydantic import Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..rules.checked import Data, checked, said
from .hall import Hall, Refused
from .limits import COOKIE, Bounded, Limits, Tokens, guarded
from .prompter import Prompter

PAGES = Path(__file__).with_name("pages")
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
FILES = ("phone.js", "presenter.js", "pages.css")  # what the two pages fetch
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
USUAL = Limits()
DAY = 86_400
PORTS = 10  # tried one after the other where the first is taken
OWN = 200  # files that this process needs besides connections
PATIENCE = 5.0  # s that the server is given to start, and to end


class NoServer(RuntimeError):
    """The server cannot listen; the message is one sentence."""


class VoteSent(Data):
    """What a phone sends."""

    name: Annotated[str, Field(max_length=20), said("the name of a question")]
    option: Annotated[int, said("a whole number")]


class WishSent(Data):
    """What the presenter's page sends."""

    do: Annotated[str, Field(max_length=20), said("what to do")]


Sent = TypeVar("Sent", bound=Data)


@cache
def _file(name: str) -> bytes:
    return (PAGES / name).read_bytes()


def _page(name: str) -> Response:
    return Response(_file(name), media_type=KINDS[Path(name).suffix], headers=HEADERS)


def _answer(data: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(data, status, HEADERS)


async def _sent(request: Request, model: type[Sent], limits: Limits) -> Sent:
    """The body of a request as such data. Raises Refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused("The body must be JSON, and say so in its content type.", 415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limits.body:
            raise Refused(f"The body must have at most {limits.body} bytes.", 413)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("The body is not valid JSON.") from None
    return checked(model, data, lambda problem: Refused(problem.sentence("what was sent")))


def application(hall: Hall | None, prompter: Prompter | None, limits: Limits) -> Bounded:
    """The two pages as an application; without a hall, or without a prompter, its page is not there."""
    tokens = Tokens()

    async def phone(request: Request) -> Response:
        page = _page("phone.html")
        if request.scope["token"] is None:
            page.set_cookie(COOKIE, tokens.issue(), max_age=DAY, httponly=True, samesite="lax")
        return page

    async def state(request: Request) -> Response:
        assert hall is not None
        return _answer(hall.shown(request.scope["token"]))

    async def vote(request: Request) -> Response:
        assert hall is not None
        token = request.scope["token"]
        if token is None:
            raise Refused("This browser kept no cookie; open the page again and allow it one.", 403)
        sent = await _sent(request, VoteSent, limits)
        hall.vote(token, request.scope["address"], sent.name, sent.option)
        return _answer(hall.shown(token))

    async def presenter(request: Request) -> Response:
        return _page("presenter.html")

    async def prompted(request: Request) -> Response:
        assert prompter is not None
        return _answer(prompter.told)

    async def wish(request: Request) -> Response:
        assert prompter is not None
        prompter.wish((await _sent(request, WishSent, limits)).do)
        return _answer(prompter.told)

    async def file(request: Request) -> Response:
        return _page(request.url.path[1:])

    routes = [Route(f"/{name}", file) for name in FILES]
    if hall is not None:
        routes += [Route("/", phone), Route("/state", state), Route("/vote", vote, methods=["POST"])]
    if prompter is not None:
        at = f"/presenter/{prompter.key}"
        routes += [Route(at, presenter), Route(f"{at}/state", prompted), Route(f"{at}/do", wish, methods=["POST"])]
    handlers = {Refused: _refused, HTTPException: _missing, ClientDisconnect: _gone}
    return Bounded(Starlette(routes=routes, exception_handlers=handlers), limits, tokens)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _answer({"error": str(error)}, error.status)


async def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    says = "There is nothing here; the address may be mistyped." if error.status_code == 404 else f"{error.detail}."
    return _answer({"error": says}, error.status_code)


async def _gone(request: Request, error: Exception) -> Response:
    return _answer({"error": "The request did not come whole."}, 400)


def _listening(host: str, port: int) -> socket.socket:
    """A socket on this port, or on the next that is free. Raises NoServer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for each in range(port, port + PORTS) if port else (0,):
        try:
            found = socket.create_server((host, each), family=family, backlog=1024)
        except OSError:
            continue
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)  # else answers wait 40 ms
        return found
    ports = f"ports {port} to {port + PORTS - 1}"
    raise NoServer(f"No page can be served at {host}, {ports}; give another --port, or an --address of this machine.")


def _room(most: int) -> int:
    """How many connections this process can hold, up to `most`; a system that allows it more files is asked to."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return most
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != soft < most + OWN:
        soft = most + OWN if hard == resource.RLIM_INFINITY else min(most + OWN, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most if soft == resource.RLIM_INFINITY else min(most, soft - OWN)


@contextmanager
def serving(
    hall: Hall | None, prompter: Prompter | None, host: str, port: int, limits: Limits = USUAL
) -> Iterator[int]:
    """Serve in a thread until the block ends; yields the port, the first free one from `port` on (0: any).

    Raises NoServer.
    """
    listening = _listening(host, port)
    each, all_ = limits.connections
    limits = limits._replace(connections=(each, min(all_, _room(all_))))
    config = uvicorn.Config(
        application(hall, prompter, limits), lifespan="off", ws="none", http=guarded(limits), log_config=None,
        access_log=False, proxy_headers=False, server_header=False, date_header=False, log_level="error",
        h11_max_incomplete_event_size=limits.headers, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="votes", daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
