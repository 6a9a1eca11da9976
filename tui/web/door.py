"""Lets in who has the token."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from tui.web.guard import Asked, why_refused
from tui.web.pages import line, sent

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
        return await self._answer(request, asked)
