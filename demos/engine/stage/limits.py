"""What one client may ask of the hall's server, so that nobody keeps others from voting.

Requests are counted by network address, and by token where a phone has one; connections by address. The numbers leave
room for a hall of 300 behind one router: each asks every 1.5 s, and all vote within 5 s.
"""

import asyncio
import hmac
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

COOKIE = "voter"
MOST_KNOWN = 4096  # clients whose rate is remembered, the latest ones
TOO_MANY = b'{"error": "Too many requests; wait a second."}'


class Limits(NamedTuple):
    """Requests a second and at once, of an address and of a token; connections of an address and in all; bytes of a
    body and of all headers; seconds that a request may take to arrive."""

    address: tuple[float, float] = (400, 1200)
    token: tuple[float, float] = (10, 40)
    connections: tuple[int, int] = (500, 1500)
    body: int = 1000
    headers: int = 8192
    arrives: float = 10


class Rate:
    """Tokens of a bucket for each client: `allows` takes one where there is one."""

    def __init__(self, rate: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, client: str) -> bool:
        """Whether this client may ask once more now."""
        now = self._clock()
        left, since = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - since) * self._rate)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_KNOWN:
            self._left.popitem(last=False)
        return left >= 1


class Tokens:
    """Random tokens signed with a secret of this talk: nobody can make one up, and none has to be remembered."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def issue(self) -> str:
        """A new token with its signature, for a cookie."""
        token = secrets.token_hex(16)
        return f"{token}.{self._signed(token)}"

    def known(self, header: str) -> str | None:
        """The token in a cookie header, if it is one of ours."""
        token, _, signature = cookie_parser(header).get(COOKIE, "").partition(".")
        right = hmac.compare_digest(signature.encode(), self._signed(token).encode())
        return token if token and right else None

    def _signed(self, token: str) -> str:
        return hmac.digest(self._secret, token.encode(), "sha256").hex()[:32]


class Bounded:
    """An application that answers 429 to who asks too often. Sets `address` and `token` of a request's scope."""

    def __init__(self, app: ASGIApp, limits: Limits, tokens: Tokens) -> None:
        self._app, self._tokens = app, tokens
        self._by_address, self._by_token = Rate(*limits.address), Rate(*limits.token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return
        address = scope["client"][0] if scope["client"] else ""
        if self._by_address.allows(address):
            cookie = next((value for name, value in scope["headers"] if name == b"cookie"), b"").decode("latin-1")
            token = self._tokens.known(cookie) if cookie else None
            if token is None or self._by_token.allows(token):
                await self._app({**scope, "address": address, "token": token}, receive, send)
                return
        headers = [(b"content-type", b"application/json"), (b"retry-after", b"1")]
        headers.append((b"content-length", str(len(TOO_MANY)).encode()))
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": TOO_MANY})


def guarded(limits: Limits) -> type[H11Protocol]:
    """The protocol of connections that are not too many, and that send their requests in time."""
    by_address: Counter[str] = Counter()

    class Guarded(H11Protocol):
        """One connection."""

        address = ""
        late: asyncio.TimerHandle | None = None  # what ends it

        def connection_made(self, transport: Any) -> None:
            """Refuse a connection too many."""
            super().connection_made(transport)
            self.address = self.client[0] if self.client else ""
            by_address[self.address] += 1
            most, all_ = limits.connections
            if by_address[self.address] > most or len(self.connections) > all_:
                transport.abort()
            self._await_request()

        def connection_lost(self, exc: Exception | None) -> None:
            """Count it out."""
            by_address[self.address] -= 1
            if not by_address[self.address]:
                del by_address[self.address]
            if self.late is not None:
                self.late.cancel()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            """Wait for the next request."""
            super().on_response_complete()
            self._await_request()

        def _await_request(self) -> None:
            """Close the connection if no whole request is answered in time."""
            if self.late is not None:
                self.late.cancel()
            self.late = self.loop.call_later(limits.arrives, self.transport.abort)

    return Guarded
