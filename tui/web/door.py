"""Lets in who has the token; keeps all other connections few, since any user of this machine can open thousands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from tui.web.guard import Asked, why_refused
from tui.web.pages import line, sent

MOST_STRANGERS = 64
"""The most connections that have not shown the token; for a further one, the oldest is closed."""

SILENT = logging.Logger("silent", logging.CRITICAL + 1)
"""Bad requests are answered, not logged: anybody on this machine can send them."""

Answer = Callable[[web.BaseRequest, Asked], Awaitable[web.StreamResponse]]


class Door(web.Server):
    """Refuses requests as `why_refused` says, and has the others answered.

    Args:
        answer: answers a request that is not refused.
    """

    def __init__(self, token: str, answer: Answer) -> None:
        super().__init__(self._let_in, access_log=None, logger=SILENT)
        self._token = token
        self._answer = answer
        self._strangers: dict[web.RequestHandler, None] = {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Count a new connection among those of strangers; if there are too many, the oldest of them is closed."""
        super().connection_made(handler, transport)
        self._strangers[handler] = None
        if len(self._strangers) > MOST_STRANGERS:
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.force_close()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """Forget a connection."""
        self._strangers.pop(handler, None)
        super().connection_lost(handler, exc)

    async def _let_in(self, request: web.BaseRequest) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.rel_url.raw_path,
            request.headers.getall("Host", ()),
            request.headers.getall("Origin", ()),
            steers="Upgrade" in request.headers,
        )
        if why_not := why_refused(asked, self._token):
            refusal = sent(line(why_not), 403)
            refusal.force_close()
            return refusal
        self._strangers.pop(request.protocol, None)
        return await self._answer(request, asked)
